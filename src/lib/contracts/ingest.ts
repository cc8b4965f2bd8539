/** What `POST /v1/events` answers (ingest-contract.md). Browser-safe; producers parse answers with it. */
import * as z from 'zod/mini';

export const QUARANTINE_CODES = ['unknown_type', 'invalid_data', 'future_time', 'unstorable'] as const;
const ITEM_CODES = {
  duplicate: ['duplicate', 'duplicate_differs'],
  quarantined: QUARANTINE_CODES,
  rejected: ['invalid_json', 'invalid_envelope', 'event_too_large', 'source_forbidden', 'type_forbidden']
} as const;
export type QuarantineCode = (typeof ITEM_CODES.quarantined)[number];
export type RejectCode = (typeof ITEM_CODES.rejected)[number];

const item = {
  /** place in the request, from 0; blank NDJSON lines do not count */
  index: z.int(),
  /** null: the item has no readable id */
  id: z.nullable(z.string()),
  /** JSON Pointer into the item to the fault; '' is the item itself */
  path: z.string(),
  message: z.string()
};
/** An item that was not stored now. */
export const ItemAnswer = z.discriminatedUnion('status', [
  z.strictObject({ ...item, status: z.literal('duplicate'), code: z.enum(ITEM_CODES.duplicate) }),
  z.strictObject({ ...item, status: z.literal('quarantined'), code: z.enum(ITEM_CODES.quarantined) }),
  z.strictObject({ ...item, status: z.literal('rejected'), code: z.enum(ITEM_CODES.rejected) })
]);
export type ItemAnswer = z.infer<typeof ItemAnswer>;

/** The four counts add up to the number of items sent; `items` lists all that are not `stored`, in order. */
export const BatchAnswer = z.strictObject({
  stored: z.int(),
  duplicate: z.int(),
  quarantined: z.int(),
  rejected: z.int(),
  items: z.array(ItemAnswer)
});
export type BatchAnswer = z.infer<typeof BatchAnswer>;

/**
 * One line of the answer to a stream, after each fsync. `through` is how many items of the stream are answered by now, in order; the
 * counts are those of the items since the line before, and so is `items`, which lists the quarantined and rejected ones of them by
 * their index in the whole stream. A stream that we end has a {@link Problem} as its last line: what comes after `through` is not taken.
 */
export const StreamAnswer = z.strictObject({
  through: z.int(),
  stored: z.int(),
  duplicate: z.int(),
  quarantined: z.int(),
  rejected: z.int(),
  items: z.optional(z.array(ItemAnswer))
});
export type StreamAnswer = z.infer<typeof StreamAnswer>;

/** RFC 9457: a fault of the whole request; nothing of it was taken. */
export const Problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string()
});
export type Problem = z.infer<typeof Problem>;
