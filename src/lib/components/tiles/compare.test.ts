import { describe, expect, it } from 'vitest';
import { createFormat } from '#lib/components/format.ts';
import type { Tile } from '#lib/contracts/kpi.ts';
import { deltaOf } from './compare.ts';

const f = createFormat(() => ({ language: 'pt-BR', zone: 'America/Sao_Paulo', currency: 'BRL' }));
const money = (minor: number) => ({ minor, currency: 'BRL' });
const tile = (value: Tile['value'], before: Tile['value'], unit: Tile['unit'] = 'currency'): Tile => ({
  id: 'cash-in-today',
  seq: 1,
  state: 'live',
  value,
  unit,
  as_of: '2026-11-24T17:05:00Z',
  watermark: null,
  compare: [{ label: 'yesterday', as_of: '2026-11-23T17:05:00Z', value: before }]
});

describe('comparison', () => {
  it('is a percentage of what it was', () => {
    expect(deltaOf(tile(money(10910), money(10000)), f)).toMatchObject({
      direction: 'up',
      text: '9,1%',
      difference: '+9,10'
    });
    expect(deltaOf(tile(money(-150), money(-100)), f)).toMatchObject({ direction: 'down', text: '50,0%' });
  });
  it('is an amount where a percentage would lie: from zero, across zero, more than tenfold', () => {
    expect(deltaOf(tile(money(500), money(0)), f)).toMatchObject({ direction: 'up', text: '5,00' });
    expect(deltaOf(tile(money(-500), money(500)), f)).toMatchObject({ direction: 'down', text: '10,00' });
    expect(deltaOf(tile(money(500000), money(1)), f)).toMatchObject({ text: '4.999,99' });
  });
  it('moves ratios in points', () => {
    expect(deltaOf(tile(0.142, 0.148, 'ratio'), f)).toMatchObject({ direction: 'down', text: '0,6\u00a0p.p.' });
  });
  it('calls the same what reads the same', () => {
    expect(deltaOf(tile(0.1424, 0.1421, 'ratio'), f)?.direction).toBe('same');
    expect(deltaOf(tile(money(1_000_010), money(1_000_000)), f)).toMatchObject({ direction: 'up', text: '0,10' });
  });
  it('reads the end of a minute as the next one', () => {
    const compared = deltaOf(
      {
        ...tile(money(2), money(1)),
        compare: [{ label: 'yesterday', as_of: '2026-11-23T17:04:59.999Z', value: money(1) }]
      },
      f
    );
    expect(compared && f.clock(compared.at)).toBe('14:05');
  });
  it('says nothing where one side is unknown', () => {
    expect(deltaOf(tile(null, money(1)), f)).toBeUndefined();
    expect(deltaOf(tile(money(1), null), f)).toBeUndefined();
  });
});
