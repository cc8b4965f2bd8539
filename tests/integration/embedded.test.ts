import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { borrowClickHouse } from '#sql/embedded/borrow.server.ts';
import { findRunning } from '#sql/embedded/running.server.ts';
import { freePort, startEmbedded } from '#sql/embedded/start.server.ts';
import type { Embedded } from '#sql/embedded/start.server.ts';
import { superviseEmbedded } from '#sql/embedded/supervise.server.ts';
import { createWriter } from '#sql/gateway.server.ts';
import type { ClickHouseAddress, Query, Writer } from '#sql/interface.server.ts';
import { silentLog } from '../support/clickhouse.ts';
import { eventually, isAlive } from '../support/eventually.ts';
import { abuse, MALFORMED, WAYS_TO_CLOSE } from '../support/malformed.ts';
import { treeOf } from '../support/process-tree.ts';

const log = silentLog;
let dataDir: string;
beforeEach(({ onTestFinished: whenFinished }) => {
  dataDir = mkdtempSync(join(tmpdir(), 'pulso-embedded-'));
  // registered first, so run last: after everything that uses the folder has ended
  const folder = dataDir;
  whenFinished(() => rmSync(folder, { recursive: true, force: true }));
});

async function start(): Promise<Embedded> {
  const embedded = await startEmbedded({ dataDir, log });
  onTestFinished(() => embedded.stop());
  return embedded;
}

function writerOf(address: ClickHouseAddress): Writer {
  const writer = createWriter(address);
  onTestFinished(() => writer.close());
  return writer;
}

const ROWS = {
  name: 'rows',
  sql: 'SELECT count() AS n, uniqExact(x) AS different FROM kept_v1',
  params: z.strictObject({}),
  row: z.strictObject({ n: z.int(), different: z.int() }),
  timeoutMs: 10_000
} satisfies Query;

async function createTable(writer: Writer): Promise<void> {
  const sql =
    'CREATE TABLE kept_v1 (x UInt64) ENGINE = MergeTree ORDER BY x SETTINGS non_replicated_deduplication_window = 1000';
  expect(await writer.command('test', sql)).toMatchObject({ ok: true });
}

/** Inserts one row at a time until told to stop; returns how many were acknowledged. */
function insertContinuously(writer: Writer, firstValue: number) {
  const state = { going: true };
  let acknowledged = 0;
  const done = (async () => {
    for (let value = firstValue; state.going; value += 1) {
      const answer = await writer.insert('kept_v1', `{"x":${value}}`, { token: `t${value}` });
      if (answer.ok) acknowledged += 1;
      else if (!answer.failure.retryable) throw new Error(answer.failure.message);
    }
  })();
  return {
    acknowledged: () => acknowledged,
    stop: async () => {
      state.going = false;
      await done;
      return acknowledged;
    }
  };
}

async function stored(writer: Writer) {
  const answer = await writer.read(ROWS, {});
  if (!answer.ok) throw new Error(answer.failure.message);
  return answer.value[0];
}

/** A process of its own that starts the embedded server, to be killed. */
async function startInParent(): Promise<{ parent: number; pid: number; address: ClickHouseAddress; kill(): void }> {
  const parent = spawn(
    process.execPath,
    [join(import.meta.dirname, '..', 'support/processes/embedded-parent.ts'), dataDir],
    {
      stdio: ['ignore', 'pipe', 'inherit']
    }
  );
  onTestFinished(() => void parent.kill('SIGKILL'));
  const Started = z.object({
    pid: z.int(),
    address: z.object({ url: z.string(), username: z.string(), password: z.string(), database: z.string() })
  });
  for await (const line of createInterface({ input: parent.stdout })) {
    return {
      ...Started.parse(JSON.parse(line)),
      parent: z.int().parse(parent.pid),
      kill: () => void parent.kill('SIGKILL')
    };
  }
  throw new Error('the parent ended without a word');
}

test('it answers as ours, tells where it is in a file only we can read, stops cleanly and keeps its rows', async () => {
  const first = await start();
  expect(await findRunning(dataDir)).toMatchObject({ ...first.address, pid: first.pid });
  expect(statSync(join(dataDir, 'clickhouse.json')).mode & 0o777).toBe(0o600);
  const writer = writerOf(first.address);
  await createTable(writer);
  await writer.insert('kept_v1', '{"x":1}\n{"x":2}', { token: 'a' });
  const exits: unknown[] = [];
  first.onExit((exit) => exits.push(exit));
  await first.stop();
  expect(exits).toEqual([{ code: 0, signal: null, asked: true }]);
  expect(existsSync(join(dataDir, 'clickhouse.json'))).toBe(false);
  expect(isAlive(first.pid)).toBe(false);

  const second = await start();
  expect(second.address.password).not.toBe(first.address.password);
  expect(await stored(writerOf(second.address))).toEqual({ n: 2, different: 2 });
});

