import { describe, expect, it } from 'vitest';
import { Turns } from './turns.ts';

const settle = (): Promise<void> => new Promise((resume) => setImmediate(resume));
function place(begunMax = 6, begunMaxKey = 3) {
  const turns = new Turns({ begunMax, begunMaxKey });
  const order: string[] = [];
  const begin = (name: string): void => void turns.wait(name.charAt(0), 'begin').then(() => order.push(name));
  const end = (key: string): void => {
    turns.leave(key);
    turns.done(key);
  };
  return { turns, order, begin, end };
}

describe('turns', () => {
  it('go round the keys, however many wait of one', async () => {
    const { order, begin, end } = place();
    for (const name of ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1']) begin(name);
    for (let i = 0; i < 7; i++) {
      await settle();
      end(order.at(-1)?.charAt(0) ?? '');
    }
    expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
  });

  it('are one at a time; who steps aside returns before those who have not begun', async () => {
    const { turns, order, begin, end } = place();
    begin('a1');
    await settle();
    begin('b1');
    await settle();
    expect(order).toEqual(['a1']);
    turns.leave('a');
    await settle();
    expect(order).toEqual(['a1', 'b1']);
    begin('c1');
    void turns.wait('a', 'return').then(() => order.push('a1 again'));
    end('b');
    await settle();
    expect(order).toEqual(['a1', 'b1', 'a1 again']);
    end('a');
    await settle();
    expect(order.at(-1)).toBe('c1');
  });

  it('begin only while few have begun, of one key and of all', async () => {
    const { turns, order, begin } = place(3, 2);
    for (const name of ['a1', 'a2', 'a3', 'b1', 'b2']) begin(name);
    for (const key of ['a', 'b', 'a', 'a', 'a']) {
      await settle();
      turns.leave(key);
    }
    // each has stepped aside: two of a, one of b, and that is all
    expect(order).toEqual(['a1', 'b1', 'a2']);
    turns.done('a');
    await settle();
    // b was served longer ago
    expect(order.at(-1)).toBe('b2');
    turns.leave('b');
    turns.done('a');
    await settle();
    expect(order.at(-1)).toBe('a3');
  });

  it('what holds nothing waits for its turn and for no place', async () => {
    const { turns, order, begin } = place(1, 1);
    begin('a1');
    await settle();
    begin('a2');
    void turns.wait('a', 'step').then(() => order.push('a step'));
    turns.leave('a');
    await settle();
    turns.leave('a');
    await settle();
    expect(order).toEqual(['a1', 'a step']);
    turns.done('a');
    await settle();
    expect(order).toEqual(['a1', 'a step', 'a2']);
  });
});
