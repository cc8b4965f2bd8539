import { describe, expect, it } from 'vitest';
import { roundMarks } from './axis.ts';

describe('marks of an axis', () => {
  it('are round, with zero, and never beyond what is drawn', () => {
    expect(roundMarks(-95, 75, 5)).toEqual([-80, -40, 0, 40]);
    expect(roundMarks(-600, 240, 5)).toEqual([-600, -400, -200, 0, 200]);
    expect(roundMarks(0, 95, 5)).toEqual([0, 20, 40, 60, 80]);
  });
  it('are never more than asked for', () => {
    for (const high of [1, 7, 99, 101, 12_345, 980_000_000])
      for (const low of [0, -3, -high, -high * 12])
        for (const most of [2, 3, 5]) {
          const marks = roundMarks(low, high, most);
          expect(marks.length).toBeLessThanOrEqual(most);
          expect(marks).toContain(0);
          expect(Math.min(...marks)).toBeGreaterThanOrEqual(low);
          expect(Math.max(...marks)).toBeLessThanOrEqual(high);
        }
  });
  it('are zero alone where there is nothing', () => {
    expect(roundMarks(0, 0, 5)).toEqual([0]);
  });
});
