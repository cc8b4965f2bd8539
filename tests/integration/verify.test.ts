/** db:verify on a real database: equal where nothing was touched, and one altered row of any table is found. */
import { execFile } from 'node:child_process';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { rebuild } from '#ingest/derive/rebuild.ts';
import { reportLines } from '#ingest/verify/report.ts';
import type { StoredTable } from '#ingest/verify/stored.ts';
import type { Checked } from '#ingest/verify/table-report.ts';
import { verify, verifyTwice } from '#ingest/verify/verify.ts';
import { startTestClickHouse, type TestClickHouse } from '../support/clickhouse.ts';
import { accept } from '../support/generator.ts';
import { world } from '../support/generator-worlds.ts';
import { ship } from '../support/ship.ts';

/** One column a table that a mutation may change (keys may not). */
const COLUMNS: Readonly<Record<StoredTable, string>> = {
  money_movements_v1: 'amount_minor',
  sales_movements_v1: 'amount_minor',
  stock_movements_v1: 'quantity',
  movement_sums_v1: 'amount_minor',
  receivable_state_v1: 'open_minor',
  payment_allocations_v1: 'amount_minor',
  sku_state_v1: 'on_hand',
  account_reports_v1: 'balance_minor',
  stock_counts_v1: 'quantity',
  return_receipts_v1: 'quantity',
  product_facts_v1: 'received',
  stream_seen_v1: 'events'
};
const TABLES = Object.entries(COLUMNS);

let database: TestClickHouse;
beforeAll(async () => {
  database = await startTestClickHouse();
  // a world whose every table has rows
  const [found] = fc.sample(world(8), { seed: 24, numRuns: 1 });
  if (found === undefined) throw new Error('no world');
  await ship(database.writer, accept(found.heap), found.shipping);
});
afterAll(() => database.stop());

async function command(sql: string): Promise<void> {
  const done = await database.writer.command('test', sql);
  if (!done.ok) throw new Error(done.failure.message);
}
async function differing(): Promise<Checked[]> {
  const answer = await verify(database.reader);
  if (!answer.ok) throw new Error(answer.failure.message);
  return answer.value.tables.filter(({ differences }) => differences.length > 0).map(({ table }) => table);
}

function runCommand(): Promise<{ readonly code: number; readonly out: string }> {
  const { url, username, password, database: name } = database.address;
  const env = {
    ...process.env,
    CLICKHOUSE_URL: url,
    CLICKHOUSE_USER: username,
    CLICKHOUSE_PASSWORD: password,
    CLICKHOUSE_DATABASE: name
  };
  return new Promise((resolve) => {
    execFile(process.execPath, ['ingest/cli/verify.ts'], { env, timeout: 50_000 }, (error, stdout) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out: stdout })
    );
  });
}

it('finds nothing where nothing was touched, and compared something of every table', async () => {
  const answer = await verify(database.reader);
  if (!answer.ok) throw new Error(answer.failure.message);
  expect(await differing(), reportLines(answer.value).join('\n')).toEqual([]);
  for (const { table, keys } of answer.value.tables) expect(keys, table).toBeGreaterThan(0);
});

/** Merged into one part, so that an offset names one row. */
const alterFirstRow = (table: string, column: string, by: '+ 1' | '- 1'): Promise<void> =>
  command(`ALTER TABLE ${table} UPDATE ${column} = ${column} ${by} WHERE _part_offset = 0 SETTINGS mutations_sync = 2`);

describe('one row altered by 1 is found, and nothing once it is put back', () => {
  it.each(TABLES)('%s', async (table, column) => {
    await command(`OPTIMIZE TABLE ${table} FINAL`);
    await alterFirstRow(table, column, '+ 1');
    expect(await differing()).toContain(table);
    await alterFirstRow(table, column, '- 1');
    expect(await differing()).toEqual([]);
  });
});

