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

interface Listed {
  /** without its text */
  readonly row: QuarantineRow;
  /** of its text */
  readonly bytes: number;
}

const stake = { amount_minor: z.int().nullable(), amount_currency: z.string().nullable() };
const rowsQuery = () => ({
  name: 'quarantine_rows',
  sql: loadQuery('quarantine_rows'),
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
  row: z
    .strictObject({
      ...stake,
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
      raw_bytes: z.int()
    })
    .transform(({ received_ms: received_at, amount_currency: currency, raw_bytes: bytes, ...row }): Listed => ({
      row: { ...row, received_at, currency, raw: null },
      bytes
    })),
  timeoutMs: TIMEOUT_MS
});
const rawQuery = () => ({
  name: 'quarantine_raw',
  sql: loadQuery('quarantine_raw'),
  params: z.strictObject({ ids: z.array(z.int()) }),
  row: z.strictObject({ quarantine_id: z.int(), raw: z.string() }),
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
function pageOf<T extends Pick<Listed, 'bytes'>>(listed: readonly T[]): readonly T[] {
  let together = 0;
  const end = listed.findIndex(({ bytes }, index) => (together += bytes) > RAW_BYTES_MAX && index > 0);
  return end === -1 ? listed : listed.slice(0, end);
}

/** @param turns one reading at a time, each of a page: many at once would be as much as none bounded */
async function readTexts(
  reader: Reader,
  turns: Mutex,
  ids: number[]
): Promise<Result<ReadonlyMap<number, string>, ClickHouseFailure>> {
  if (ids.length === 0) return ok(new Map());
  const answer = await turns.run(() => reader.read(rawQuery(), { ids }));
  return answer.ok ? ok(new Map(answer.value.map(({ quarantine_id, raw }) => [quarantine_id, raw]))) : answer;
}

const withText = (row: QuarantineRow, texts: ReadonlyMap<number, string>): QuarantineRow => ({
  ...row,
  raw: texts.get(row.quarantine_id) ?? null
});

/**
 * A page ends at its limit, or where the texts together are as much as may be held.
 * @param turns of all readings of texts
 * @param allowance what the asking key may see
 */
export async function readRows(
  reader: Reader,
  turns: Mutex,
  { raw, limit, ...filter }: QuarantineFilter,
  { sources, types }: Allowance
): Promise<Result<QuarantineRows, ClickHouseFailure>> {
  const params = { ...ANY, ...filter, sources: [...sources], types: [...types], limit: limit + 1 };
  const answer = await reader.read(rowsQuery(), params);
  if (!answer.ok) return answer;
  const listed = answer.value.slice(0, limit);
  const page = raw === 'true' ? pageOf(listed) : listed;
  let rows = page.map(({ row }) => row);
  if (raw === 'true') {
    const texts = await readTexts(
      reader,
      turns,
      rows.map(({ quarantine_id }) => quarantine_id)
    );
    if (!texts.ok) return texts;
    rows = rows.map((row) => withText(row, texts.value));
  }
  return ok({ rows, next_before: answer.value.length > rows.length ? (rows.at(-1)?.quarantine_id ?? null) : null });
}

/** What there is of an id that was asked for: open or closed; undefined: nothing. */
export interface Found {
  readonly id: number;
  readonly row: QuarantineRow | undefined;
}

/**
 * The rows of these ids, in their order, as many at a time as have texts that may be held together.
 * @param needsText whether the row's text is wanted
 */
export async function* readByIds(
  reader: Reader,
  turns: Mutex,
  ids: readonly number[],
  { sources, types }: Allowance,
  needsText: (row: QuarantineRow) => boolean
): AsyncGenerator<Result<readonly Found[], ClickHouseFailure>> {
  const which = { status: 'any', ids: [...ids], sources: [...sources], types: [...types], limit: ids.length };
  const answer = await reader.read(rowsQuery(), { ...ANY, ...which });
  if (!answer.ok) {
    yield answer;
    return;
  }
  const listed = new Map(answer.value.map((one) => [one.row.quarantine_id, one]));
  let rest = ids.map((id) => {
    const one = listed.get(id);
    return { id, row: one?.row, bytes: one && needsText(one.row) ? one.bytes : 0 };
  });
  while (rest.length > 0) {
    const page = pageOf(rest);
    rest = rest.slice(page.length);
    const texts = await readTexts(
      reader,
      turns,
      page.filter(({ bytes }) => bytes > 0).map(({ id }) => id)
    );
    if (!texts.ok) {
      yield texts;
      return;
    }
    yield ok(page.map(({ id, row }) => ({ id, row: row && withText(row, texts.value) })));
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
