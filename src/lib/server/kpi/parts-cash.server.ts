/** Parts about cash. */
import { ok } from '#lib/contracts/result.ts';
import type { Curve, Point } from './curve.server.ts';
import { DAYS_GAP_MS, dayEnds } from './days.server.ts';
import type { BusinessTime, Moment } from './moment.server.ts';
import { LIVE_GAP_MS, type Answer, type Asking, type PartsOf } from './part.server.ts';
import {
  cashClosings,
  cashPending,
  cashPendingAt,
  cashPendingClosings,
  cashPosition,
  cashPositionAt,
  cashPositionCurve,
  cashSlots,
  cashSlotsAt,
  dayCurve,
  monthFees,
  monthFeesAt,
  type Balance
} from './queries/cash.server.ts';

const CURVE_GAP_MS = 1_000;
const COMPARED = [
  { label: 'yesterday', days_back: 1 },
  { label: '7d', days_back: 7 }
] as const;

/** The curves of yesterday and of 7 days ago, in the business's currency. */
export async function loadCurves(
  { reader, time, currency }: Asking,
  moment: Moment,
  measures: string[]
): Answer<Curve[]> {
  const curves: Curve[] = [];
  for (const { label, days_back } of COMPARED) {
    const day_start = time.dayStart(moment, -days_back);
    const day_end = time.dayStart(moment, 1 - days_back);
    const rows = await reader.read(dayCurve, { measures, currency, day_start, day_end });
    if (!rows.ok) return rows;
    curves.push({ label, days_back, day_start, day_end, rows: rows.value });
  }
  return ok(curves);
}

/** The moment with the same clock time so many days before. */
export const momentBefore = (time: BusinessTime, moment: Moment, daysBack: number): Moment =>
  time.at(time.zone.sameClock(moment.as_of, daysBack));

const balancesAt = ({ reader }: Asking, at: number): Answer<Balance[]> =>
  reader.read(cashPositionAt, { time_to: at, known_to: at });

const POSITION = { measure: 'ledger', flow: 'in', slot: 0, counted: 0 } as const;

async function positionCurves({ reader, time, currency }: Asking, moment: Moment): Answer<Curve[]> {
  const day_start = time.dayStart(moment, -1);
  const day_end = moment.day_start;
  const rows = await reader.read(cashPositionCurve, { currency, day_start, day_end });
  if (!rows.ok) return rows;
  const curve = { label: 'yesterday', days_back: 1, day_start, day_end } as const;
  return ok([{ ...curve, rows: rows.value.map((row) => ({ ...POSITION, ...row })) }]);
}

async function positionBefore(asking: Asking, moment: Moment): Answer<Curve[]> {
  const { as_of, day_start } = momentBefore(asking.time, moment, 1);
  const balances = await balancesAt(asking, as_of);
  if (!balances.ok) return balances;
  const rows = balances.value.map(({ currency, balance_minor }) => ({
    ...POSITION,
    currency,
    amount_minor: balance_minor
  }));
  return ok([
    { label: 'yesterday', days_back: 1, day_start, day_end: moment.day_start, rows: [], exact: { as_of, rows } }
  ]);
}

async function closings({ reader, time, currency }: Asking, moment: Moment): Answer<Point[]> {
  const ends = dayEnds(time, moment);
  const rows = await reader.read(cashClosings, { currency, ends });
  if (!rows.ok) return rows;
  const balances = new Map(rows.value.map((row) => [row.end_ms, row.balance_minor]));
  return ok(ends.map((end): Point => [end, balances.get(end) ?? null]));
}

async function pendingClosings({ reader, time, currency }: Asking, moment: Moment): Answer<Point[]> {
  const ends = dayEnds(time, moment);
  const rows = await reader.read(cashPendingClosings, { currency, ends });
  if (!rows.ok) return rows;
  const amounts = new Map(rows.value.map((row) => [row.end_ms, row.amount_minor]));
  return ok(ends.map((end): Point => [end, amounts.get(end) ?? null]));
}

export const cashParts: PartsOf<
  'cashSlots' | 'cashCurves' | 'position' | 'positionCurves' | 'positionDays' | 'pending' | 'pendingDays' | 'fees'
> = {
  cashSlots: {
    groups: ['cash'],
    gapMs: LIVE_GAP_MS,
    live: ({ reader }, { day_start, minute, as_of }) => reader.read(cashSlots, { day_start, minute, as_of }),
    at: ({ reader }, { day_start, as_of }) => reader.read(cashSlotsAt, { day_start, as_of })
  },
  cashCurves: {
    groups: [],
    late: 'cash',
    gapMs: CURVE_GAP_MS,
    live: (asking, moment) => loadCurves(asking, moment, ['ledger', 'refund']),
    async at(asking, moment) {
      const curves = await loadCurves(asking, moment, ['ledger', 'refund']);
      if (!curves.ok) return curves;
      const exact: Curve[] = [];
      for (const curve of curves.value) {
        const { day_start, as_of } = momentBefore(asking.time, moment, curve.days_back);
        const rows = await asking.reader.read(cashSlotsAt, { day_start, as_of });
        if (!rows.ok) return rows;
        exact.push({ ...curve, exact: { as_of, rows: rows.value } });
      }
      return ok(exact);
    }
  },
  position: {
    groups: ['cash'],
    gapMs: LIVE_GAP_MS,
    live: ({ reader }) => reader.read(cashPosition, {}),
    at: (asking, { as_of }) => balancesAt(asking, as_of)
  },
  positionCurves: { groups: [], late: 'cash', gapMs: DAYS_GAP_MS, live: positionCurves, at: positionBefore },
  positionDays: { groups: [], late: 'cash', gapMs: DAYS_GAP_MS, live: closings, at: closings },
  pendingDays: { groups: [], late: 'cash', gapMs: DAYS_GAP_MS, live: pendingClosings, at: pendingClosings },
  pending: {
    groups: ['cash'],
    gapMs: LIVE_GAP_MS,
    live: ({ reader }) => reader.read(cashPending, {}),
    at: ({ reader }, { as_of }) => reader.read(cashPendingAt, { as_of })
  },
  fees: {
    groups: ['cash'],
    gapMs: LIVE_GAP_MS,
    live: ({ reader }, { month_start, day_from, day_to, minute, as_of }) =>
      reader.read(monthFees, { month_start, day_from, day_to, minute, as_of }),
    at: ({ reader }, { month_start, as_of }) => reader.read(monthFeesAt, { month_start, as_of })
  }
};
