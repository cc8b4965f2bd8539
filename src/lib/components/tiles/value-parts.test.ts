import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFormat } from '#lib/components/format.ts';
import { changedFrom, markFrom, valueParts } from './value-parts.ts';

const f = createFormat(() => ({ language: 'pt-BR', zone: 'America/Sao_Paulo', currency: 'BRL' }));
const brl = (minor: number) => valueParts({ minor, currency: 'BRL' }, 'currency', f);
const changed = (before: number, after: number): string => {
  const now = brl(after);
  if (now === null) throw new Error('money has parts');
  return (now.digits + now.cents).slice(changedFrom(brl(before), now));
};

describe('value parts', () => {
  it('cuts money, ratios and counts', () => {
    expect(brl(-3821460)).toEqual({ sign: '\u2212', symbol: 'R$', digits: '38.214', cents: ',60', unit: '' });
    expect(valueParts(0.142, 'ratio', f)).toEqual({ sign: '', symbol: '', digits: '14,2', cents: '', unit: '%' });
    expect(valueParts(-42, 'count', f, { unitName: 'SKUs' })?.sign).toBe('\u2212');
    expect(valueParts(null, 'currency', f)).toBeNull();
  });
  it('marks from the first digit that differs, and all of it when the length or the sign does', () => {
    expect(changed(238710592, 238770592)).toBe('705,92');
    expect(changed(99999, 100000)).toBe('1.000,00');
    expect(changed(-100, 100)).toBe('1,00');
    expect(changed(100, 100)).toBe('');
  });
  it('never lose a digit to the mark', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.maxSafeInteger(), (before, after) => {
        const now = brl(after);
        if (now === null) throw new Error('money has parts');
        const { kept, changed } = markFrom(now, changedFrom(brl(before), now));
        expect(kept.digits + changed.digits).toBe(now.digits);
        expect(kept.cents + changed.cents).toBe(now.cents);
      })
    );
    const unmarked = markFrom(brl(12345) ?? { sign: '', symbol: '', digits: '', cents: '', unit: '' }, Infinity);
    expect(unmarked.kept).toEqual({ digits: '123', cents: ',45' });
  });
});
