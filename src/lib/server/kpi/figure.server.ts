/** A figure as it follows from facts, before states and sequence numbers. Pure. */
import { BUCKETS, type Bucket, type KpiValue, type Reason, type Tile } from '#lib/contracts/kpi.ts';
import type { Stream } from '#lib/contracts/streams.ts';
import { bucketOf } from '#lib/domain/ageing.ts';
import {
  compareAt,
  dayPoints,
  hourSums,
  slotSums,
  todayPoints,
  type Curve,
  type Pick,
  type Point,
  type SlotSum
} from './curve.server.ts';
import { WEEK_AGO } from './days.server.ts';
import type { Facts } from './facts.server.ts';
import { toRfc3339, type BusinessTime, type Moment } from './moment.server.ts';

export type Series = NonNullable<Tile['series']>;
type Compare = NonNullable<Tile['compare']>;

export interface Figure {
  readonly value: KpiValue | null;
  /** why there is no value */
  readonly reason?: Reason;
  readonly compare?: Compare;
  readonly series?: Series;
  readonly other_currencies?: NonNullable<Tile['other_currencies']>;
}

export interface FigureContext {
  readonly time: BusinessTime;
  /** BUSINESS_CURRENCY */
  readonly currency: string;
  /** now, or the asked moment: what series and comparisons step to */
  readonly now: number;
  readonly streams: readonly Stream[];
}

/** Σ by currency; rows that the pick counts as 0 do not bring a currency in. */
export function byCurrency<R extends { readonly currency: string }>(
  rows: readonly R[],
  of: (row: R) => number
): Map<string, number> {
  const sums = new Map<string, number>();
  for (const row of rows) {
    const amount = of(row);
    if (amount !== 0) sums.set(row.currency, (sums.get(row.currency) ?? 0) + amount);
  }
  return sums;
}

/** Currencies in which one of the figure's streams has delivered something. */
const seenCurrencies = (seen: Facts['seen'], streams: readonly Stream[]): Set<string> =>
  new Set(seen.value.filter((row) => streams.includes(row.stream) && row.currency !== '').map((row) => row.currency));

/** Money by currency: a sum is 0 only where a stream has delivered that currency, else it is unknown. */
export function moneyFigure(sums: ReadonlyMap<string, number>, seen: Facts['seen'], context: FigureContext): Figure {
  const known = seenCurrencies(seen, context.streams);
  const amount = (currency: string): number | undefined => sums.get(currency) || (known.has(currency) ? 0 : undefined);
  const others = [...new Set([...sums.keys(), ...known])]
    .filter((currency) => currency !== context.currency)
    .toSorted()
    .flatMap((currency) => {
      const minor = amount(currency);
      return minor === undefined ? [] : [{ currency, value: { minor, currency } }];
    });
  const own = amount(context.currency);
  return {
    ...(own === undefined ? { value: null, reason: 'no_data' } : { value: { minor: own, currency: context.currency } }),
    ...(others.length > 0 && { other_currencies: others })
  };
}

/** Counts and units know no currency: any event of a stream makes 0 a value. */
export const countFigure = (count: number, seen: Facts['seen'], context: FigureContext): Figure =>
  count !== 0 || seen.value.some((row) => context.streams.includes(row.stream))
    ? { value: count }
    : { value: null, reason: 'no_data' };

/** A ratio by currency; a denominator of 0 is `empty`, never 0. */
export function ratioFigure(
  numerators: ReadonlyMap<string, number>,
  denominators: ReadonlyMap<string, number>,
  seen: Facts['seen'],
  context: FigureContext
): Figure {
  const ratio = (currency: string): number | null => {
    const denominator = denominators.get(currency) ?? 0;
    return denominator === 0 ? null : (numerators.get(currency) ?? 0) / denominator;
  };
  const others = [...denominators.keys()]
    .filter((currency) => currency !== context.currency)
    .toSorted()
    .map((currency) => ({ currency, value: ratio(currency) }))
    .filter(({ value }) => value !== null);
  const own = ratio(context.currency);
  return {
    value: own,
    ...(own === null && {
      reason: seenCurrencies(seen, context.streams).has(context.currency) ? 'no_denominator' : 'no_data'
    }),
    ...(others.length > 0 && { other_currencies: others })
  };
}

/** A ratio of units, without currencies. */
export function unitRatioFigure(
  numerator: number,
  denominator: number,
  seen: Facts['seen'],
  streams: readonly Stream[]
): Figure {
  if (denominator !== 0) return { value: numerator / denominator };
  const isSeen = seen.value.some((row) => streams.includes(row.stream));
  return { value: null, reason: isSeen ? 'no_denominator' : 'no_data' };
}

/** The moment whose day the facts speak of: now, unless midnight has passed since they were loaded. */
export const momentOf = (moment: Moment, context: FigureContext): Moment => {
  const now = context.time.at(context.now);
  return now.date === moment.date ? now : moment;
};

