/** How a value moved against the same clock time before (look.md section 4). Pure. */
import type { KpiValue, Tile } from '#lib/contracts/kpi.ts';
import type { Format } from '#lib/components/format.ts';
import { isMoney, plain } from './value-parts.ts';

export type Direction = 'up' | 'down' | 'same';
export interface Delta {
  readonly direction: Direction;
  /** unsigned: `9,1%`, `0,6 p.p.`, `1.234,00` */
  readonly text: string;
  /** the difference alone, unsigned, never a percentage */
  readonly amount: string;
  /** the signed difference: `+128.303,06` */
  readonly difference: string;
  /** epoch ms of what it is compared with: the end of a minute reads as the next one's beginning */
  readonly at: number;
  /** with the same clock time of another day, or with that day's end */
  readonly against: 'clock' | 'day';
}

/** beyond it a percentage says less than the amount */
const PERCENT_MAX = 9.995;
/** below it the percentage reads as 0,0% */
const PERCENT_MIN = 0.0005;

const asText = (value: number, like: KpiValue, f: Format, signed: boolean): string =>
  isMoney(like) ? f.amount({ minor: value, currency: like.currency }, signed) : f.decimal(value, 0, signed);

/** @returns undefined where there is nothing to compare */
export function deltaOf(tile: Tile, f: Format): Delta | undefined {
  const compared = tile.compare?.find(({ label }) => label === 'yesterday') ?? tile.compare?.[0];
  const now = plain(tile.value);
  const before = plain(compared?.value);
  if (compared === undefined || now === null || before === null || tile.value === null) return undefined;
  const change = now - before;
  // what reads as 0,0 p.p. has not moved
  const moved = tile.unit === 'ratio' ? Math.round(change * 1000) : change;
  const direction: Direction = moved === 0 ? 'same' : moved > 0 ? 'up' : 'down';
  const at = Date.parse(compared.as_of) + 1;
  const against = compared.label === '7d' ? 'day' : 'clock';
  if (tile.unit === 'ratio') {
    const points = f.percentPoints(change);
    return { direction, text: points, amount: points, difference: f.decimal(change * 100, 1, true), at, against };
  }
  // a change of sign, from nothing or of next to nothing has no percentage
  const hasPercentage =
    before !== 0 &&
    Math.sign(before) === Math.sign(now) &&
    Math.abs(change / before) >= PERCENT_MIN &&
    Math.abs(change / before) < PERCENT_MAX;
  const amount = asText(Math.abs(change), tile.value, f, false);
  return {
    direction,
    text: hasPercentage ? f.percent(Math.abs(change / before)) : amount,
    amount,
    difference: asText(change, tile.value, f, true),
    at,
    against
  };
}
