import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { amount, compact, decimal, major, money, moneyParts, percent, percentPoints, taxId } from './format.ts';

const brl = (minor: number) => ({ minor, currency: 'BRL' });

describe('money', () => {
  it('writes the sign before the currency, with a real minus and a no-break space', () => {
    expect(money(brl(-3821460), 'pt-BR')).toBe('\u2212R$\u00a038.214,60');
    expect(money(brl(14344639), 'pt-BR', true)).toBe('+R$\u00a0143.446,39');
    expect(money(brl(238770592), 'en')).toBe('R$\u00a02,387,705.92');
  });
  it('gives zero no sign, even where signs are wanted', () => {
    expect(amount(brl(0), 'pt-BR', true)).toBe('0,00');
    expect(amount(brl(-0), 'pt-BR')).toBe('0,00');
  });
  it('pads cents below one unit and knows currencies with 0 and 3 decimals', () => {
    expect(amount(brl(7), 'pt-BR')).toBe('0,07');
    expect(amount({ minor: 1234, currency: 'JPY' }, 'en')).toBe('1,234');
    expect(amount({ minor: 1234567, currency: 'KWD' }, 'pt-BR')).toBe('1.234,567');
    expect(moneyParts({ minor: 1, currency: 'JPY' }, 'en').cents).toBe('');
  });
  it('loses no digit of any safe integer', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (minor) => {
        const digits = amount(brl(minor), 'pt-BR').replace(/[.,]/g, '').replace('\u2212', '-');
        expect(Number(digits)).toBe(minor === 0 ? 0 : minor);
      })
    );
  });
  it('reads an unknown currency by its code', () => {
    expect(money({ minor: 100, currency: 'SEK' }, 'en')).toBe('SEK\u00a01.00');
  });
});

describe('numbers', () => {
  it('groups, rounds and never writes a negative zero', () => {
    expect(decimal(1234567.891, 2, 'pt-BR')).toBe('1.234.567,89');
    expect(decimal(-0.001, 1, 'pt-BR')).toBe('0,0');
    expect(decimal(0.001, 1, 'en', true)).toBe('0.0');
  });
  it('writes ratios as per cent and their difference in points', () => {
    expect(percent(0.142, 'pt-BR')).toBe('14,2%');
    expect(percentPoints(-0.0061, 'pt-BR')).toBe('0,6\u00a0p.p.');
    expect(percentPoints(0.0061, 'en')).toBe('0.6\u00a0pp');
  });
  it('compacts with one decimal for thousands and two for millions', () => {
    expect(compact(412386.57, 'pt-BR')).toEqual({ text: '412,4', unit: 'mil' });
    expect(compact(1230000, 'pt-BR')).toEqual({ text: '1,23', unit: 'mi' });
    expect(compact(143446.39, 'pt-BR', { signed: true })).toEqual({ text: '+143,4', unit: 'mil' });
    expect(compact(-80000, 'pt-BR', { whole: true })).toEqual({ text: '\u221280', unit: 'mil' });
    expect(compact(950, 'en')).toEqual({ text: '950', unit: '' });
  });
  it('never rounds up to a thousand of the smaller unit', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e12, noNaN: true }), (value) => {
        const { text } = compact(value, 'en');
        expect(Number(text.replaceAll(',', ''))).toBeLessThan(value < 1e12 - 1e9 ? 1000 : Infinity);
      })
    );
  });
  it('turns minor units into major ones by the currency', () => {
    expect(major(brl(123))).toBe(1.23);
    expect(major({ minor: 123, currency: 'JPY' })).toBe(123);
  });
});

describe('tax ids', () => {
  it('read as Brazil writes them, and stay as they are when they are none', () => {
    expect(taxId('31847265000153')).toBe('CNPJ 31.847.265/0001-53');
    expect(taxId('12ABC34501DE35')).toBe('CNPJ 12.ABC.345/01DE-35');
    expect(taxId('123.456.789-09')).toBe('CPF 123.456.789-09');
    expect(taxId('DE 811')).toBe('DE 811');
  });
});
