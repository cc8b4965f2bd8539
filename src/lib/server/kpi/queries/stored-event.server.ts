/** A raw row back as the event it is. */
import * as z from 'zod';
import { isEventType, type AcceptedEvent } from '#lib/contracts/events/registry.ts';

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

interface Unproven {
  readonly seq: number;
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly time: number;
  readonly received_at: number;
  readonly data: unknown;
}
/** Parsed by its schema before it was acknowledged, and trusted since: a second time would cost five times the JSON. */
const isAccepted = (event: Unproven): event is AcceptedEvent =>
  isEventType(event.type) && typeof event.data === 'object' && event.data !== null;

/** @throws when the row is not an event of a known type: nothing else is ever stored */
export function toEvent(row: StoredRow): AcceptedEvent {
  const data: unknown = JSON.parse(row.data);
  const { seq, source, id, type, time_ms: time, received_ms: received_at } = row;
  const event: Unproven = { seq, source, id, type, time, received_at, data };
  if (!isAccepted(event)) throw new Error(`the raw row ${seq} of type ${type} is no event`);
  return event;
}
