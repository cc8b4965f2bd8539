import { expect, test } from 'vitest';
import { frameOf } from './frame.fixture.ts';
import { viewFrame } from './frame.ts';
import type { LiveFrame } from './rows.ts';
import { Tail } from './tail.ts';

const frame = (first: number): LiveFrame => {
  const content = { first, durable: 0, receivedAt: 0, quarantined: 1, entries: [], rows: '{}\n' };
  return { frame: viewFrame(frameOf(content), 0), newest: null };
};
const size = frame(1).frame.bytes;
const all = { rows: 100, bytes: 1_000_000 };
const taken = (frames: LiveFrame[]): number[] => frames.map(({ frame: { first } }) => first);

test('frames come out in order, once, and within the limits', () => {
  const tail = new Tail(1, 1_000_000);
  for (const first of [1, 2, 3]) tail.offer(frame(first));
  expect(taken(tail.take(2, { rows: 1, bytes: 1 }))).toEqual([2]);
  expect(taken(tail.take(3, all))).toEqual([3]);
  expect(taken(tail.take(4, all))).toEqual([]);
});

test('what does not fit is turned away with everything behind it, so that no gap is ever skipped', () => {
  const tail = new Tail(1, 2 * size);
  for (const first of [1, 2, 3]) tail.offer(frame(first));
  expect(taken(tail.take(1, all))).toEqual([1, 2]);
  tail.offer(frame(4));
  expect(taken(tail.take(3, all))).toEqual([]);
  expect(taken(tail.take(4, all))).toEqual([]);
  tail.follow(5);
  tail.offer(frame(5));
  tail.offer(frame(6));
  expect(taken(tail.take(3, all))).toEqual([]);
  expect(taken(tail.take(6, all))).toEqual([6]);
});

test('following where nothing was turned away loses nothing', () => {
  const tail = new Tail(1, 1_000_000);
  tail.offer(frame(1));
  tail.follow(2);
  expect(taken(tail.take(1, all))).toEqual([1]);
});
