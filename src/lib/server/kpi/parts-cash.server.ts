/** Parts about cash. */
import { ok } from '#lib/contracts/result.ts';
import type { Curve, Point } from './curve.server.ts';
import type { BusinessTime, Moment } from './moment.server.ts';
import { LIVE_GAP_MS, type Answer, type Asking, type PartsOf } from './part.server.ts';
import {
  cashClosings,
  cashPending,
  cashPendingAt,
  cashPosition,
  cashPositionAt,
  cashSlots,
  cashSlotsAt,
  dayCurve,
  monthFees,
  monthFeesAt,
  type Balance
} from './queries/cash.server.ts';

const CURVE_GAP_MS = 1_000;
/** Yesterday's balance is found in the ledger's rows, not in sums: asked after an event, at most once a minute. */
const BALANCE_BEFORE_GAP_MS = 60_000;
/** Two weeks of closing balances weigh every row of the ledger: asked at midnight and after late events. */
const CLOSINGS_GAP_MS = 600_000;
const CLOSINGS = 13;
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

async function balancesBefore(asking: Asking, moment: Moment): Answer<{ as_of: number; balances: readonly Balance[] }> {
  const before = asking.time.zone.sameClock(moment.as_of, 1);
  const balances = await balancesAt(asking, before);
  return balances.ok ? ok({ as_of: before, balances: balances.value }) : balances;
}

async function closings({ reader, time, currency }: Asking, moment: Moment): Answer<Point[]> {
  const ends = Array.from({ length: CLOSINGS }, (_, back) => time.dayStart(moment, 1 - CLOSINGS + back) - 1);
  const rows = await reader.read(cashClosings, { currency, ends });
  if (!rows.ok) return rows;
  const balances = new Map(rows.value.map((row) => [row.end_ms, row.balance_minor]));
  return ok(ends.map((end): Point => [end, balances.get(end) ?? null]));
}

export const cashParts: PartsOf<
  'cashSlots' | 'cashCurves' | 'position' | 'positionBefore' | 'positionDays' | 'pending' | 'fees'
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
  positionBefore: {
    groups: ['cash'],
    gapMs: BALANCE_BEFORE_GAP_MS,
    live: balancesBefore,
    at: balancesBefore
  },
  positionDays: { groups: [], late: 'cash', gapMs: CLOSINGS_GAP_MS, live: closings, at: closings },
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
