/** How a value moved against the same clock time before (look.md section 4). Pure. */
import type { KpiValue, Tile } from '#lib/contracts/kpi.ts';
import type { Format } from '#lib/components/format.ts';
import { isMoney, plain } from './value-parts.ts';

export type Direction = 'up' | 'down' | 'same';
export interface Delta {
  readonly direction: Direction;
  /** unsigned: `9,1%`, `0,6 p.p.`, `1.234,00` */
  readonly text: string;
  /** the signed difference: `+128.303,06` */
  readonly difference: string;
  /** epoch ms of what it is compared with */
  readonly as_of: number;
}

/** beyond it a percentage says less than the amount */
const PERCENT_MAX = 9.995;

const asText = (value: number, like: KpiValue, f: Format, signed: boolean): string =>
  isMoney(like) ? f.amount({ minor: value, currency: like.currency }, signed) : f.decimal(value, 0, signed);

/** @returns undefined where there is nothing to compare */
export function deltaOf(tile: Tile, f: Format): Delta | undefined {
  const compared = tile.compare?.find(({ label }) => label === 'yesterday') ?? tile.compare?.[0];
  const now = plain(tile.value);
  const before = plain(compared?.value);
  if (compared === undefined || now === null || before === null || tile.value === null) return undefined;
  const change = now - before;
  const direction: Direction = change === 0 ? 'same' : change > 0 ? 'up' : 'down';
  const as_of = Date.parse(compared.as_of);
  if (tile.unit === 'ratio') {
    return { direction, text: f.percentPoints(change), difference: f.decimal(change * 100, 1, true), as_of };
  }
  // a change of sign, or from nothing, has no percentage
  const hasPercentage = before !== 0 && Math.sign(before) === Math.sign(now) && Math.abs(change / before) < PERCENT_MAX;
  return {
    direction,
    text: hasPercentage ? f.percent(Math.abs(change / before)) : asText(Math.abs(change), tile.value, f, false),
    difference: asText(change, tile.value, f, true),
    as_of
  };
}
