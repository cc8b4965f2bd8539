import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toMinor } from './payload.ts';

describe('an amount as it is written', () => {
  it('is taken digit by digit, with an exponent too', () => {
    const amounts: readonly (readonly [string, number])[] = [
      ['94.51', 9_451],
      ['-0.00', 0],
      ['1.0E7', 1_000_000_000],
      ['2.5e2', 25_000],
      ['-2.5e2', -25_000],
      ['1.23456789E7', 1_234_567_890],
      ['1E+3', 100_000],
      ['9451e-2', 9_451],
      ['1.0E-2', 1],
      ['0.0E-9', 0],
      ['0e999', 0],
      ['9.007199254740991E13', Number.MAX_SAFE_INTEGER]
    ];
    for (const [text, minor] of amounts) expect([text, toMinor(text, 2)]).toEqual([text, minor]);
    expect(toMinor('1.5E3', 0)).toBe(1_500);
  });

  it('is none when something would be lost, or when it is beyond all money', () => {
    for (const text of [
      '1.005E0',
      '1E-3',
      '5e-999',
      '9.007199254740992E13',
      '1e999',
      '1e999999',
      '1e',
      'e5',
      '1e2.5',
      '.5'
    ])
      expect([text, toMinor(text, 2)]).toEqual([text, undefined]);
  });

  it('is the same whether or not it is written with an exponent', () => {
    const minor = fc.integer({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(minor, fc.integer({ min: 0, max: 4 }), (amount, digits) => {
        const [whole = '', ...rest] = String(Math.abs(amount));
        const text = `${amount < 0 ? '-' : ''}${whole}.${rest.join('') || '0'}E${rest.length - digits}`;
        expect(toMinor(text, digits)).toBe(amount);
      })
    );
  });
});
