/** A raw row back as the event it is. What was stored passed the same schemas at the door, so a row that fails them is a broken store. */
import * as z from 'zod';
import { eventSchemas, type AcceptedEvent, type EventType } from '#lib/contracts/events/registry.ts';

/** Columns of a raw event as the questions name them; `data` is JSON text. */
export const StoredRow = z.strictObject({
  seq: z.int(),
  source: z.string(),
  id: z.string(),
  type: z.string(),
  time_ms: z.int(),
  received_ms: z.int(),
  data: z.string()
});
export type StoredRow = z.infer<typeof StoredRow>;

const stored = <T extends EventType>(type: T) =>
  z.object({
    seq: z.int(),
    source: z.string(),
    id: z.string(),
    type: z.literal(type),
    time: z.int(),
    received_at: z.int(),
    data: eventSchemas[type]
  });

const StoredEvent = z.discriminatedUnion('type', [
  stored('order.placed'),
  stored('order.shipped'),
  stored('order.cancelled'),
  stored('return.requested'),
  stored('return.received'),
  stored('return.refunded'),
  stored('payment.confirmed'),
  stored('payment.settled'),
  stored('payment.reversed'),
  stored('payment.reinstated'),
  stored('payment.allocated'),
  stored('payout.scheduled'),
  stored('payout.sent'),
  stored('payout.returned'),
  stored('payout.cancelled'),
  stored('account.moved'),
  stored('account.balance_reported'),
  stored('invoice.issued'),
  stored('invoice.credited'),
  stored('invoice.cancelled'),
  stored('invoice.written_off'),
  stored('collection.contacted'),
  stored('promise.made'),
  stored('promise.cancelled'),
  stored('dispute.opened'),
  stored('dispute.closed'),
  stored('customer.updated'),
  stored('stock.counted'),
  stored('stock.adjusted'),
  stored('stock.received'),
  stored('stock.transferred'),
  stored('product.updated')
]);

/** @throws when the row is not an event of a known type: nothing else is ever stored */
export function toEvent(row: StoredRow): AcceptedEvent {
  const data: unknown = JSON.parse(row.data);
  return StoredEvent.parse({
    seq: row.seq,
    source: row.source,
    id: row.id,
    type: row.type,
    time: row.time_ms,
    received_at: row.received_ms,
    data
  });
}
