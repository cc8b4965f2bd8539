/** Questions about debts and who pays them. Amounts in minor units, dates `YYYY-MM-DD`. */
import * as z from 'zod';
import { Moment64, NoParams, PAST_TIMEOUT_MS, Second, question } from './question.server.ts';
import { StoredRow } from './stored-event.server.ts';

const OpenRow = z.strictObject({
  currency: z.string(),
  due_date: z.string(),
  open_minor: z.int(),
  instalments: z.int()
});
export type OpenByDueDate = z.infer<typeof OpenRow>;
export const openByDueDate = question('open_by_due_date', NoParams, OpenRow);

const CollectedRow = z.strictObject({
  currency: z.string(),
  slot: z.int(),
  due_date: z.string(),
  amount_minor: z.int()
});
export type CollectedSlot = z.infer<typeof CollectedRow>;
export const collectedSlots = question(
  'collected_slots',
  z.strictObject({ from: Second, as_of: Moment64 }),
  CollectedRow
);

export const receivableEventsAt = question(
  'receivable_events_at',
  z.strictObject({ as_of: Moment64 }),
  StoredRow,
  PAST_TIMEOUT_MS
);

const OpenInstalment = z.strictObject({
  customer_id: z.string(),
  invoice_id: z.string(),
  number: z.int(),
  due_date: z.string(),
  open_minor: z.int()
});
export type OpenInstalment = z.infer<typeof OpenInstalment>;
export const openInstalments = question(
  'open_instalments',
  z.strictObject({ currency: z.string() }),
  OpenInstalment,
  PAST_TIMEOUT_MS
);
