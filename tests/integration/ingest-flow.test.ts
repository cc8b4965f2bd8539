/** `GET /internal/flow` over HTTP: clear, on the way, away, refusing and not known are told apart. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { startIngest } from '#ingest/service.ts';
import { createFollowingWriter } from '#ingest/shipper/following-writer.ts';
import { Flow } from '#lib/contracts/flow.ts';
import { flowState, type FlowState } from '#lib/domain/flow.ts';
import { cableForFile } from '../support/cable-for-file.ts';
import { eventually } from '../support/eventually.ts';
import { askInternal, post, send, shipped, startTestIngest } from '../support/ingest.ts';

const place = cableForFile();

async function start(journalBytesMax?: number): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'pulso-flow-'));
  const ingest = await startTestIngest({
    dataDir,
    clickhouse: () => place.cable.address,
    ...(journalBytesMax !== undefined && { journalBytesMax })
  });
  onTestFinished(async () => {
    place.cable.mend();
    await ingest.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  return ingest.url;
}
async function told(url: string): Promise<Flow> {
  const answer = await askInternal(url, '/flow');
  expect(answer.status).toBe(200);
  return Flow.parse(await answer.json());
}
async function standing(url: string): Promise<FlowState> {
  const flow = await told(url);
  return flowState({ now: flow.at, flow, failure: null, heard_at: flow.at });
}

let counter = 0;
const event = (note = ''): object => ({
  id: `f-${++counter}`,
  source: 'urn:flow',
  type: 'account.moved',
  time: '2026-11-20T12:00:00Z',
  data: { account: 'a', amount_minor: 1, currency: 'BRL', category: 'yield', note }
});
const events = (count: number): object[] => Array.from({ length: count }, () => event());

test('nothing waits once all is visible; while ClickHouse is away what waits is counted, since when, and on disk', async () => {
  const url = await start();
  await send(url, events(3));
  await shipped(url);
  await eventually('a clear flow', 10_000, async () => (await standing(url)).kind === 'clear');
  const clear = await told(url);
  expect(clear.journal).toMatchObject({ acknowledged: 3, visible: 3, waiting_since: null, is_writable: true });
  expect(clear.disk_free_bytes).toBeGreaterThan(0);
  expect(clear).toMatchObject({ clickhouse_away_since: null, failures: { since: null } });

  place.cable.cut();
  const cutAt = Date.now();
  await send(url, events(5));
  await eventually('an outage that is seen', 10_000, async () => (await standing(url)).kind === 'away');
  const away = await told(url);
  expect(away.clickhouse_away_since).toBeGreaterThanOrEqual(cutAt);
  expect(away.journal).toMatchObject({ acknowledged: 8, visible: 3 });
  const since = away.journal?.waiting_since ?? 0;
  expect(since).toBeGreaterThanOrEqual(cutAt);
  await eventually('a delivery that failed', 10_000, async () => (await told(url)).failures.total > 0);
  const later = await told(url);
  expect(later.failures.last?.step).toBe('insert');
  expect(later.failures.since).toBeGreaterThanOrEqual(cutAt);
  expect([later.journal?.waiting_since, later.clickhouse_away_since]).toEqual([since, away.clickhouse_away_since]);

  place.cable.mend();
  await shipped(url);
  await eventually('a clear flow again', 10_000, async () => (await standing(url)).kind === 'clear');
  // what failed stays told, and is over
  expect(await told(url)).toMatchObject({
    clickhouse_away_since: null,
    failures: { total: later.failures.total, since: null, last: { step: 'insert' } }
  });
});

test('a service that has not read its journal says that it does not know, and no zeros', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'pulso-flow-'));
  // a first start waits for ClickHouse
  const ingest = await startIngest({
    host: '127.0.0.1',
    port: 0,
    dataDir,
    internalToken: 'test-internal-token-0123456789',
    journalBytesMax: 64 * 1024 * 1024,
    findClickHouse: () => null,
    bootId: 'test',
    log: pino({ level: 'silent' }),
    now: Date.now,
    random: Math.random
  });
  onTestFinished(async () => {
    await ingest.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  const url = `http://127.0.0.1:${ingest.port}`;
  const flow = await told(url);
  expect(flow.journal).toBeNull();
  expect(flow.clickhouse_away_since).toBeGreaterThanOrEqual(flow.started_at);
  expect(await standing(url)).toEqual({ kind: 'starting' });
});

test('a clock that is set back hides no outage', async () => {
  const clock = { now: 3_600_000, elapsed: 0 };
  const writer = createFollowingWriter(
    () => place.cable.address,
    () => clock.now,
    () => clock.elapsed
  );
  onTestFinished(() => writer.close());
  expect(await writer.isWell(1_000)).toBe(true);
  place.cable.cut();
  onTestFinished(() => place.cable.mend());
  clock.now = 0;
  clock.elapsed = 999;
  expect(await writer.isWell(1_000)).toBe(true);
  clock.elapsed = 1_000;
  expect(await writer.isWell(1_000)).toBe(false);
});

test('a full journal that turns events away says so, and no longer when it takes some again', async () => {
  const url = await start(400_000);
  await send(url, events(1));
  await shipped(url);
  place.cable.cut();
  const heavy = (): string => JSON.stringify(Array.from({ length: 10 }, () => event('x'.repeat(10_000))));
  await eventually('a refusal', 20_000, async () => (await post(url, heavy())).status === 503);
  expect(await standing(url)).toMatchObject({ kind: 'refusing', why: 'full' });
  expect((await told(url)).journal).toMatchObject({ refused: { kind: 'full' } });
  place.cable.mend();
  await shipped(url);
  await eventually('room again', 20_000, async () => (await post(url, heavy())).status === 200);
  await shipped(url);
  await eventually('a clear flow', 10_000, async () => (await standing(url)).kind === 'clear');
});
