import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { freePort } from '#sql/embedded/start.server.ts';
import { startTestClickHouse } from '../support/clickhouse.ts';
import { eventually, isAlive } from '../support/eventually.ts';

const root = join(import.meta.dirname, '../..');
/** The first start may have to build the dashboard. */
const START_MS = 120_000;
let dataDir: string;
beforeEach(({ onTestFinished: whenFinished }) => {
  dataDir = mkdtempSync(join(tmpdir(), 'pulso-tree-'));
  // registered first, so run last: after everything that uses the folder has ended
  const folder = dataDir;
  whenFinished(() => rmSync(folder, { recursive: true, force: true }));
});

interface Tree {
  readonly supervisor: ChildProcess;
  readonly pid: number;
  readonly url: string;
  readonly ingestUrl: string;
}

async function start(settings: Readonly<Record<string, string>> = {}): Promise<Tree> {
  const [port, ingestPort] = [await freePort(), await freePort()];
  const supervisor = spawn(process.execPath, ['src/entry/pulso.ts'], {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      PORT: String(port),
      INGEST_PORT: String(ingestPort),
      DATA_DIR: dataDir,
      LOG_FORMAT: 'json',
      LOG_LEVEL: 'warn',
      ...settings
    },
    stdio: ['ignore', 'ignore', 'inherit']
  });
  const ended = new Promise<void>((settle) => supervisor.once('exit', () => settle()));
  onTestFinished(async () => {
    supervisor.kill('SIGTERM');
    await ended;
  });
  const [url, ingestUrl] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${ingestPort}`];
  await eventually('both serve', START_MS, async () => {
    if (supervisor.exitCode !== null) throw new Error(`the supervisor ended with ${supervisor.exitCode}`);
    return (await isServing(`${url}/readyz`)) && (await isServing(`${ingestUrl}/readyz`));
  });
  return { supervisor, pid: z.int().parse(supervisor.pid), url, ingestUrl };
}

function isServing(url: string): Promise<boolean> {
  return fetch(url, { headers: { connection: 'close' } }).then(
    (answer) => answer.ok,
    () => false
  );
}

/** The process ids below one process. */
function below(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const [, parent] = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${entry}/status`, 'utf8')) ?? [];
      parents.set(Number(entry), Number(parent));
    } catch {
      // ended meanwhile
    }
  }
  const children = [...parents].filter(([, parent]) => parent === pid).map(([child]) => child);
  return [...children, ...children.flatMap(below)];
}

test('SIGTERM drains the tree within 10 s and ends it with 0; nothing is left', { timeout: 240_000 }, async () => {
  const { supervisor, pid } = await start();
  const children = below(pid);
  expect(children.length).toBeGreaterThanOrEqual(3);
  const ended = new Promise((settle) => supervisor.once('exit', settle));
  const started = performance.now();
  supervisor.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(performance.now() - started).toBeLessThan(10_000);
  expect(children.filter(isAlive)).toEqual([]);
});

test(
  'killed in any part it comes back: a child alone, or the whole after its supervisor',
  { timeout: 240_000 },
  async () => {
    const first = await start();
    const children = below(first.pid);
    for (const child of children) {
      process.kill(child, 'SIGKILL');
      await eventually('the child is replaced and all serve', 30_000, async () => {
        const now = below(first.pid);
        return (
          now.length === children.length &&
          !now.includes(child) &&
          (await isServing(`${first.url}/readyz`)) &&
          (await isServing(`${first.ingestUrl}/readyz`))
        );
      });
    }
    const orphans = below(first.pid);
    first.supervisor.kill('SIGKILL');
    await eventually('no child outlives its supervisor', 10_000, () => orphans.every((child) => !isAlive(child)));
    await start();
  }
);

test('with CLICKHOUSE_URL it runs on that server and starts none of its own', { timeout: 240_000 }, async () => {
  const clickhouse = await startTestClickHouse({ migrated: false });
  onTestFinished(() => clickhouse.stop());
  const { url, username, password, database } = clickhouse.address;
  const { pid } = await start({
    CLICKHOUSE_URL: url,
    CLICKHOUSE_USER: username,
    CLICKHOUSE_PASSWORD: password,
    CLICKHOUSE_DATABASE: database
  });
  expect(below(pid)).toHaveLength(2);
  expect(readdirSync(dataDir)).not.toContain('clickhouse');
  const applied = {
    name: 'applied',
    sql: 'SELECT count() AS n FROM schema_migrations',
    params: z.strictObject({}),
    row: z.strictObject({ n: z.int().positive() }),
    timeoutMs: 5_000
  };
  expect(await clickhouse.reader.read(applied, {})).toMatchObject({ ok: true });
});
