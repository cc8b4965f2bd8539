/** What ClickHouse says of quarantine. */
import { z } from 'zod';
import { QUARANTINE_CODES } from '#lib/contracts/ingest.ts';
import {
  QUARANTINE_STATUSES,
  type QuarantineFilter,
  RESOLVED_DAYS,
  type QuarantineReasons,
  type QuarantineRow,
  type QuarantineRows
} from '#lib/contracts/quarantine.ts';
import { ok, type Result } from '#lib/contracts/result.ts';
import type { ClickHouseFailure, Reader } from '#sql/interface.server.ts';
import type { Allowance } from '#ingest/decode/event.ts';
import type { Mutex } from '#ingest/shipper/mutex.ts';
import { loadQuery } from '#sql/queries.server.ts';

const TIMEOUT_MS = 30_000;

/** Of texts held together: they are parsed and written in one turn of the event loop, in which nothing is acknowledged. */
const RAW_BYTES_MAX = 8 * 1024 * 1024;

const pageQuery = () => ({
  name: 'quarantine_page',
  sql: loadQuery('quarantine_page'),
  params: z.strictObject({
    status: z.string(),
    code: z.string(),
    source: z.string(),
    sources: z.array(z.string()),
    type: z.string(),
    types: z.array(z.string()),
    id: z.string(),
    ids: z.array(z.int()),
    before: z.int(),
    limit: z.int()
  }),
  row: z.strictObject({ quarantine_id: z.int(), status: z.enum(QUARANTINE_STATUSES), raw_bytes: z.int() }),
  timeoutMs: TIMEOUT_MS
});
const rowsQuery = () => ({
  name: 'quarantine_rows',
  sql: loadQuery('quarantine_rows'),
  params: z.strictObject({ ids: z.array(z.int()), texts_of: z.array(z.int()) }),
  row: z
    .strictObject({
      quarantine_id: z.int(),
      source: z.string(),
      id: z.string(),
      type: z.string(),
      received_ms: z.int(),
      code: z.enum(QUARANTINE_CODES),
      path: z.string(),
      message: z.string(),
      key_id: z.string(),
      status: z.enum(QUARANTINE_STATUSES),
      amount_minor: z.int().nullable(),
      amount_currency: z.string().nullable(),
      raw_text: z.string().nullable()
    })
    .transform(({ received_ms: received_at, amount_currency: currency, raw_text: raw, ...row }) => ({
      ...row,
      received_at,
      currency,
      raw
    })),
  timeoutMs: TIMEOUT_MS
});
const reasonsQuery = () => ({
  name: 'quarantine_reasons',
  sql: loadQuery('quarantine_reasons'),
  params: z.strictObject({}),
  row: z
    .strictObject({
      code: z.enum(QUARANTINE_CODES),
      source: z.string(),
      amount_currency: z.string().nullable(),
      events: z.int(),
      amount_minor: z.int()
    })
    .transform(({ amount_currency: currency, ...row }) => ({ ...row, currency })),
  timeoutMs: TIMEOUT_MS
});

const resolvedQuery = () => ({
  name: 'quarantine_resolved',
  sql: loadQuery('quarantine_resolved'),
  params: z.strictObject({ since: z.int() }),
  row: z.strictObject({ code: z.enum(QUARANTINE_CODES), source: z.string(), events: z.int() }),
  timeoutMs: TIMEOUT_MS
});
const openQuery = () => ({
  name: 'quarantine_open_count',
  sql: loadQuery('quarantine_open_count'),
  params: z.strictObject({}),
  row: z.strictObject({ events: z.int() }),
  timeoutMs: TIMEOUT_MS
});

const ANY = { code: '', source: '', sources: [], type: '', types: [], id: '', ids: [], before: 0 };

/** The first of them, whose texts may be held together: at least one. */
function pageOf<T extends { readonly bytes: number }>(listed: readonly T[]): readonly T[] {
  let together = 0;
  const end = listed.findIndex(({ bytes }, index) => (together += bytes) > RAW_BYTES_MAX && index > 0);
  return end === -1 ? listed : listed.slice(0, end);
}

