/** Questions about goods. Units; unit costs in minor units. */
import * as z from 'zod';
import { Moment64, NoParams, PAST_TIMEOUT_MS, Second, question } from './question.server.ts';

const TotalsRow = z.strictObject({ kept: z.int(), on_hand: z.int(), free: z.int(), outs: z.int() });
export type StockTotals = z.infer<typeof TotalsRow>;
export const stockTotals = question('stock_totals', NoParams, TotalsRow);

const ReturnsRow = z.strictObject({ returns: z.int(), units: z.int() });
export type ReturnsDay = z.infer<typeof ReturnsRow>;
export const returnsDay = question('returns_day', z.strictObject({ day_start: Second, as_of: Moment64 }), ReturnsRow);

const UnitsRow = z.strictObject({ shipped: z.int(), returned: z.int() });
export type MonthUnits = z.infer<typeof UnitsRow>;
export const monthUnits = question(
  'month_units',
  z.strictObject({ month_start: Second, day_from: Second, day_to: Second, minute: Second }),
  UnitsRow
);
export const monthUnitsAt = question(
  'month_units_at',
  z.strictObject({ month_start: Second, as_of: Moment64 }),
  UnitsRow,
  PAST_TIMEOUT_MS
);

const SkuRow = z.strictObject({
  sku: z.string(),
  on_hand: z.int(),
  reserved: z.int(),
  quarantine: z.int(),
  active: z.int(),
  name: z.nullable(z.string()),
  unit_cost_minor: z.nullable(z.int()),
  lead_time_days: z.nullable(z.int()),
  /** shipped less saleable returns in the velocity's window */
  net_units: z.int()
});
export type SkuRow = z.infer<typeof SkuRow>;
const velocityWindow = z.strictObject({ velocity_from: Moment64, as_of: Moment64 });
export const stockSkus = question('stock_skus', velocityWindow, SkuRow, PAST_TIMEOUT_MS);
export const stockSkusAt = question('stock_skus_at', velocityWindow, SkuRow, PAST_TIMEOUT_MS);
