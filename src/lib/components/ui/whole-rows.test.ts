import { expect, it } from 'vitest';
import { wholeHeight } from './whole-rows.ts';

it('ends between two rows', () => {
  expect(wholeHeight(622, 30, 28)).toBe(30 + 21 * 28);
  expect(wholeHeight(30 + 3 * 28, 30, 28)).toBe(30 + 3 * 28);
});
it('leaves a box alone that holds no whole row', () => {
  expect(wholeHeight(50, 30, 28)).toBe(50);
  expect(wholeHeight(200, 30, 0)).toBe(200);
});
