/** Questions about the events themselves. Times in epoch ms; positions are the journal's. */
import * as z from 'zod';
import { STREAMS } from '#lib/contracts/streams.ts';
import { Keys, Moment64, NoParams, PAST_TIMEOUT_MS, Second, question } from './question.server.ts';
import { StoredRow } from './stored-event.server.ts';

const SeenRow = z.strictObject({
  stream: z.enum(STREAMS),
  currency: z.string(),
  first_time: z.int(),
  last_time: z.int()
});
export type SeenRow = z.infer<typeof SeenRow>;
export const seenStreams = question('seen_streams', NoParams, SeenRow);
export const streamWatermarksAt = question(
  'stream_watermarks_at',
  z.strictObject({ as_of: Moment64 }),
  z.strictObject({ stream: z.enum(STREAMS), last_time: z.int() }),
  PAST_TIMEOUT_MS
);

/** 0: nothing ahead */
export const nextMovement = question(
  'next_movement',
  z.strictObject({ as_of: Moment64 }),
  z.strictObject({ next_time: z.int() })
);
export const eventsSpan = question(
  'events_span',
  z.strictObject({ after_seq: z.int(), through_seq: z.int() }),
  z.strictObject({ first_time: z.int() })
);
export const dayEvents = question(
  'day_events',
  z.strictObject({ day_start: Second, day_end: Second }),
  z.strictObject({ slot: z.int(), events: z.int() }),
  PAST_TIMEOUT_MS
);
export const newestEvents = question('newest_events', z.strictObject({ after_seq: z.int() }), StoredRow);
export const eventsOfKeys = question(
  'events_of_keys',
  z.strictObject({ keys: Keys, known_to: Moment64 }),
  StoredRow,
  PAST_TIMEOUT_MS
);

const NameRow = z.strictObject({ customer_id: z.string(), name: z.string() });
export const customerNames = question('customer_names', z.strictObject({ keys: Keys, known_to: Moment64 }), NameRow);
export const allCustomerNames = question(
  'all_customer_names',
  z.strictObject({ known_to: Moment64 }),
  NameRow,
  PAST_TIMEOUT_MS
);