/** Whether one of the figure's streams had delivered by then (money: in the business's currency): before, 0 is not known. */
export function wasKnown(seen: Facts['seen'], unit: 'currency' | 'count', at: number, context: FigureContext): boolean {
  return seen.value.some(
    (row) =>
      context.streams.includes(row.stream) &&
      (unit === 'count' || row.currency === context.currency) &&
      row.first_time <= at
  );
}

/** The same figure at the same clock time of the days the curves tell. */
export function comparisons(
  curves: readonly Curve[],
  pick: Pick,
  unit: 'currency' | 'count',
  moment: Moment,
  seen: Facts['seen'],
  context: FigureContext
): { compare?: Compare } {
  const { currency } = context;
  if (curves.length === 0) return {};
  const compare = curves.map((curve): Compare[number] => {
    const sameClock = context.time.zone.sameClock(moment.as_of, curve.days_back);
    const { as_of, value } = compareAt(curve, pick, unit === 'currency' ? currency : null, sameClock);
    const told = unit === 'currency' ? { minor: value, currency } : value;
    const isKnown = value !== 0 || wasKnown(seen, unit, as_of, context);
    return { label: curve.label, as_of: toRfc3339(as_of), value: isKnown ? told : null };
  });
  return { compare };
}

/** A state's last days up to what holds now, and what it was at the end of the day a week ago. */
export function dayDetails(
  days: readonly Point[] | undefined,
  figure: Figure,
  context: FigureContext
): { compare?: Compare; series?: Series } {
  if (days === undefined || days.length === 0 || figure.value === null || Array.isArray(figure.value)) return {};
  const isMoney = typeof figure.value === 'object';
  const own = typeof figure.value === 'object' ? figure.value.minor : figure.value;
  const told = (value: number): KpiValue => (isMoney ? { minor: value, currency: context.currency } : value);
  const [end, then] = days[WEEK_AGO] ?? [0, null];
  return {
    compare: [{ label: '7d', as_of: toRfc3339(end), value: then === null ? null : told(then) }],
    series: [{ name: 'days', points: [...days, [context.now, own]] }]
  };
}

/** A figure without a value has no line either: nothing unknown is ever 0. */
export const withDetails = (
  figure: Figure,
  details: () => { readonly compare?: Compare; readonly series?: Series }
): Figure => (figure.value === null ? figure : { ...figure, ...details() });

/** `today` to now and `yesterday` over the whole day, both cumulative in half hours. */
export function daySeries(slots: readonly SlotSum[], curves: readonly Curve[], pick: Pick, moment: Moment): Series {
  const yesterday = curves.find((curve) => curve.label === 'yesterday');
  return [
    { name: 'today', points: todayPoints(slots, pick, moment.day_start, moment.as_of) },
    ...(yesterday ? [{ name: 'yesterday', points: dayPoints(yesterday, pick) }] : [])
  ];
}

/** 24 sums by local hour: `hours` (null: not yet) and `hours_yesterday`; a point's time is its hour's start. */
export function hourSeries(
  slots: readonly SlotSum[],
  curves: readonly Curve[],
  pick: Pick,
  moment: Moment,
  context: FigureContext
): Series {
  const hours = (dayStart: number, sums: ReadonlyMap<number, number>, until: number): Series[number]['points'] =>
    hourSums(sums, dayStart, until, context.time.zone.hourOf).map((value, hour) => [
      dayStart + hour * 3_600_000,
      value
    ]);
  const yesterday = curves.find((curve) => curve.label === 'yesterday');
  return [
    { name: 'hours', points: hours(moment.day_start, slotSums(slots, pick), moment.as_of) },
    ...(yesterday
      ? [
          {
            name: 'hours_yesterday',
            points: hours(yesterday.day_start, slotSums(yesterday.rows, pick), yesterday.day_end - 1)
          }
        ]
      : [])
  ];
}

/** Open money by bucket, all buckets, in their order. `count` = instalments. */
export function ageingOf(
  open: Facts['open'],
  currency: string,
  moment: Moment,
  time: BusinessTime
): { bucket: Bucket; minor: number; count: number; currency: string }[] {
  const buckets = new Map(BUCKETS.map((bucket) => [bucket, { bucket, minor: 0, count: 0, currency }]));
  for (const row of open.value) {
    if (row.currency !== currency) continue;
    const { bucket } = bucketOf({
      dueDate: row.due_date,
      effectiveDueDate: time.calendar.effectiveDueDate(row.due_date),
      today: moment.date
    });
    const sum = buckets.get(bucket);
    if (sum === undefined) continue;
    sum.minor += row.open_minor;
    sum.count += row.instalments;
  }
  return [...buckets.values()];
}
