/**
 * After an insert of raw rows that was repeated: looks for them, in their table and behind its views, and makes up for what ClickHouse
 * lost when it was killed between noting a token and putting the part in its place (see derive/landed.ts).
 */
import { z } from 'zod';
import { untilLanded } from '#ingest/derive/landed.ts';
import { linesOf } from '#ingest/journal/rows.ts';
import { fail, ok, type Result } from '#lib/contracts/result.ts';
import type { ClickHouseFailure, Writer } from '#sql/interface.server.ts';
import { loadQuery } from '#sql/queries.server.ts';
import { positionOf } from './refused.ts';

type Done = Promise<Result<void, ClickHouseFailure>>;

const TIMEOUT_MS = 60_000;
/** Beside the table: what is inserted here runs through none of its views. */
const ASIDE = 'events_raw_v1_aside';

const rawFound = () => ({
  name: 'raw_found',
  sql: loadQuery('raw_found'),
  params: z.object({ from: z.int(), through: z.int() }),
  row: z.object({ found: z.int(), unseen: z.int() }),
  timeoutMs: TIMEOUT_MS
});
const keyFound = () => ({
  name: 'key_found',
  sql: loadQuery('key_found'),
  params: z.object({ key: z.string(), seq: z.int() }),
  row: z.object({ found: z.int() }),
  timeoutMs: TIMEOUT_MS
});
const quarantineFound = () => ({
  name: 'quarantine_found',
  sql: loadQuery('quarantine_found'),
  params: z.object({ from: z.int(), through: z.int() }),
  row: z.object({ found: z.int() }),
  timeoutMs: TIMEOUT_MS
});

const RawLine = z.object({
  seq: z.int(),
  source: z.string(),
  id: z.string(),
  type: z.string(),
  stream: z.string(),
  time: z.int(),
  received_at: z.int(),
  currency: z.string(),
  keys: z.array(z.string()),
  data: z.string()
});
type RawLine = z.output<typeof RawLine>;
const rawLine = (line: Buffer): RawLine => RawLine.parse(JSON.parse(line.toString()));

function* keyRows(rows: Buffer): Generator<string> {
  for (const line of linesOf(rows)) {
    const { seq, source, id, type, time, received_at, keys, data } = rawLine(line);
    for (const key of keys) yield JSON.stringify({ key, seq, source, id, type, time, received_at, data });
  }
}

function seenRows(rows: Buffer): string[] {
  const seen = new Map<
    string,
    { stream: string; currency: string; first_time: number; last_time: number; events: number }
  >();
  for (const line of linesOf(rows)) {
    const { stream, currency, time } = rawLine(line);
    const row = seen.get(`${stream} ${currency}`);
    if (!row) {
      seen.set(`${stream} ${currency}`, { stream, currency, first_time: time, last_time: time, events: 1 });
      continue;
    }
    row.first_time = Math.min(row.first_time, time);
    row.last_time = Math.max(row.last_time, time);
    row.events++;
  }
  return [...seen.values()].map((row) => JSON.stringify(row));
}

/** The rows into their table and through none of its views, which have them already, each under its own token. */
async function putAside(writer: Writer, rows: Buffer): Done {
  const drop = `DROP TABLE IF EXISTS ${ASIDE} SYNC`;
  for (const step of [
    () => writer.command('raw_aside', drop),
    () => writer.command('raw_aside', `CREATE TABLE ${ASIDE} AS events_raw_v1`),
    () => writer.insert(ASIDE, rows, { token: 'aside' }),
    () => writer.command('raw_aside', `ALTER TABLE events_raw_v1 ATTACH PARTITION tuple() FROM ${ASIDE}`),
    () => writer.command('raw_aside', drop)
  ]) {
    const done = await step();
    if (!done.ok) return done;
  }
  return ok(undefined);
}

/**
 * @param rows NDJSON of events_raw_v1, never empty
 * @param token under which they were inserted
 */
export async function makeSureOfRaw(writer: Writer, rows: Buffer, token: string): Done {
  const lines = [...linesOf(rows)];
  const [first, last] = [lines[0], lines.at(-1)];
  if (!first || !last) return ok(undefined);
  const span = { from: positionOf(first), through: positionOf(last) };
  const look = async (): Promise<Result<{ readonly found: number; readonly unseen: number }, ClickHouseFailure>> => {
    const answer = await writer.read(rawFound(), span);
    return answer.ok ? ok(answer.value[0] ?? { found: 0, unseen: 0 }) : answer;
  };

  const raw = await untilLanded(
    async () => {
      const seen = await look();
      if (!seen.ok) return seen;
      if (seen.value.found === lines.length || seen.value.found === 0) return ok(seen.value.found > 0);
      const message = `${seen.value.found} of ${lines.length} events of a batch are stored; an insert should be there whole or not at all`;
      return fail({ kind: 'rejected', retryable: true, code: 'PARTLY_STORED', message });
    },
    () => putAside(writer, rows)
  );
  if (!raw.ok) return raw;

  const keyed = lines.map(rawLine).findLast(({ keys }) => keys.length > 0);
  const [key] = keyed?.keys ?? [];
  if (keyed && key !== undefined) {
    const byKey = await untilLanded(
      async () => {
        const answer = await writer.read(keyFound(), { key, seq: keyed.seq });
        return answer.ok ? ok((answer.value[0]?.found ?? 0) > 0) : answer;
      },
      (suffix) =>
        writer.insert('events_by_key_v1', [...keyRows(rows)].join('\n'), { token: `${token}:by-key${suffix}` })
    );
    if (!byKey.ok) return byKey;
  }
  return untilLanded(
    async () => {
      const seen = await look();
      return seen.ok ? ok(seen.value.unseen !== lines.length) : seen;
    },
    (suffix) => writer.insert('stream_seen_v1', seenRows(rows).join('\n'), { token: `${token}:seen${suffix}` })
  );
}

const PositionOfQuarantined = z.object({ quarantine_id: z.int() });

/** @param rows NDJSON of quarantine_v1, never empty */
export async function makeSureOfQuarantine(writer: Writer, rows: Buffer, token: string): Done {
  const positions = Array.from(
    linesOf(rows),
    (line) => PositionOfQuarantined.parse(JSON.parse(line.toString())).quarantine_id
  ).sort((a, b) => a - b);
  const span = { from: positions[0] ?? 0, through: positions.at(-1) ?? 0 };
  return untilLanded(
    async () => {
      const answer = await writer.read(quarantineFound(), span);
      return answer.ok ? ok((answer.value[0]?.found ?? 0) > 0) : answer;
    },
    (suffix) => writer.insert('quarantine_v1', rows, { token: `${token}${suffix}` })
  );
}