test('it listens on loopback only and keeps its password out of the command line', async () => {
  const { pid, address } = await start();
  const port = Number(new URL(address.url).port).toString(16).toUpperCase().padStart(4, '0');
  const listening = ['/proc/net/tcp', '/proc/net/tcp6']
    .flatMap((table) => readFileSync(table, 'utf8').split('\n'))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === '0A' && local?.endsWith(`:${port}`));
  expect(listening.map(([, local]) => local)).toEqual([`0100007F:${port}`]);
  expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain(address.password);
});

test('all of its threads stand behind the processes that acknowledge', async () => {
  const { pid } = await start();
  const nice = readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    try {
      return [getPriority(Number(thread))];
    } catch {
      return []; // threads come and go
    }
  });
  expect(nice.length).toBeGreaterThan(10);
  // where it may, ClickHouse sets the one that watches its memory before everyone
  expect(new Set(nice.filter((value) => value !== -20))).toEqual(new Set([15]));
});

test('it leaves /dev/null to everyone: the prompt takes the rights of others to its history, which is a file of our own', async () => {
  const modeOf = (file: string): number => statSync(file).mode & 0o777;
  const before = modeOf('/dev/null');
  const embedded = await start();
  await embedded.stop();
  expect(modeOf('/dev/null')).toBe(before);
  expect(modeOf(join(dataDir, 'clickhouse-config/prompt-history'))).toBe(0o600);
});

test('malformed connections of 11 kinds × 3 ways to close × 10, while inserting, leave the same process running and lose no row', async () => {
  const { pid, address } = await start();
  const writer = writerOf(address);
  await createTable(writer);
  const inserting = insertContinuously(writer, 0);
  const port = Number(new URL(address.url).port);
  expect(Object.keys(MALFORMED)).toHaveLength(11);
  for (const bytes of Object.values(MALFORMED)) {
    for (const way of WAYS_TO_CLOSE) await Promise.all(Array.from({ length: 10 }, () => abuse(port, bytes, way)));
  }
  const acknowledged = await inserting.stop();
  expect(acknowledged).toBeGreaterThan(10);
  expect(await stored(writer)).toEqual({ n: acknowledged, different: acknowledged });
  expect(await findRunning(dataDir)).toMatchObject({ pid });
});

test('kill -9 in the middle of inserts keeps every acknowledged row, and a retry under its token counts once', async () => {
  let next = 0;
  let acknowledged = 0;
  for (const round of [1, 2, 3]) {
    const embedded = await start();
    const writer = writerOf(embedded.address);
    if (round === 1) await createTable(writer);
    // what may have arrived without an answer is sent again under its token
    if (round > 1)
      expect(await writer.insert('kept_v1', `{"x":${next}}`, { token: `t${next}` })).toMatchObject({ ok: true });
    const before = await stored(writer);
    expect(before).toEqual({ n: next + (round > 1 ? 1 : 0), different: next + (round > 1 ? 1 : 0) });
    next += round > 1 ? 1 : 0;
    const gone = new Promise<void>((settle) => embedded.onExit(() => settle()));
    acknowledged = 0;
    for (;;) {
      const inserted = writer.insert('kept_v1', `{"x":${next}}`, { token: `t${next}` });
      if (acknowledged === 20 + round * 7) process.kill(embedded.pid, 'SIGKILL');
      const answer = await inserted;
      if (!answer.ok) break;
      acknowledged += 1;
      next += 1;
    }
    await gone;
    expect(isAlive(embedded.pid)).toBe(false);
  }
});

test('it dies with its parent, however that died, tables closed, and the next start finds everything', async () => {
  const { pid, address, kill, parent } = await startInParent();
  const writer = writerOf(address);
  await createTable(writer);
  await writer.insert('kept_v1', '{"x":1}', { token: 'a' });
  kill();
  await eventually('the parent is gone', 5_000, () => !isAlive(parent));
  // at once: the start waits for the one that is leaving
  const next = await start();
  expect(isAlive(pid)).toBe(false);
  expect(await stored(writerOf(next.address))).toEqual({ n: 1, different: 1 });
});

test('a second one on the same folder is refused, naming the process that has it, and the first goes on', async () => {
  const first = await start();
  await expect(startEmbedded({ dataDir, log })).rejects.toThrow(`process ${first.pid}`);
  expect(await writerOf(first.address).ping()).toBe(true);
});

test('a port that answers as somebody else is refused', async () => {
  const other = createServer((_request, answer) => answer.end('pulso 0123\n'));
  await new Promise<void>((settle) => other.listen(0, '127.0.0.1', settle));
  onTestFinished(() => void other.close());
  const bound = other.address();
  const port = bound !== null && typeof bound === 'object' ? bound.port : 0;
  await expect(startEmbedded({ dataDir, log, port })).rejects.toThrow(/another ClickHouse|ended while starting/);
});

