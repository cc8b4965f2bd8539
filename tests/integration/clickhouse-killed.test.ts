/**
 * ClickHouse notes an insert's token and puts the part in its place afterwards. Killed in between it comes back with a token for rows that
 * are nowhere. Here just that is done: the newest part of a table is taken from under a killed server, and the batch is repeated.
 */
import fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { DERIVED_TABLES } from '#ingest/derive/columns.ts';
import { readState, writeState, type JournalState } from '#ingest/journal/state.ts';
import { accepted } from '#ingest/verify/oracle/events.fixture.ts';
import { reportLines } from '#ingest/verify/report.ts';
import { verify } from '#ingest/verify/verify.ts';
import { startEmbedded, type Embedded } from '#sql/embedded/start.server.ts';
import { createWriter } from '#sql/gateway.server.ts';
import type { Writer } from '#sql/interface.server.ts';
import { migrate } from '#sql/migrate.server.ts';
import { silentLog } from '../support/clickhouse.ts';
import { accept, NOW } from '../support/generator.ts';
import { world } from '../support/generator-worlds.ts';
import { rows, send, shipped as allShipped, startTestIngest } from '../support/ingest.ts';
import { shipBatch, startDeriver } from '../support/ship.ts';

const TABLES = ['events_raw_v1', 'events_by_key_v1', 'stream_seen_v1', ...DERIVED_TABLES];
const EVENTS_A_BATCH = 20;

let dataDir: string;
let embedded: Embedded;
let writer: Writer;
let events: readonly AcceptedEvent[];
let shipped = 0;

/** Nothing melts together here: what a batch wrote is a part of its own. */
async function start(): Promise<void> {
  embedded = await startEmbedded({ dataDir, log: silentLog });
  writer = createWriter(embedded.address);
  const done = await migrate(embedded.address, { now: Date.now() });
  if (!done.ok) throw new Error(done.failure.message);
  await command('SYSTEM STOP MERGES');
}
async function command(sql: string): Promise<void> {
  const done = await writer.command('test', sql);
  if (!done.ok) throw new Error(done.failure.message);
}
async function mergeAll(tables: readonly string[]): Promise<void> {
  await command('SYSTEM START MERGES');
  for (const table of tables) await command(`OPTIMIZE TABLE ${table} FINAL`);
  await command('SYSTEM STOP MERGES');
}
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pulso-killed-'));
  await start();
  const [found] = fc.sample(world(60), { seed: 11, numRuns: 1 });
  events = accept(found?.heap ?? { sent: [] });
  await shipBatch(writer, await startDeriver(writer), take(60));
});
afterAll(async () => {
  await writer.close();
  await embedded.stop();
  await rm(dataDir, { recursive: true, force: true });
});

function take(count: number): readonly AcceptedEvent[] {
  const batch = events.slice(shipped, shipped + count);
  shipped += batch.length;
  return batch;
}

const Part = z.object({ table: z.string(), path: z.string(), block: z.int() });
async function newestParts(): Promise<ReadonlyMap<string, z.infer<typeof Part>>> {
  const sql = `SELECT table, argMax(path, max_block_number) AS path, toInt64(max(max_block_number)) AS block
    FROM system.parts WHERE database = currentDatabase() AND active GROUP BY table`;
  const parts = z.array(Part).parse(await rows(writer, sql));
  return new Map(parts.map((part) => [part.table, part]));
}

async function killWithout(paths: readonly string[]): Promise<void> {
  const gone = new Promise<void>((settle) => embedded.onExit(() => settle()));
  embedded.kill();
  await gone;
  await writer.close();
  for (const path of paths) await rm(path, { recursive: true });
  await start();
}

async function expectExact(): Promise<void> {
  const answer = await verify(writer);
  if (!answer.ok) throw new Error(answer.failure.message);
  const differing = answer.value.tables.filter(({ differences }) => differences.length > 0).map(({ table }) => table);
  expect(differing, reportLines(answer.value).join('\n')).toEqual([]);
}

/** Ships a batch. @returns where the part is that it wrote to each of the tables; none: not to all of them */
async function partsOf(tables: readonly string[], batch: readonly AcceptedEvent[]) {
  const before = await newestParts();
  await shipBatch(writer, await startDeriver(writer), batch);
  const after = await newestParts();
  const written = tables.flatMap((table) => {
    const part = after.get(table);
    return part && part.block > (before.get(table)?.block ?? 0) ? [part.path] : [];
  });
  return { batch, written: written.length === tables.length ? written : [] };
}
/** Ships batches until one has written to all of the tables. */
async function batchThatWrites(tables: readonly string[]) {
  for (;;) {
    const batch = take(EVENTS_A_BATCH);
    if (batch.length === 0) throw new Error(`no batch left that writes to ${tables.join(', ')}`);
    const found = await partsOf(tables, batch);
    if (found.written.length > 0) return found;
  }
}

