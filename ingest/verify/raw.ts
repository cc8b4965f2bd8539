/** The raw events, and the two comparisons that ClickHouse itself can make or answer. */
import { z } from 'zod';
import { acceptedEvent, RawRow } from '#lib/contracts/events/accepted.ts';
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { ok, type Result } from '#lib/contracts/result.ts';
import type { ClickHouseFailure, Reader } from '#sql/interface.server.ts';
import { loadQuery } from '#sql/queries.server.ts';
import { add, type Difference, type Tally } from './tally.ts';
import type { TableReport } from './table-report.ts';

const RAW_PAGE = 20_000;
const QUERY_TIMEOUT_MS = 120_000;
type Step<T> = Promise<Result<T, ClickHouseFailure>>;

const question = <P extends z.ZodType, R extends z.ZodType>(name: string, params: P, row: R) => ({
  name,
  sql: loadQuery(name),
  params,
  row,
  timeoutMs: QUERY_TIMEOUT_MS
});

/** The newest journal position in the raw table; 0: none. */
export async function lastSeqOf(reader: Reader): Step<number> {
  const row = z.object({ last_seq: z.int(), events: z.int() });
  const answer = await reader.read(question('raw_last_seq', z.object({}), row), {});
  return answer.ok ? ok(answer.value[0]?.last_seq ?? 0) : answer;
}

/** Events at positions [from, through], in journal order, page by page. */
export async function readRaw(reader: Reader, from: number, through: number): Step<AcceptedEvent[]> {
  const events: AcceptedEvent[] = [];
  const params = z.object({ from: z.int(), through: z.int() });
  for (let start = from; start <= through; start += RAW_PAGE) {
    const window = { from: start, through: Math.min(start + RAW_PAGE - 1, through) };
    const page = await reader.read(question('raw_by_seq', params, RawRow), window);
    if (!page.ok) return page;
    for (const row of page.value) events.push(acceptedEvent(row));
  }
  return ok(events);
}

const Pairs = z.object({
  pairs_expected: z.int(),
  pairs_found: z.int(),
  fingerprint_expected: z.string(),
  fingerprint_found: z.string()
});

/** events_by_key_v1 against the keys of the raw rows, by count and fingerprint. */
export async function compareByKey(reader: Reader, through: number): Step<TableReport> {
  const answer = await reader.read(question('verify_events_by_key', z.object({ through: z.int() }), Pairs), {
    through
  });
  if (!answer.ok) return answer;
  const differing: Difference[] = [];
  for (const { pairs_expected, pairs_found, fingerprint_expected, fingerprint_found } of answer.value)
    if (pairs_expected !== pairs_found || fingerprint_expected !== fingerprint_found)
      differing.push({ key: '["all"]', expected: [pairs_expected], found: [pairs_found] });
  const keys = answer.value[0]?.pairs_expected ?? 0;
  return ok({ table: 'events_by_key_v1', keys, moving: 0, differences: differing, columns: ['rows'], figures: [] });
}

/** What the live query behind cash-position answers: currency, account → balance. */
export async function readBalances(reader: Reader): Step<Tally> {
  const row = z.object({ currency: z.string(), account: z.string(), balance_minor: z.int() });
  const answer = await reader.read(question('cash_position', z.object({}), row), {});
  if (!answer.ok) return answer;
  const tally: Tally = new Map();
  for (const { currency, account, balance_minor } of answer.value) add(tally, [currency, account], [balance_minor]);
  return ok(tally);
}
