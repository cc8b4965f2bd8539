/**
 * Everything derived against a recomputation from raw rows by the oracle, key by key. Reads all raw events into memory (≈ 1.5 kB
 * each): meant for up to a few million.
 */
import { z } from 'zod';
import { acceptedEvent, RawRow } from '#lib/contracts/events/accepted.ts';
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import type { KpiId } from '#lib/contracts/kpi.ts';
import { ok, type Result } from '#lib/contracts/result.ts';
import type { ClickHouseFailure, Reader } from '#sql/interface.server.ts';
import { loadQuery } from '#sql/queries.server.ts';
import {
  allocationsMade,
  moneyMovements,
  openInstalments,
  salesMovements,
  skuStates,
  stockMovements
} from './facts.ts';
import { accounts, ledger } from './oracle/ledger.ts';
import { happened } from './oracle/happened.ts';
import { receivables } from './oracle/receivables.ts';
import { skus } from './oracle/stock.ts';
import { accountReports, movementSums, productFacts, returnReceipts, stockCounts, streamsSeen } from './projections.ts';
import { readStored, STORED, STORED_TABLES, type StoredTable } from './stored.ts';
import { add, differences, type Difference, type Tally } from './tally.ts';

const RAW_PAGE = 20_000;
const ROWS_A_SLICE = 100_000;
const QUERY_TIMEOUT_MS = 120_000;

export type Checked = StoredTable | 'events_raw_v1' | 'events_by_key_v1' | 'account balances';

export interface TableReport {
  readonly table: Checked;
  /** keys compared, both sides together */
  readonly keys: number;
  readonly differences: readonly Difference[];
  /** what the columns of a difference's key are called */
  readonly columns: readonly string[];
  /** figures that read it */
  readonly figures: readonly KpiId[];
}
export interface VerifyReport {
  readonly events: number;
  readonly lastSeq: number;
  readonly tables: readonly TableReport[];
}
type Step<T> = Promise<Result<T, ClickHouseFailure>>;

async function lastSeqOf(reader: Reader): Step<number> {
  const answer = await reader.read(
    {
      name: 'raw_last_seq',
      sql: loadQuery('raw_last_seq'),
      params: z.object({}),
      row: z.object({ last_seq: z.int(), events: z.int() }),
      timeoutMs: QUERY_TIMEOUT_MS
    },
    {}
  );
  return answer.ok ? ok(answer.value[0]?.last_seq ?? 0) : answer;
}

async function readRaw(reader: Reader, lastSeq: number): Step<AcceptedEvent[]> {
  const events: AcceptedEvent[] = [];
  for (let from = 0; from <= lastSeq; from += RAW_PAGE) {
    const page = await reader.read(
      {
        name: 'raw_by_seq',
        sql: loadQuery('raw_by_seq'),
        params: z.object({ from: z.int(), through: z.int() }),
        row: RawRow,
        timeoutMs: QUERY_TIMEOUT_MS
      },
      { from, through: Math.min(from + RAW_PAGE - 1, lastSeq) }
    );
    if (!page.ok) return page;
    for (const row of page.value) events.push(acceptedEvent(row));
  }
  return ok(events);
}

/** What each table must hold; asked one after the other, so that only one is in memory. */
function expectedOf(events: readonly AcceptedEvent[]): Record<StoredTable, () => Tally> {
  const owed = receivables(events);
  return {
    money_movements_v1: () => moneyMovements(events),
    sales_movements_v1: () => salesMovements(events),
    stock_movements_v1: () => stockMovements(events),
    movement_sums_v1: () => movementSums(moneyMovements(events), salesMovements(events), events),
    receivable_state_v1: () => openInstalments(owed),
    payment_allocations_v1: () => allocationsMade(owed),
    sku_state_v1: () => skuStates(skus(events).values()),
    account_reports_v1: () => accountReports(events),
    stock_counts_v1: () => stockCounts(events),
    return_receipts_v1: () => returnReceipts(events),
    product_facts_v1: () => productFacts(events),
    stream_seen_v1: () => streamsSeen(events)
  };
}

