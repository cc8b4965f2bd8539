/** `/readyz` over HTTP: it says ready when events can be taken, and else what is to be done. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Problem } from '#lib/contracts/ingest.ts';
import { cableForFile } from '../support/cable-for-file.ts';
import { eventually } from '../support/eventually.ts';
import { launchIngest, post, send, spawnIngest, startTestIngest } from '../support/ingest.ts';

const place = cableForFile();

async function folder(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'pulso-readiness-'));
  onTestFinished(async () => {
    place.cable.mend();
    await rm(dataDir, { recursive: true, force: true });
  });
  return dataDir;
}
async function start(dataDir: string): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const ingest = await startTestIngest({ dataDir, clickhouse: () => place.cable.address });
  let isStopped = false;
  const stop = async (): Promise<void> => {
    if (!isStopped) await ingest.stop();
    isStopped = true;
  };
  onTestFinished(stop);
  return { url: ingest.url, stop };
}
/** 'ready', or why not */
async function readiness(url: string): Promise<string> {
  const answer = await fetch(`${url}/readyz`);
  if (answer.status === 200) return 'ready';
  return Problem.parse(await answer.json()).detail;
}

let counter = 0;
const events = (count: number): object[] =>
  Array.from({ length: count }, () => ({
    id: `y-${++counter}`,
    source: 'urn:readiness',
    type: 'account.moved',
    time: '2026-11-20T12:00:00Z',
    data: { account: 'a', amount_minor: 1, currency: 'BRL', category: 'yield' }
  }));

test('with ClickHouse away it is ready as long as the tables were right, for events are taken', async () => {
  const dataDir = await folder();
  const first = await start(dataDir);
  await eventually('readiness', 10_000, async () => (await readiness(first.url)) === 'ready');
  place.cable.cut();
  expect(await send(first.url, events(1))).toMatchObject({ stored: 1 });
  expect(await readiness(first.url)).toBe('ready');
  await first.stop();
  // nobody has told this one yet
  const second = await start(dataDir);
  expect(await send(second.url, events(1))).toMatchObject({ stored: 1 });
  expect(await readiness(second.url)).toContain('ClickHouse does not answer');
  place.cable.mend();
  await eventually('readiness again', 10_000, async () => (await readiness(second.url)) === 'ready');
});

test('tables of another build are told as such, also while ClickHouse is away afterwards', async () => {
  const { url } = await start(await folder());
  await eventually('readiness', 10_000, async () => (await readiness(url)) === 'ready');
  const run = (sql: string) => place.clickhouse.writer.command('test', sql);
  const newer = "INSERT INTO schema_migrations SELECT 9999, 'newer', repeat('0', 64), now64(3)";
  expect(await run(newer)).toMatchObject({ ok: true });
  onTestFinished(async () => {
    await run('DELETE FROM schema_migrations WHERE version = 9999');
  });
  expect(await readiness(url)).toContain('npm run db:migrate');
  place.cable.cut();
  expect(await readiness(url)).toContain('npm run db:migrate');
});

test('a start that waits for a ClickHouse that is away says so, and gives no remedy for tables it has not seen', async () => {
  place.cable.cut();
  const { child, exited, said } = launchIngest(await folder(), place.cable.address);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  await eventually('a line about waiting', 20_000, () => said().includes('"step":"schema"'));
  expect(said()).toContain('"kind":"unreachable"');
  expect(said()).not.toContain('db:migrate');
});

test('a full disk is not ready, and ready again by itself once a write would find room', async () => {
  const { url, child, kill } = await spawnIngest(await folder(), place.cable.address, { fileKib: 400 });
  onTestFinished(kill);
  await eventually('readiness', 10_000, async () => (await readiness(url)) === 'ready');
  let answer = await post(url, JSON.stringify(events(90)));
  for (let i = 0; answer.status === 200 && i < 100; i++) answer = await post(url, JSON.stringify(events(90)));
  expect(answer.status).toBe(503);
  expect(await readiness(url)).toContain('disk of the journal is full');
  expect(spawnSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited']).status).toBe(0);
  // no event is sent meanwhile: whoever asks for readiness sends none
  await eventually('readiness again', 5_000, async () => (await readiness(url)) === 'ready');
  expect(await send(url, events(90))).toMatchObject({ stored: 90 });
});
