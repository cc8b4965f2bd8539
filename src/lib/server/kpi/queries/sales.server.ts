/** Questions about orders. Amounts in minor units. */
import * as z from 'zod';
import { Moment64, PAST_TIMEOUT_MS, Second, question } from './question.server.ts';

const SlotRow = z.strictObject({
  measure: z.enum(['order', 'cancelled']),
  currency: z.string(),
  slot: z.int(),
  amount_minor: z.int(),
  counted: z.int()
});
export type SalesSlot = z.infer<typeof SlotRow>;
export const salesSlots = question(
  'sales_slots',
  z.strictObject({ day_start: Second, minute: Second, as_of: Moment64 }),
  SlotRow
);
export const salesSlotsAt = question(
  'sales_slots_at',
  z.strictObject({ day_start: Second, as_of: Moment64 }),
  SlotRow,
  PAST_TIMEOUT_MS
);
export const salesOffsets = question(
  'sales_offsets',
  z.strictObject({ day_start: Second, as_of: Moment64, known_to: Moment64 }),
  z.strictObject({ currency: z.string(), amount_minor: z.int() })
);