/** @param turns of all readings with texts, each of a page: many at once would be as much as none bounded */
async function readPage(
  reader: Reader,
  turns: Mutex,
  ids: number[],
  texts_of: number[]
): Promise<Result<QuarantineRow[], ClickHouseFailure>> {
  if (ids.length === 0) return ok([]);
  const read = (): Promise<Result<QuarantineRow[], ClickHouseFailure>> => reader.read(rowsQuery(), { ids, texts_of });
  return texts_of.length > 0 ? turns.run(read) : read();
}

/**
 * A page ends at its limit, or where the texts together are as much as may be held.
 * @param turns of all readings with texts
 * @param allowance what the asking key may see
 */
export async function readRows(
  reader: Reader,
  turns: Mutex,
  { raw, limit, ...filter }: QuarantineFilter,
  { sources, types }: Allowance
): Promise<Result<QuarantineRows, ClickHouseFailure>> {
  const params = { ...ANY, ...filter, sources: [...sources], types: [...types], limit: limit + 1 };
  const answer = await reader.read(pageQuery(), params);
  if (!answer.ok) return answer;
  const listed = answer.value
    .slice(0, limit)
    .map(({ quarantine_id: id, raw_bytes }) => ({ id, bytes: raw === 'true' ? raw_bytes : 0 }));
  const ids = pageOf(listed).map(({ id }) => id);
  const rows = await readPage(reader, turns, ids, raw === 'true' ? ids : []);
  if (!rows.ok) return rows;
  return ok({ rows: rows.value, next_before: answer.value.length > ids.length ? (ids.at(-1) ?? null) : null });
}

/** What there is of an id that was asked for: open or closed; undefined: nothing. */
export interface Found {
  readonly id: number;
  readonly row: QuarantineRow | undefined;
}

/**
 * The rows of these ids, in their order, as many at a time as have texts that may be held together.
 * @param needsText whether the text of an open row is wanted
 */
export async function* readByIds(
  reader: Reader,
  turns: Mutex,
  ids: readonly number[],
  { sources, types }: Allowance,
  needsText: (id: number) => boolean
): AsyncGenerator<Result<readonly Found[], ClickHouseFailure>> {
  const which = { status: 'any', ids: [...ids], sources: [...sources], types: [...types], limit: ids.length };
  const answer = await reader.read(pageQuery(), { ...ANY, ...which });
  if (!answer.ok) {
    yield answer;
    return;
  }
  const listed = new Map(answer.value.map((one) => [one.quarantine_id, one]));
  let rest = ids.map((id) => {
    const one = listed.get(id);
    return { id, isThere: one !== undefined, bytes: one?.status === 'open' && needsText(id) ? one.raw_bytes : 0 };
  });
  while (rest.length > 0) {
    const page = pageOf(rest);
    rest = rest.slice(page.length);
    const idsOf = (which: readonly { readonly id: number }[]): number[] => which.map(({ id }) => id);
    const there = idsOf(page.filter(({ isThere }) => isThere));
    const rows = await readPage(reader, turns, there, idsOf(page.filter(({ bytes }) => bytes > 0)));
    if (!rows.ok) {
      yield rows;
      return;
    }
    const found = new Map(rows.value.map((row) => [row.quarantine_id, row]));
    yield ok(page.map(({ id }) => ({ id, row: found.get(id) })));
  }
}

const DAY_MS = 86_400_000;

/** @param now epoch ms */
export async function readReasons(reader: Reader, now: number): Promise<Result<QuarantineReasons, ClickHouseFailure>> {
  const [reasons, resolved] = await Promise.all([
    reader.read(reasonsQuery(), {}),
    reader.read(resolvedQuery(), { since: now - RESOLVED_DAYS * DAY_MS })
  ]);
  if (!reasons.ok) return reasons;
  return resolved.ok ? ok({ reasons: reasons.value, resolved: resolved.value }) : resolved;
}

export async function readOpen(reader: Reader): Promise<Result<number, ClickHouseFailure>> {
  const answer = await reader.read(openQuery(), {});
  return answer.ok ? ok(answer.value[0]?.events ?? 0) : answer;
}
