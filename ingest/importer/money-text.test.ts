import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectDecimal, minorOf } from './money-text.ts';
import { faultOf } from './test-conversion.ts';

describe('money as text', () => {
  it.each([
    ['29.99', 2999],
    ['0.1', 10],
    ['5', 500],
    ['1.10', 110],
    ['-11062.06', -1_106_206],
    ['1,234,567.89', 123_456_789],
    ['0.290', 29],
    ['(12.50)', -1250],
    ['12.50-', -1250],
    ['US$ 12.50', 1250],
    ['-£3', -300],
    ['-0', 0],
    ['90071992547409.91', Number.MAX_SAFE_INTEGER]
  ])('reads %s with a decimal point as %i', (text, minor) => {
    expect(minorOf(text, 2)).toBe(minor);
  });

  it.each([
    ['1.234,56', 123_456],
    ['R$ 1.234,56', 123_456],
    ['R$ -0,05', -5],
    ['1 234 567,8', 123_456_780],
    ['0,10', 10]
  ])('reads %s with a decimal comma as %i', (text, minor) => {
    expect(minorOf(text, 2, ',')).toBe(minor);
  });

  it.each([
    ['0.001', 'fraction'],
    ['1.005', 'fraction'],
    ['', 'malformed'],
    ['1e3', 'malformed'],
    ['1,23', 'malformed'],
    ['12,34,567.00', 'malformed'],
    ['1.2.3', 'malformed'],
    ['5.', 'malformed'],
    ['abc', 'malformed'],
    ['NaN', 'malformed'],
    ['90071992547409.92', 'too_large']
  ])('refuses %s as %s instead of rounding or guessing', (text, fault) => {
    expect(minorOf(text, 2)).toBe(fault);
  });

  it('knows currencies with other minor units', () => {
    expect(minorOf('1250', 0)).toBe(1250);
    expect(minorOf('1250.5', 0)).toBe('fraction');
    expect(minorOf('1.234', 3)).toBe(1234);
  });

  it('gives back every amount that was written, to the last minor unit', () => {
    const amount = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(
        amount,
        fc.constantFrom(0, 2, 3),
        fc.constantFrom('.' as const, ',' as const),
        fc.boolean(),
        (minor, digits, decimal, marks) => {
          const text = String(Math.abs(minor)).padStart(digits + 1, '0');
          const whole = text.slice(0, text.length - digits);
          const mark = decimal === '.' ? ',' : '.';
          const grouped = marks ? whole.replace(/\B(?=(\d{3})+$)/g, mark) : whole;
          const written =
            (minor < 0 ? '-' : '') + grouped + (digits > 0 ? decimal + text.slice(text.length - digits) : '');
          expect(minorOf(written, digits, decimal)).toBe(minor);
        }
      ),
      { numRuns: 2000 }
    );
  });
});

describe('the decimal mark of a column', () => {
  it.each([
    [['1.234', '2,50'], ','],
    [['1.234', '12.5'], '.'],
    [['1.234.567'], ','],
    [['1,234.50'], '.'],
    [['0.001'], '.'],
    [['12', '7'], '.']
  ] as const)('is proven by %j', (values, decimal) => {
    expect(detectDecimal(values, 'x.csv, Valor')).toBe(decimal);
  });

  it('is refused with a remedy when every value could be a thousand or a fraction', () => {
    const fault = faultOf(() => detectDecimal(['1.234', '12.345'], 'x.csv, Valor'));
    expect(fault.place).toBe('x.csv, Valor');
    expect(fault.remedy).toContain('could be either; tell --decimal');
  });

  it('is refused when values contradict each other', () => {
    expect(() => detectDecimal(['1.50', '1,50'], 'x.csv, Valor')).toThrow('another decimal mark');
  });
});
