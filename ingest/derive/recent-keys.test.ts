import { expect, test } from 'vitest';
import { RecentKeys } from './recent-keys.ts';

test('keeps what was used last, within its bound, and says when it has forgotten', () => {
  const recent = new RecentKeys<number>(20);
  recent.set('kept', [1]);
  for (let n = 0; n < 30; n++) {
    recent.set(`k${n}`, [n]);
    expect(recent.get('kept')).toEqual([1]);
  }
  expect(recent.get('k29')).toEqual([29]);
  expect(recent.get('k0')).toBeUndefined();
  const held = Array.from({ length: 30 }, (_, n) => recent.get(`k${n}`)).filter((list) => list !== undefined);
  expect(held.length).toBeLessThan(12);
});

test('an item is added only where the list is whole', () => {
  const recent = new RecentKeys<string>(100);
  expect(recent.push('a', 'first')).toBe(false);
  expect(recent.get('a')).toBeUndefined();
  recent.set('a', []);
  expect(recent.push('a', 'x')).toBe(true);
  expect(recent.push('a', 'y')).toBe(true);
  expect(recent.get('a')).toEqual(['x', 'y']);
  recent.clear();
  expect(recent.push('a', 'z')).toBe(false);
});
