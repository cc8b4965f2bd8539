import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shares } from './shares.ts';

describe('shares', () => {
  it('rounds so that the parts add up to 100 %', () => {
    expect(shares([1, 1, 1])).toEqual([0.334, 0.333, 0.333]);
    expect(shares([0, 0])).toEqual([0, 0]);
  });
  it('always adds up, and no part is off by a tenth of a per cent', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1, maxLength: 8 }), (amounts) => {
        const whole = amounts.reduce((sum, amount) => sum + amount, 0);
        const parts = shares(amounts);
        const sum = parts.reduce((total, part) => total + Math.round(part * 1000), 0);
        expect(sum).toBe(whole === 0 ? 0 : 1000);
        for (const [index, part] of parts.entries()) {
          if (whole > 0) expect(Math.abs(part - (amounts[index] ?? 0) / whole)).toBeLessThan(0.001);
        }
      })
    );
  });
});
