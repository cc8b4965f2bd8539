/** Parts about goods. */
import { fail, ok, type Result } from '#lib/contracts/result.ts';
import type { ClickHouseFailure } from '#sql/interface.server.ts';
import { DAYS_GAP_MS, dayEnds } from './days.server.ts';
import type { Moment } from './moment.server.ts';
import { LIVE_GAP_MS, type Answer, type Asking, type PartsOf } from './part.server.ts';
import { velocityWindow } from './past.server.ts';
import {
  monthUnits,
  monthUnitsAt,
  returnsDay,
  stockSkusAt,
  stockTotals,
  type MonthUnits,
  type SkuRow,
  type StockTotals
} from './queries/stock.server.ts';

/** The one row of an aggregate without GROUP BY. */
function only<T>(rows: Result<T[], ClickHouseFailure>): Result<T, ClickHouseFailure> {
  if (!rows.ok) return rows;
  const [row] = rows.value;
  return row === undefined
    ? fail({ kind: 'invalid_row', retryable: false, code: 'NO_ROW', message: 'an aggregate answered no row' })
    : ok(row);
}

const isOut = (sku: SkuRow): boolean => sku.active === 1 && sku.on_hand - sku.reserved <= 0;

const totalsOf = (skus: readonly SkuRow[]): StockTotals => ({
  kept: skus.length,
  on_hand: skus.reduce((sum, sku) => sum + sku.on_hand, 0),
  free: skus.reduce((sum, sku) => sum + sku.on_hand - sku.reserved, 0),
  outs: skus.filter(isOut).length
});

async function stockDays({ reader, time }: Asking, moment: Moment): Answer<{ end: number; stock: StockTotals }[]> {
  const days: { end: number; stock: StockTotals }[] = [];
  for (const end of dayEnds(time, moment)) {
    const skus = await reader.read(stockSkusAt, velocityWindow(end));
    if (!skus.ok) return skus;
    days.push({ end, stock: totalsOf(skus.value) });
  }
  return ok(days);
}

async function unitDays({ reader, time }: Asking, moment: Moment): Answer<{ end: number; units: MonthUnits }[]> {
  const days: { end: number; units: MonthUnits }[] = [];
  for (const end of dayEnds(time, moment)) {
    const { month_start, as_of } = time.at(end);
    const units = only(await reader.read(monthUnitsAt, { month_start, as_of }));
    if (!units.ok) return units;
    days.push({ end, units: units.value });
  }
  return ok(days);
}

export const stockParts: PartsOf<'stock' | 'stockDays' | 'returns' | 'units' | 'unitDays'> = {
  stock: {
    groups: ['stock'],
    gapMs: LIVE_GAP_MS,
    live: async ({ reader }) => only(await reader.read(stockTotals, {})),
    async at(_, __, past) {
      const skus = await past.skus();
      return skus.ok ? ok(totalsOf(skus.value)) : skus;
    }
  },
  stockDays: { groups: [], late: 'stock', gapMs: DAYS_GAP_MS, live: stockDays, at: stockDays },
  unitDays: { groups: [], late: 'stock', gapMs: DAYS_GAP_MS, live: unitDays, at: unitDays },
  returns: {
    groups: ['stock'],
    gapMs: LIVE_GAP_MS,
    live: async ({ reader }, { day_start, as_of }) => only(await reader.read(returnsDay, { day_start, as_of })),
    at: async ({ reader }, { day_start, as_of }) => only(await reader.read(returnsDay, { day_start, as_of }))
  },
  units: {
    groups: ['stock'],
    gapMs: LIVE_GAP_MS,
    // the sums know no finer than the minute: with an event ahead of the clock the rows must be asked
    async live({ reader }, { month_start, day_from, day_to, minute, as_of }, isAhead) {
      return only(
        isAhead
          ? await reader.read(monthUnitsAt, { month_start, as_of })
          : await reader.read(monthUnits, { month_start, day_from, day_to, minute })
      );
    },
    at: async ({ reader }, { month_start, as_of }) => only(await reader.read(monthUnitsAt, { month_start, as_of }))
  }
};
