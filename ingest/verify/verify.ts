/**
 * Everything derived against a recomputation from raw rows by the oracle, key by key. Holds all raw events in memory (≈ 2 kB each,
 * 300 k take about 20 s): meant for up to a few million.
 *
 * Ingest may go on meanwhile. What was stored when we began is compared; keys that events arriving while we look change are left out,
 * and counted: their rows may be of either time.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import type { KpiId } from '#lib/contracts/kpi.ts';
import { ok, type Result } from '#lib/contracts/result.ts';
import type { ClickHouseFailure, Reader } from '#sql/interface.server.ts';
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
import { compareByKey, lastSeqOf, readBalances, readRaw } from './raw.ts';
import { readStored, STORED, STORED_TABLES, type StoredTable } from './stored.ts';
import { differenceCount, type TableReport, type VerifyReport } from './table-report.ts';
import { add, changedKeys, differences, type Tally } from './tally.ts';

const ROWS_A_SLICE = 100_000;

type Step<T> = Promise<Result<T, ClickHouseFailure>>;
type Expected = (events: readonly AcceptedEvent[]) => Tally;

/** What each table must hold. */
const EXPECTED: Readonly<Record<StoredTable, Expected>> = {
  money_movements_v1: moneyMovements,
  sales_movements_v1: salesMovements,
  stock_movements_v1: stockMovements,
  movement_sums_v1: (events) => movementSums(moneyMovements(events), salesMovements(events), events),
  receivable_state_v1: (events) => openInstalments(receivables(events)),
  payment_allocations_v1: (events) => allocationsMade(receivables(events)),
  sku_state_v1: (events) => skuStates(skus(events).values()),
  account_reports_v1: accountReports,
  stock_counts_v1: stockCounts,
  return_receipts_v1: returnReceipts,
  product_facts_v1: productFacts,
  stream_seen_v1: streamsSeen
};

const expectedBalances: Expected = (events) => {
  const tally: Tally = new Map();
  for (const { currency, account, balance } of accounts(events, ledger(events)))
    add(tally, [currency, account], [balance]);
  return tally;
};

/** One identity twice in the raw table would count twice everywhere. */
function rawReport(stored: readonly AcceptedEvent[]): TableReport {
  const expected: Tally = new Map();
  const found: Tally = new Map();
  for (const { source, id } of stored) {
    add(found, [source, id], [1]);
    expected.set(JSON.stringify([source, id]), [1]);
  }
  const differing = differences(expected, found);
  const columns = ['source', 'id'];
  return { table: 'events_raw_v1', keys: found.size, moving: 0, differences: differing, columns, figures: [] };
}

interface Check {
  readonly table: StoredTable | 'account balances';
  readonly columns: readonly string[];
  readonly figures: readonly KpiId[];
  readonly expected: Expected;
  readonly read: () => Step<Tally>;
}

/** What was stored when we began, and what has arrived since. */
interface Ground {
  readonly reader: Reader;
  readonly lastSeq: number;
  readonly raw: readonly AcceptedEvent[];
}

async function compare(ground: Ground, { table, columns, figures, expected, read }: Check): Step<TableReport> {
  const stored = await read();
  if (!stored.ok) return stored;
  const since = await lastSeqOf(ground.reader);
  if (!since.ok) return since;
  const arrived = await readRaw(ground.reader, ground.lastSeq + 1, since.value);
  if (!arrived.ok) return arrived;
  const wanted = expected(happened(ground.raw, null));
  const moving =
    arrived.value.length === 0
      ? new Set<string>()
      : changedKeys(wanted, expected(happened([...ground.raw, ...arrived.value], null)));
  const differing = differences(wanted, stored.value).filter(({ key }) => !moving.has(key));
  const keys = new Set([...wanted.keys(), ...stored.value.keys()]).size;
  return ok({ table, keys, moving: moving.size, differences: differing, columns, figures });
}

/**
 * Compares once.
 * @param settleMs how long the last batch stored may take to be derived; 0 when ingest does not run
 * @returns the reports of every table, equal ones too; a failure only when ClickHouse does not answer
 */
export async function verify(reader: Reader, settleMs = 0): Step<VerifyReport> {
  const last = await lastSeqOf(reader);
  if (!last.ok) return last;
  const raw = await readRaw(reader, 0, last.value);
  if (!raw.ok) return raw;
  await pause(settleMs);
  const ground = { reader, lastSeq: last.value, raw: raw.value };
  const parts = Math.ceil(raw.value.length / ROWS_A_SLICE) || 1;
  const byKey = await compareByKey(reader, last.value);
  if (!byKey.ok) return byKey;
  const tables: TableReport[] = [rawReport(raw.value), byKey.value];
  const checks: Check[] = STORED_TABLES.map((table) => ({
    table,
    columns: Object.keys(STORED[table].columns),
    figures: STORED[table].figures,
    expected: EXPECTED[table],
    read: () => readStored(reader, table, parts)
  }));
  checks.push({
    table: 'account balances',
    columns: ['currency', 'account'],
    figures: ['cash-position'],
    expected: expectedBalances,
    read: () => readBalances(reader)
  });
  for (const check of checks) {
    const report = await compare(ground, check);
    if (!report.ok) return report;
    tables.push(report.value);
  }
  return ok({ events: raw.value.length, lastSeq: last.value, tables });
}

/**
 * Compares, and looks again where something differs: a row may have come and gone between two batches while we looked. Only what
 * differs both times is told.
 */
export async function verifyTwice(reader: Reader, settleMs: number): Step<VerifyReport> {
  const first = await verify(reader, settleMs);
  if (!first.ok || differenceCount(first.value) === 0) return first;
  const second = await verify(reader, settleMs);
  if (!second.ok) return second;
  const before = new Map(
    first.value.tables.map(({ table, differences: found }) => [table, new Set(found.map(({ key }) => key))])
  );
  const tables = second.value.tables.map((report) => ({
    ...report,
    differences: report.differences.filter(({ key }) => before.get(report.table)?.has(key))
  }));
  return ok({ ...second.value, tables });
}
