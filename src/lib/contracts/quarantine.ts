/**
 * Quarantine: readable envelopes whose type, data or time could not be used. `GET /v1/quarantine` and `POST /v1/quarantine/replay` for keys
 * with the scope `quarantine`; the same under `/internal` for the dashboard, with what the page needs beside it. Browser-safe.
 */
import * as z from 'zod/mini';
import { QUARANTINE_CODES } from './ingest.ts';
import { STREAMS } from './streams.ts';

export const QUARANTINE_STATUSES = ['open', 'closed'] as const;
export const ROWS_MAX = 500;
export const REPLAY_MAX = 500;

/** Its place in the journal when it came. */
const QuarantineId = z.int().check(z.positive());

export const QuarantineRow = z.strictObject({
  quarantine_id: QuarantineId,
  source: z.string(),
  id: z.string(),
  type: z.string(),
  /** epoch ms */
  received_at: z.int(),
  code: z.enum(QUARANTINE_CODES),
  /** JSON Pointer to the fault */
  path: z.string(),
  message: z.string(),
  /** the key it came with */
  key_id: z.string(),
  status: z.enum(QUARANTINE_STATUSES),
  /** money at stake, without its sign; null: not readable */
  amount_minor: z.nullable(z.int()),
  currency: z.nullable(z.string()),
  /** as received, byte for byte; null: not asked for */
  raw: z.nullable(z.string())
});
export type QuarantineRow = z.infer<typeof QuarantineRow>;

/** Newest first. `next_before` is the `before` of the next page; null: there is none. */
export const QuarantineRows = z.strictObject({ rows: z.array(QuarantineRow), next_before: z.nullable(z.int()) });
export type QuarantineRows = z.infer<typeof QuarantineRows>;

/** As a query string. Left out: any; `status` open. */
export const QuarantineFilter = z.object({
  status: z._default(z.enum([...QUARANTINE_STATUSES, 'any']), 'open'),
  code: z.optional(z.enum(QUARANTINE_CODES)),
  source: z.optional(z.string()),
  type: z.optional(z.string()),
  id: z.optional(z.string()),
  before: z.optional(z.coerce.number().check(z.int(), z.positive())),
  limit: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(ROWS_MAX)), 100),
  raw: z._default(z.enum(['true', 'false']), 'true')
});
export type QuarantineFilter = z.infer<typeof QuarantineFilter>;

export const ReplayRequest = z.object({
  ids: z.array(QuarantineId).check(z.minLength(1), z.maxLength(REPLAY_MAX)),
  /** by quarantine_id, the whole corrected event: JSON, or its text. Its source and id stay as they were. */
  bodies: z.optional(z.record(z.string(), z.unknown())),
  /** judges and stores nothing */
  dry_run: z._default(z.boolean(), false)
});
export type ReplayRequest = z.infer<typeof ReplayRequest>;

/** Why an event cannot be replayed: what it would be answered if it were sent, or one of our own reasons. */
export const ReplayError = z.strictObject({
  quarantine_id: QuarantineId,
  code: z.string(),
  path: z.string(),
  message: z.string()
});
export type ReplayError = z.infer<typeof ReplayError>;

/** The three add up to the ids sent. `skipped`: closed or stored before. In a dry run `replayed` is what would be. */
export const ReplayAnswer = z.strictObject({
  replayed: z.int(),
  skipped: z.int(),
  errors: z.array(ReplayError)
});
export type ReplayAnswer = z.infer<typeof ReplayAnswer>;

/** How many wait for which reason, and what is at stake: one a (code, source, currency); currency null: not readable. */
export const QuarantineReason = z.strictObject({
  code: z.enum(QUARANTINE_CODES),
  source: z.string(),
  currency: z.nullable(z.string()),
  events: z.int(),
  amount_minor: z.int()
});
export type QuarantineReason = z.infer<typeof QuarantineReason>;
/** How many were resolved: stored after all, by a replay or because they came again, corrected. One a (code, source). */
const QuarantineResolved = z.strictObject({ code: z.enum(QUARANTINE_CODES), source: z.string(), events: z.int() });
export type QuarantineResolved = z.infer<typeof QuarantineResolved>;
export const RESOLVED_DAYS = 7;
/** `GET /internal/quarantine/reasons`; `resolved` is of the last {@link RESOLVED_DAYS} × 24 hours */
export const QuarantineReasons = z.strictObject({
  reasons: z.array(QuarantineReason),
  resolved: z.array(QuarantineResolved)
});
export type QuarantineReasons = z.infer<typeof QuarantineReasons>;
/** `GET /internal/quarantine/open`: how many wait */
export const QuarantineOpen = z.strictObject({ events: z.int() });

/** A row of a derived table that a replay would add; amounts signed, times epoch ms. */
const moved = { currency: z.string(), time: z.int(), amount_minor: z.int(), sign: z.int() };
/** What a replay would change: the very rows that deriving would write. `POST /internal/quarantine/test` → {answer, effects} */
export const QuarantineEffects = z.object({
  money: z.array(
    z.object({
      ...moved,
      measure: z.enum(['ledger', 'pending', 'refund', 'fee']),
      account: z.string(),
      flow: z.enum(['in', 'out', 'transfer', 'none']),
      base_minor: z.int()
    })
  ),
  sales: z.array(z.object({ ...moved, measure: z.enum(['order', 'cancelled', 'credit']) })),
  allocations: z.array(
    z.object({ currency: z.string(), exists_from: z.int(), due_date: z.string(), amount_minor: z.int(), sign: z.int() })
  ),
  instalments: z.array(
    z.object({
      invoice_id: z.string(),
      number: z.int(),
      customer_id: z.string(),
      currency: z.string(),
      due_date: z.string(),
      open_minor: z.int(),
      sign: z.int()
    })
  ),
  stock: z.array(
    z.object({
      sku: z.string(),
      bucket: z.enum(['on_hand', 'quarantine', 'reserved']),
      kind: z.string(),
      time: z.int(),
      quantity: z.int(),
      /** it lies before the shelf's last count: what is on hand does not change */
      is_in_count: z.boolean()
    })
  ),
  /** the touched skus as they are before it */
  skus: z.array(z.object({ sku: z.string(), kept: z.int(), active: z.int(), on_hand: z.int(), reserved: z.int() })),
  /** what its events belong to: where nothing came before, a sum becomes 0 instead of unknown */
  streams: z.array(z.object({ stream: z.enum(STREAMS), currency: z.string() })),
  /** accounts and skus that it sets to a figure, and returns it receives: not sums, so their effect is not told */
  rebased: z.array(z.enum(['account', 'sku', 'return']))
});
export type QuarantineEffects = z.infer<typeof QuarantineEffects>;
export const QuarantineTest = z.strictObject({ answer: ReplayAnswer, effects: QuarantineEffects });
export type QuarantineTest = z.infer<typeof QuarantineTest>;
