/**
 * How far what was acknowledged has come: `GET /internal/flow` of the ingest service, and what the settings page is told of it.
 * All times are epoch ms of the ingest service's clock, so ages are differences within one answer. Browser-safe.
 */
import * as z from 'zod/mini';

const Journal = z.strictObject({
  /** newest position on disk; what lies behind `visible` waits */
  acknowledged: z.int(),
  /** newest position in every figure */
  visible: z.int(),
  /** since when the oldest one waits; null: nothing waits */
  waiting_since: z.nullable(z.int()),
  bytes: z.int(),
  /** beyond it events are answered 503 */
  bytes_max: z.int(),
  /** false: at its bound, or its disk takes nothing */
  is_writable: z.boolean(),
  /** events that could not be written and were answered 503, the last time, when none was taken since; null: none */
  refused: z.nullable(z.strictObject({ kind: z.enum(['full', 'disk_full', 'broken']), at: z.int() }))
});

/** A delivery to ClickHouse that was not taken and is repeated. No payload: the step, and ClickHouse's code. */
const Failure = z.strictObject({ step: z.string(), code: z.string(), at: z.int() });

export const Flow = z.strictObject({
  at: z.int(),
  /** of the process; `failures.total` counts from there */
  started_at: z.int(),
  /** null: the journal is not read yet, so what waits there is not known */
  journal: z.nullable(Journal),
  /** where the journal is; null: could not be asked */
  disk_free_bytes: z.nullable(z.int()),
  /** since when ClickHouse has not answered; null: it answers */
  clickhouse_away_since: z.nullable(z.int()),
  failures: z.strictObject({
    total: z.int(),
    /** the first one of those that nothing delivered has ended; null: none */
    since: z.nullable(z.int()),
    last: z.nullable(Failure)
  })
});
export type Flow = z.infer<typeof Flow>;

/** What the dashboard knows of it. `flow` null: not known now, `failure` says why. Times here are of the dashboard's clock. */
export const FlowAnswer = z.strictObject({
  now: z.int(),
  flow: z.nullable(Flow),
  failure: z.nullable(z.enum(['unreachable', 'refused'])),
  /** when the ingest service was last heard at all; null: never since the dashboard's start */
  heard_at: z.nullable(z.int())
});
export type FlowAnswer = z.infer<typeof FlowAnswer>;