test.each([...TABLES.map((table) => [table]), ['events_by_key_v1', 'stream_seen_v1'], TABLES.slice(3, 7)])(
  'the part of a killed insert that its token outlived is made up for: %s',
  async (...tables) => {
    const { batch, written } = await batchThatWrites(tables);
    await killWithout(written);
    await shipBatch(writer, await startDeriver(writer), batch, true);
    await expectExact();
    // and nothing twice, however often it is repeated and whatever has melted together meanwhile
    await mergeAll(tables);
    await shipBatch(writer, await startDeriver(writer), batch, true);
    await expectExact();
  }
);

test.each([
  ['as they are', 1],
  ['merged', 2]
] as const)('so is that of rows which only take leave of others, %s', async (state, n) => {
  // behind all of the world's
  const seq = (events.at(-1)?.seq ?? 0) + 2 * n;
  const about = { source: 'killed', time: NOW, received_at: NOW };
  const installments = [{ number: 1, due_date: '2026-03-01', amount_minor: 700 }];
  const data = { invoice_id: `k${n}`, customer_id: 'k', currency: 'BRL', installments };
  const issued = accepted({ ...about, seq, id: `i${n}`, type: 'invoice.issued', data });
  const cancelled = accepted({
    ...about,
    seq: seq + 1,
    id: `c${n}`,
    type: 'invoice.cancelled',
    data: { invoice_id: `k${n}` }
  });
  await shipBatch(writer, await startDeriver(writer), [issued]);
  const { written } = await partsOf(['receivable_state_v1'], [cancelled]);
  await killWithout(written);
  await shipBatch(writer, await startDeriver(writer), [cancelled], true);
  await expectExact();
  if (state === 'merged') await mergeAll(['receivable_state_v1']);
  await shipBatch(writer, await startDeriver(writer), [cancelled], true);
  await expectExact();
});

/** Ingest as it runs; it has taken these events, one of them for quarantine, and all are in every figure. */
async function taken(sent: readonly object[]): Promise<{ readonly from: number; readonly through: number }> {
  const ingest = await startTestIngest({ dataDir, clickhouse: () => embedded.address });
  const { shipped: before } = await stateOf();
  expect(await send(ingest.url, sent)).toMatchObject({ stored: sent.length - 1, quarantined: 1 });
  await allShipped(ingest.url);
  await ingest.stop();
  return { from: before + 1, through: (await stateOf()).shipped };
}
const journalDir = (): string => join(dataDir, 'journal');
async function stateOf(): Promise<JournalState> {
  const state = await readState(journalDir());
  if (!state) throw new Error('no journal');
  return state;
}

test('a service that starts again behind such a kill looks for what it repeats, in quarantine too', async () => {
  const tables = ['events_by_key_v1', 'money_movements_v1', 'movement_sums_v1', 'quarantine_v1'];
  const sent = Array.from({ length: 20 }, (_, n) => ({
    id: `w${n}`,
    source: 'urn:killed',
    type: n === 7 ? 'nobody.knows' : 'payment.settled',
    time: new Date(NOW + n).toISOString(),
    data: { payment_id: `w${n}`, account: 'bank', amount_minor: 100 + n, fee_minor: 0, currency: 'BRL', method: 'pix' }
  }));
  const before = await newestParts();
  const { from, through } = await taken(sent);
  const after = await newestParts();
  const written = tables.map((table) => after.get(table) ?? { table, path: '', block: 0 });
  for (const { table, block } of written) expect(block, table).toBeGreaterThan(before.get(table)?.block ?? 0);
  // as it was when the last of these inserts was under way
  await writeState(journalDir(), {
    ...(await stateOf()),
    shipped: from - 1,
    synced: from - 1,
    batch: { from, through }
  });
  await killWithout(written.map(({ path }) => path));
  const ingest = await startTestIngest({ dataDir, clickhouse: () => embedded.address });
  await allShipped(ingest.url);
  await ingest.stop();
  await expectExact();
  expect(await rows(writer, 'SELECT count() AS waiting FROM quarantine_v1 FINAL')).toEqual([{ waiting: 1 }]);
});