test('with queries still running and sockets idle it stops within its 10 s, rows kept', async () => {
  const embedded = await start();
  const writer = writerOf(embedded.address);
  await createTable(writer);
  await writer.insert('kept_v1', '{"x":1}', { token: 'a' });
  const slow = {
    ...ROWS,
    sql: 'SELECT sleepEachRow(0.1) AS n, 1 AS different FROM numbers(600) SETTINGS max_block_size = 1',
    timeoutMs: 60_000
  };
  const running = writer.read(slow, {});
  const processes = {
    ...ROWS,
    sql: "SELECT count() AS n, 1 AS different FROM system.processes WHERE query LIKE '%sleepEachRow%' AND query_id != queryID()"
  };
  await eventually('the slow query runs', 5_000, async () => {
    const answer = await writer.read(processes, {});
    return answer.ok && answer.value[0]?.n === 1;
  });
  const started = performance.now();
  await embedded.stop();
  expect(performance.now() - started).toBeLessThan(6_000);
  expect(await running).toMatchObject({ ok: false, failure: { retryable: true } });
  expect(await stored(writerOf((await start()).address))).toEqual({ n: 1, different: 1 });
});

test('after a crash it is back on the same port with the same password, and clients go on', async () => {
  const supervised = await superviseEmbedded({ dataDir, log });
  onTestFinished(() => supervised.stop());
  const writer = writerOf(supervised.address);
  await createTable(writer);
  const inserting = insertContinuously(writer, 0);
  await eventually('rows are acknowledged', 5_000, () => inserting.acknowledged() > 5);
  const crashed = z.int().parse(supervised.pid());
  process.kill(crashed, 'SIGKILL');
  const pid = await eventually('another process runs', 10_000, () =>
    supervised.pid() === crashed ? null : supervised.pid()
  );
  expect(pid).not.toBe(crashed);
  const seen = inserting.acknowledged();
  await eventually('rows are acknowledged again', 10_000, () => inserting.acknowledged() > seen + 5);
  const acknowledged = await inserting.stop();
  // an insert cut off without an answer may be there as well
  const { n, different } = z.object({ n: z.int(), different: z.int() }).parse(await stored(writer));
  expect(n).toBe(different);
  expect(n).toBeGreaterThanOrEqual(acknowledged);
});

test('one that lives and answers nobody is ended and started again', async () => {
  const supervised = await superviseEmbedded({ dataDir, log, silenceMs: 600 });
  onTestFinished(() => supervised.stop());
  const frozen = z.int().parse(supervised.pid());
  process.kill(frozen, 'SIGSTOP');
  const next = await eventually('another process runs', 15_000, () =>
    supervised.pid() === frozen ? null : supervised.pid()
  );
  expect(isAlive(frozen)).toBe(false);
  expect(isAlive(next)).toBe(true);
  expect(await writerOf(supervised.address).ping()).toBe(true);
});

test('one whose record cannot be written, as on a full disk, is ended again: it would hold port and store, found by nobody', async () => {
  const port = await freePort();
  // where the record is written before it takes its name
  mkdirSync(join(dataDir, 'clickhouse.json.tmp'));
  const before = new Set(treeOf(process.pid));
  await expect(startEmbedded({ dataDir, port, log })).rejects.toThrow('EISDIR');
  expect(treeOf(process.pid).filter((pid) => !before.has(pid))).toEqual([]);
  rmdirSync(join(dataDir, 'clickhouse.json.tmp'));
  const embedded = await startEmbedded({ dataDir, port, log });
  await embedded.stop();
});

test('one that keeps crashing is given up with a reason, not restarted for ever', async () => {
  const limit = { restartsMax: 2, windowMs: 60_000 };
  const supervised = await superviseEmbedded({ dataDir, log, limit });
  onTestFinished(() => supervised.stop());
  const crashed = new Set<number>();
  const reason = supervised.gaveUp.then((error) => error.message);
  for (const round of [1, 2, 3]) {
    const pid = await eventually(`process ${round} runs`, 10_000, () => {
      const now = supervised.pid();
      return now !== null && !crashed.has(now) ? now : null;
    });
    crashed.add(pid);
    process.kill(pid, 'SIGKILL');
  }
  expect(await reason).toContain('restarted 2 times within 60 s');
  expect(supervised.pid()).toBeNull();
});

test('a command works on the running one and leaves it running, or starts one for as long as it lasts', async () => {
  const own = await borrowClickHouse({ clickhouse: null, dataDir, log });
  expect(await writerOf(own.address).ping()).toBe(true);
  await own.giveBack();
  expect(await findRunning(dataDir)).toBeNull();

  const running = await start();
  const borrowed = await borrowClickHouse({ clickhouse: null, dataDir, log });
  expect(borrowed.address).toEqual(running.address);
  await borrowed.giveBack();
  expect(await writerOf(running.address).ping()).toBe(true);

  const url = `http://127.0.0.1:${await freePort()}`;
  const elsewhere = { ...running.address, url };
  expect((await borrowClickHouse({ clickhouse: elsewhere, dataDir, log })).address).toEqual(elsewhere);
});
