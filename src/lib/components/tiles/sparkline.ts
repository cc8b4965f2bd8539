/** A tile's line as SVG paths in a box of 100 × 100. Pure. */
import type { Tile } from '#lib/contracts/kpi.ts';

type Points = NonNullable<Tile['series']>[number]['points'];
const DAY_MS = 86_400_000;
/** room above and below the line, in percent of the height */
const PAD = 6;

export interface Spark {
  /** solid: today to now, or the last days */
  readonly line: string;
  readonly area: string;
  /** dotted: yesterday over the whole day */
  readonly reference: string;
  /** where zero is, when the line crosses it */
  readonly zero: number | null;
  readonly dot: { readonly x: number; readonly y: number };
}

const known = (points: Points | undefined): [number, number][] =>
  (points ?? []).flatMap(([ms, value]) => (value === null ? [] : [[ms, value]]));

const pathOf = (points: readonly (readonly [number, number])[]): string =>
  points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');

/** @returns undefined with fewer than two points */
export function sparkOf(tile: Tile): Spark | undefined {
  const series = new Map(tile.series?.map(({ name, points }) => [name, points]));
  const today = known(series.get('today'));
  const isDay = today.length > 0;
  const line = isDay ? today : known(series.get('days'));
  const [first] = line;
  const last = line.at(-1);
  if (first === undefined || last === undefined || line.length < 2) return undefined;

  const yesterday = isDay ? known(series.get('yesterday')) : [];
  const shift = first[0] - (yesterday[0]?.[0] ?? first[0]);
  const reference = yesterday.map(([ms, value]): [number, number] => [ms + shift, value]);
  const end = isDay ? Math.max(first[0] + DAY_MS, reference.at(-1)?.[0] ?? 0) : last[0];

  const values = [...line, ...reference].map(([, value]) => value);
  const low = Math.min(...values, ...(isDay ? [0] : []));
  const high = Math.max(...values, ...(isDay ? [0] : []));
  const span = high - low || 1;
  const x = (ms: number): number => ((ms - first[0]) / (end - first[0] || 1)) * 100;
  const y = (value: number): number => 100 - PAD - ((value - low) / span) * (100 - 2 * PAD);
  const place = ([ms, value]: [number, number]): [number, number] => [x(ms), y(value)];

  const drawn = pathOf(line.map(place));
  const crossesZero = low < 0 && high > 0;
  // filled only for amounts from zero
  const filled = low >= 0 && tile.unit === 'currency';
  return {
    line: drawn,
    area: filled ? `${drawn}L${x(last[0]).toFixed(1)} 100L0 100Z` : '',
    reference: reference.length > 1 ? pathOf(reference.map(place)) : '',
    zero: crossesZero ? y(0) : null,
    dot: { x: x(last[0]), y: y(last[1]) }
  };
}
