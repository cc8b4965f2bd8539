/** What the views on events_raw_v1 should have written and did not: after a loss, figures would be made of too little. */
import { z } from 'zod';
import { ok, type Result } from '#lib/contracts/result.ts';
import type { ClickHouseFailure, Writer } from '#sql/interface.server.ts';
import { loadQuery } from '#sql/queries.server.ts';

const TIMEOUT_MS = 10 * 60_000;
const POSITIONS_AT_ONCE = 1_000_000;

const incompleteKeys = () => ({
  name: 'keys_incomplete',
  sql: loadQuery('keys_incomplete'),
  params: z.object({ through: z.int(), at_once: z.int() }),
  row: z.object({ first: z.int() }),
  timeoutMs: TIMEOUT_MS
});

// without tokens: what is there already is left out by the question itself
const ADD_KEYS = `
INSERT INTO events_by_key_v1 (key, seq, source, id, type, time, received_at, data)
SETTINGS insert_deduplicate = 0
SELECT key, seq, source, id, type, time, received_at, data
FROM events_raw_v1
ARRAY JOIN keys AS key
WHERE seq BETWEEN {first: UInt64} AND {last: UInt64}
    AND (key, seq) NOT IN (SELECT key, seq FROM events_by_key_v1 WHERE seq BETWEEN {first: UInt64} AND {last: UInt64})`;
const ADD_SEEN = `
INSERT INTO stream_seen_v1 (stream, currency, first_time, last_time, events)
SETTINGS insert_deduplicate = 0
SELECT raw.stream, raw.currency, raw.first_time, raw.last_time, raw.events - seen.events
FROM
(
    SELECT stream, currency, min(time) AS first_time, max(time) AS last_time, count() AS events
    FROM events_raw_v1
    GROUP BY stream, currency
) AS raw
LEFT JOIN
(
    SELECT stream, currency, sum(events) AS events
    FROM stream_seen_v1
    GROUP BY stream, currency
) AS seen ON raw.stream = seen.stream AND raw.currency = seen.currency
WHERE raw.events > seen.events`;

/**
 * Adds what is missing; call while nothing is shipped.
 * @param through raw rows behind it are still to be shipped again
 */
export async function completeViewsOfRaw(writer: Writer, through: number): Promise<Result<void, ClickHouseFailure>> {
  const incomplete = await writer.read(incompleteKeys(), { through, at_once: POSITIONS_AT_ONCE });
  if (!incomplete.ok) return incomplete;
  for (const { first } of incomplete.value) {
    const last = Math.min(first + POSITIONS_AT_ONCE - 1, through);
    const added = await writer.command('complete_keys', ADD_KEYS, { params: { first, last }, timeoutMs: TIMEOUT_MS });
    if (!added.ok) return added;
  }
  const seen = await writer.command('complete_seen', ADD_SEEN, { timeoutMs: TIMEOUT_MS });
  return seen.ok ? ok(undefined) : seen;
}
