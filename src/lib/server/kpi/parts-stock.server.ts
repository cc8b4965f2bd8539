/** Parts about goods. */
import { fail, ok, type Result } from '#lib/contracts/result.ts';
import type { ClickHouseFailure } from '#sql/interface.server.ts';
import { LIVE_GAP_MS, type PartsOf } from './part.server.ts';
import {
  monthUnits,
  monthUnitsAt,
  returnsDay,
  stockTotals,
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

export const stockParts: PartsOf<'stock' | 'returns' | 'units'> = {
  stock: {
    groups: ['stock'],
    gapMs: LIVE_GAP_MS,
    live: async ({ reader }) => only(await reader.read(stockTotals, {})),
    async at(_, __, past) {
      const skus = await past.skus();
      return skus.ok ? ok(totalsOf(skus.value)) : skus;
    }
  },
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