/** One identity twice in the raw table would count twice everywhere. */
function rawReport(stored: readonly AcceptedEvent[]): TableReport {
  const expected: Tally = new Map();
  const found: Tally = new Map();
  for (const { source, id } of stored) {
    add(found, [source, id], [1]);
    expected.set(JSON.stringify([source, id]), [1]);
  }
  return {
    table: 'events_raw_v1',
    keys: found.size,
    differences: differences(expected, found),
    columns: ['source', 'id'],
    figures: []
  };
}

async function byKeyReport(reader: Reader): Step<TableReport> {
  const row = z.object({
    pairs_expected: z.int(),
    pairs_found: z.int(),
    fingerprint_expected: z.string(),
    fingerprint_found: z.string()
  });
  const answer = await reader.read(
    {
      name: 'verify_events_by_key',
      sql: loadQuery('verify_events_by_key'),
      params: z.object({}),
      row,
      timeoutMs: QUERY_TIMEOUT_MS
    },
    {}
  );
  if (!answer.ok) return answer;
  const differing: Difference[] = [];
  for (const { pairs_expected, pairs_found, fingerprint_expected, fingerprint_found } of answer.value)
    if (pairs_expected !== pairs_found || fingerprint_expected !== fingerprint_found)
      differing.push({ key: '["all"]', expected: [pairs_expected], found: [pairs_found] });
  return ok({
    table: 'events_by_key_v1',
    keys: answer.value[0]?.pairs_expected ?? 0,
    differences: differing,
    columns: ['rows'],
    figures: []
  });
}

/** The live query behind cash-position, which reads sums, minutes and rows, against the ledger added up. */
async function balancesReport(reader: Reader, events: readonly AcceptedEvent[]): Step<TableReport> {
  const row = z.object({ currency: z.string(), account: z.string(), balance_minor: z.int() });
  const answer = await reader.read(
    { name: 'cash_position', sql: loadQuery('cash_position'), params: z.object({}), row, timeoutMs: QUERY_TIMEOUT_MS },
    {}
  );
  if (!answer.ok) return answer;
  const expected: Tally = new Map();
  const found: Tally = new Map();
  for (const { currency, account, balance } of accounts(events, ledger(events)))
    add(expected, [currency, account], [balance]);
  for (const { currency, account, balance_minor } of answer.value) add(found, [currency, account], [balance_minor]);
  const keys = new Set([...expected.keys(), ...found.keys()]).size;
  return ok({
    table: 'account balances',
    keys,
    differences: differences(expected, found),
    columns: ['currency', 'account'],
    figures: ['cash-position']
  });
}

/**
 * Compares once. While ingest runs, differences may be a batch that is half derived: repeat before believing them.
 * @returns the reports of every table, equal ones too; a failure only when ClickHouse does not answer
 */
export async function verify(reader: Reader): Step<VerifyReport> {
  const last = await lastSeqOf(reader);
  if (!last.ok) return last;
  const raw = await readRaw(reader, last.value);
  if (!raw.ok) return raw;
  const events = happened(raw.value, null);
  const parts = Math.ceil(events.length / ROWS_A_SLICE) || 1;
  const tables: TableReport[] = [rawReport(raw.value)];
  const byKey = await byKeyReport(reader);
  if (!byKey.ok) return byKey;
  tables.push(byKey.value);
  const expected = expectedOf(events);
  for (const table of STORED_TABLES) {
    const found = await readStored(reader, table, parts);
    if (!found.ok) return found;
    const wanted = expected[table]();
    const { figures, columns } = STORED[table];
    const keys = new Set([...wanted.keys(), ...found.value.keys()]).size;
    tables.push({ table, keys, differences: differences(wanted, found.value), columns: Object.keys(columns), figures });
  }
  const balances = await balancesReport(reader, events);
  if (!balances.ok) return balances;
  tables.push(balances.value);
  return ok({ events: raw.value.length, lastSeq: last.value, tables });
}

export const differenceCount = ({ tables }: VerifyReport): number =>
  tables.reduce((count, table) => count + table.differences.length, 0);