it('a sum too many is a wrong balance: account and figures are named', async () => {
  const add = (amount: number): Promise<void> =>
    command(`INSERT INTO movement_sums_v1
      SELECT * REPLACE(toDateTime('2026-03-01', 'UTC') AS start, toDateTime('2026-03-01', 'UTC') AS known_start, ${amount} AS amount_minor, 0 AS base_minor, 0 AS rows)
      FROM movement_sums_v1 WHERE measure = 'ledger' AND grain = 'day' ORDER BY currency, account LIMIT 1`);
  await add(7);
  const answer = await verify(database.reader);
  if (!answer.ok) throw new Error(answer.failure.message);
  const text = reportLines(answer.value).join('\n');
  expect(text).toMatch(
    /account balances \(figures: cash-position\)\n {2}currency=\S+ account=\S+: expected -?\d+, found -?\d+/
  );
  expect(text).toMatch(/movement_sums_v1 \(figures: .*cash-in-today/);
  await add(-7);
  expect(await differing()).toEqual([]);
});

it('the command ends with 0 and Equal; with 1, naming table, figures, key and difference, once a row is gone', async () => {
  const before = await runCommand();
  expect(before.out).toContain('Equal.');
  expect(before.code).toBe(0);

  await command('CREATE TABLE kept AS receivable_state_v1');
  await command('INSERT INTO kept SELECT * FROM receivable_state_v1');
  await command('ALTER TABLE receivable_state_v1 DELETE WHERE _part_offset = 0 SETTINGS mutations_sync = 2');
  const after = await runCommand();
  expect(after.code).toBe(1);
  expect(after.out).toMatch(/receivable_state_v1 \(figures: receivables-open/);
  expect(after.out).toMatch(/invoice_id=\S+ .*: expected 1, found none/);
  await command('EXCHANGE TABLES kept AND receivable_state_v1');
  await command('DROP TABLE kept SYNC');
  expect(await differing()).toEqual([]);
});

it('finds nothing wrong while events go on arriving, though it sees them', async () => {
  const live = await startTestClickHouse();
  onTestFinished(() => live.stop());
  const [found] = fc.sample(world(8), { seed: 7, numRuns: 1 });
  if (found === undefined) throw new Error('no world');
  const state = { isShipping: true };
  const shipping = ship(live.writer, accept(found.heap), { batches: [3] }).finally(() => (state.isShipping = false));
  let looks = 0;
  let moving = 0;
  while (state.isShipping) {
    const answer = await verifyTwice(live.reader, 300);
    if (!answer.ok) throw new Error(answer.failure.message);
    looks += 1;
    for (const table of answer.value.tables) {
      moving += table.moving;
      expect(table.differences, table.table).toEqual([]);
    }
  }
  await shipping;
  expect(looks).toBeGreaterThan(1);
  expect(moving).toBeGreaterThan(0);
});

it('a rebuild makes up for what the views on the raw table lost, and for the figures made without it', async () => {
  await command('ALTER TABLE events_by_key_v1 DELETE WHERE seq % 5 = 0 SETTINGS mutations_sync = 2');
  await command(
    "ALTER TABLE stream_seen_v1 DELETE WHERE stream = (SELECT any(stream) FROM events_raw_v1 WHERE stream != '') SETTINGS mutations_sync = 2"
  );
  await command('ALTER TABLE receivable_state_v1 DELETE WHERE 1 SETTINGS mutations_sync = 2');
  expect(await differing()).toEqual(
    expect.arrayContaining(['events_by_key_v1', 'stream_seen_v1', 'receivable_state_v1'])
  );
  const rebuilt = await rebuild({ writer: database.writer, exclusive: (last) => last() });
  expect(rebuilt).toMatchObject({ ok: true });
  expect(await differing()).toEqual([]);
});

it('an event that stands twice in the raw table is found, and so is one missing under a key', async () => {
  await command('ALTER TABLE events_by_key_v1 DELETE WHERE _part_offset = 0 SETTINGS mutations_sync = 2');
  expect(await differing()).toEqual(['events_by_key_v1']);
  await command('INSERT INTO events_raw_v1 SELECT * FROM events_raw_v1 ORDER BY seq LIMIT 1');
  expect(await differing()).toContain('events_raw_v1');
});
