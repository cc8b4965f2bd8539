/** Questions about money that moves. Amounts in minor units, times in epoch ms. */
import * as z from 'zod';
import { Moment64, NoParams, PAST_TIMEOUT_MS, Second, question } from './question.server.ts';

const SlotRow = z.strictObject({
  measure: z.enum(['ledger', 'refund']),
  currency: z.string(),
  flow: z.enum(['in', 'out', 'transfer', 'none']),
  slot: z.int(),
  amount_minor: z.int(),
  counted: z.int()
});
export type CashSlot = z.infer<typeof SlotRow>;
export const cashSlots = question(
  'cash_slots',
  z.strictObject({ day_start: Second, minute: Second, as_of: Moment64 }),
  SlotRow
);
export const cashSlotsAt = question(
  'cash_slots_at',
  z.strictObject({ day_start: Second, as_of: Moment64 }),
  SlotRow,
  PAST_TIMEOUT_MS
);

const BalanceRow = z.strictObject({ currency: z.string(), account: z.string(), balance_minor: z.int() });
export type Balance = z.infer<typeof BalanceRow>;
export const cashPosition = question('cash_position', NoParams, BalanceRow);
export const cashPositionAt = question(
  'cash_position_at',
  z.strictObject({ time_to: Moment64, known_to: Moment64 }),
  BalanceRow,
  PAST_TIMEOUT_MS
);

export const cashClosings = question(
  'cash_closings',
  z.strictObject({ currency: z.string(), ends: z.array(z.int()) }),
  z.strictObject({ end_ms: z.int(), balance_minor: z.int() }),
  PAST_TIMEOUT_MS
);

export const cashPositionCurve = question(
  'cash_position_curve',
  z.strictObject({ currency: z.string(), day_start: Second, day_end: Second }),
  z.strictObject({ minute: z.int(), amount_minor: z.int() }),
  PAST_TIMEOUT_MS
);

const AmountRow = z.strictObject({ currency: z.string(), amount_minor: z.int() });
export type Amount = z.infer<typeof AmountRow>;
export const cashPending = question('cash_pending', NoParams, AmountRow);
export const cashPendingAt = question(
  'cash_pending_at',
  z.strictObject({ as_of: Moment64 }),
  AmountRow,
  PAST_TIMEOUT_MS
);

export const cashPendingClosings = question(
  'cash_pending_closings',
  z.strictObject({ currency: z.string(), ends: z.array(z.int()) }),
  z.strictObject({ end_ms: z.int(), amount_minor: z.int() }),
  PAST_TIMEOUT_MS
);

const FeesRow = z.strictObject({ currency: z.string(), fee_minor: z.int(), gross_minor: z.int() });
export type Fees = z.infer<typeof FeesRow>;
export const monthFees = question(
  'month_fees',
  z.strictObject({ month_start: Second, day_from: Second, day_to: Second, minute: Second, as_of: Moment64 }),
  FeesRow
);
export const monthFeesAt = question(
  'month_fees_at',
  z.strictObject({ month_start: Second, as_of: Moment64 }),
  FeesRow,
  PAST_TIMEOUT_MS
);

/** A past day's sums as they grew; shared by cash (ledger, refund) and sales (order). */
const CurveRow = z.strictObject({
  measure: z.enum(['ledger', 'refund', 'order']),
  flow: z.string(),
  minute: z.int(),
  slot: z.int(),
  amount_minor: z.int(),
  counted: z.int()
});
export type CurveRow = z.infer<typeof CurveRow>;
export const dayCurve = question(
  'day_curve',
  z.strictObject({ measures: z.array(z.string()), currency: z.string(), day_start: Second, day_end: Second }),
  CurveRow
);

const LedgerEntry = z.strictObject({
  time_ms: z.int(),
  source: z.string(),
  id: z.string(),
  kind: z.string(),
  flow: z.enum(['in', 'out', 'transfer', 'report']),
  account: z.string(),
  method: z.string(),
  amount_minor: z.int(),
  entity: z.string(),
  customer_id: z.string(),
  is_report: z.int()
});
export type LedgerEntry = z.infer<typeof LedgerEntry>;

export const ledgerRows = question(
  'ledger_rows',
  z.strictObject({ currency: z.string(), time_to: Moment64, known_to: Moment64, limit: z.int() }),
  LedgerEntry,
  PAST_TIMEOUT_MS
);

const ReportRow = z.strictObject({
  account: z.string(),
  report_time_ms: z.int(),
  balance_minor: z.int(),
  drift_minor: z.int()
});
export const accountReports = question(
  'account_reports',
  z.strictObject({ currency: z.string(), time_to: Moment64, known_to: Moment64 }),
  ReportRow,
  PAST_TIMEOUT_MS
);
export const accountMoves = question(
  'account_moves',
  z.strictObject({ currency: z.string(), day_start: Second, as_of: Moment64, known_to: Moment64 }),
  z.strictObject({ account: z.string(), amount_minor: z.int() }),
  PAST_TIMEOUT_MS
);
