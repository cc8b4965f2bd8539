/** From a stored row back to a typed event: the arrow ClickHouse → readers of raw events. */
import { z } from 'zod';
import { isEventType, type AcceptedEvent } from './registry.ts';

/** A raw row as queries select it: times as epoch milliseconds, `data` as the stored JSON text. */
export const RawRow = z.object({
  seq: z.int(),
  source: z.string(),
  id: z.string(),
  type: z.string(),
  time: z.int(),
  received_at: z.int(),
  data: z.string()
});
export type RawRow = z.infer<typeof RawRow>;

// the data were held to the type's schema before they were stored: parsed at entry, trusted after
const isStored = (event: { readonly type: string; readonly data: unknown }): event is AcceptedEvent =>
  isEventType(event.type) && typeof event.data === 'object' && event.data !== null;

/**
 * Types a stored row; unknown keys of `data` stay on the object.
 * @throws when the row's type is none of this version's: raw tables hold accepted events only, so that is a fault
 */
export function acceptedEvent(row: RawRow): AcceptedEvent {
  const { seq, source, id, type, time, received_at } = row;
  const data: unknown = JSON.parse(row.data);
  const event = { seq, source, id, type, time, received_at, data };
  if (!isStored(event)) throw new Error(`stored event ${source} ${id} has the unknown type ${type}`);
  return event;
}
