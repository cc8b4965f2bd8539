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
import { loadQuery } from '#sql/queries.server.ts';

const TIMEOUT_MS = 30_000;

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
    limit: z.int(),
    with_raw: z.boolean()
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

/** @param allowance what the asking key may see */
export async function readRows(
  reader: Reader,
  { raw, limit, ...filter }: QuarantineFilter,
  { sources, types }: Allowance
): Promise<Result<QuarantineRows, ClickHouseFailure>> {
  const params = { ...ANY, ...filter, sources: [...sources], types: [...types], limit: limit + 1 };
  const answer = await reader.read(rowsQuery(), { ...params, with_raw: raw === 'true' });
  if (!answer.ok) return answer;
  const rows: QuarantineRow[] = answer.value.slice(0, limit);
  return ok({ rows, next_before: answer.value.length > limit ? (rows.at(-1)?.quarantine_id ?? null) : null });
}

/** Those of the ids that there are, open or closed, with their raw text. */
export async function readByIds(
  reader: Reader,
  ids: readonly number[],
  { sources, types }: Allowance
): Promise<Result<Map<number, QuarantineRow>, ClickHouseFailure>> {
  const params = {
    ...ANY,
    status: 'any',
    ids: [...ids],
    sources: [...sources],
    types: [...types],
    limit: ids.length,
    with_raw: true
  };
  const answer = await reader.read(rowsQuery(), params);
  return answer.ok ? ok(new Map(answer.value.map((row) => [row.quarantine_id, row]))) : answer;
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
