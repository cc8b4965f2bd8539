/** The demo's world through the real ingest service into a real ClickHouse: what the product then holds is what the world's books say. */
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { startIngest, type Ingest } from '#ingest/service.ts';
import type { Tally } from '#ingest/simulator/courier.ts';
import { Stage } from '#ingest/simulator/stage.ts';
import { readStory, STORY_VERSION, writeStory, type Story } from '#ingest/simulator/story.ts';
import { createWorld } from '#ingest/simulator/world.ts';
import { untilVisible } from '../../src/entry/demo/visible.ts';
import { startTestClickHouse, type TestClickHouse } from '../support/clickhouse.ts';

const KEY = 'demo-test-key-0123456789';
const TOKEN = 'internal-token-0123456789';
const DAY_MS = 86_400_000;
/** a Tuesday at eleven in São Paulo */
const NOW = Date.parse('2026-11-24T14:00:00Z');

let clickhouse: TestClickHouse;
let ingest: Ingest;
let folder: string;
let url: string;
/** the demo's clock */
let now = NOW;

const begun: Story = {
  version: STORY_VERSION,
  seed: 23,
  scenario: 'calm-day',
  timezone: 'America/Sao_Paulo',
  calendar: 'BR',
  start: NOW - 4 * DAY_MS,
  end: NOW,
  sent_through: 0,
  live: [],
  ingest_key: KEY,
  users: []
};
const world = () => createWorld({ seed: begun.seed, start: begun.start, end: begun.end, scenario: begun.scenario });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pulso-demo-'));
  clickhouse = await startTestClickHouse();
  ingest = await startIngest({
    host: '127.0.0.1',
    port: 0,
    dataDir: join(folder, 'ingest'),
    internalToken: TOKEN,
    apiKey: KEY,
    journalBytesMax: 1024 ** 3,
    findClickHouse: () => clickhouse.address,
    log: pino({ level: 'silent' }),
    // the same clock, so that nothing of it is ahead; it moves on, as the service's waits need
    now: () => Math.round(now + performance.now()),
    random: Math.random,
    bootId: 'test'
  });
  await ingest.ready;
  url = `http://127.0.0.1:${ingest.port}`;
});
afterAll(async () => {
  await ingest.stop();
  await clickhouse.stop();
  await rm(folder, { recursive: true, force: true });
});

const stageOf = (story: Story, signal: AbortSignal): Stage =>
  new Stage(story, {
    clock: () => now,
    target: { url, key: KEY, patienceMs: 30_000, signal, onWait: () => undefined },
    save: (changed) => writeStory(join(folder, 'data'), changed)
  });
const kept = (): Story => {
  const story = readStory(join(folder, 'data'));
  if (!story.ok || story.value === null) throw new Error('no story was kept');
  return story.value;
};
async function figure(name: string, sql: string): Promise<number> {
  const result = await clickhouse.reader.read(
    { name, sql, params: z.object({}), row: z.object({ value: z.coerce.number() }), timeoutMs: 10_000 },
    {}
  );
  if (!result.ok) throw new Error(result.failure.message);
  return result.value[0]?.value ?? 0;
}
const visible = (): Promise<boolean> => untilVisible(url, TOKEN, AbortSignal.timeout(50_000));
const storedEvents = (): Promise<number> => figure('events', 'SELECT toString(count()) AS value FROM events_raw_v1');
const openReceivables = (): Promise<number> =>
  figure('open', 'SELECT toString(sum(sign * open_minor)) AS value FROM receivable_state_v1');
const onHand = (): Promise<number> =>
  figure('on_hand', 'SELECT toString(sum(on_hand)) AS value FROM sku_state_v1 FINAL');

test('a short history is stored whole, and derived receivables and stock equal the business’s own books', async () => {
  const tally = await stageOf(begun, AbortSignal.timeout(50_000)).catchUp(() => undefined);
  expect(tally.sent).toBeGreaterThan(10_000);
  expect(tally.stored).toBe(tally.sent);
  expect(await visible()).toBe(true);
  const grown = world();
  expect([...grown.until(NOW)].length).toBe(tally.sent);
  expect(await storedEvents()).toBe(tally.sent);
  expect(await openReceivables()).toBe(grown.books().receivablesOpenMinor);
  expect(await onHand()).toBe(grown.books().unitsOnHand);
});

test('what is sent again is known, and changes nothing', async () => {
  const before = await storedEvents();
  const tally = await stageOf({ ...kept(), sent_through: 0 }, AbortSignal.timeout(50_000)).catchUp(() => undefined);
  expect(tally).toEqual({ sent: before, stored: 0, duplicate: before });
});

test('live traffic goes on from there, and a demo started again tells only the gap', async () => {
  const leave = new AbortController();
  const seen: Tally[] = [];
  const stage = new Stage(kept(), {
    // two seconds pass at each look: a minute and a half in all
    clock: () => {
      now += 2000;
      if (now > NOW + 90_000) leave.abort();
      return now;
    },
    target: { url, key: KEY, patienceMs: 30_000, signal: leave.signal, onWait: () => undefined },
    save: (changed) => writeStory(join(folder, 'data'), changed)
  });
  await stage.catchUp(() => undefined);
  await stage.live(1, (tally) => seen.push(tally)).catch(() => undefined);
  expect(seen.reduce((sum, { stored }) => sum + stored, 0)).toBeGreaterThan(80);

  const story = kept();
  expect(story.live).toHaveLength(1);
  expect(story.live[0]?.to).toBeGreaterThan(now);
  now += 3_600_000;
  const gap = await stageOf(story, AbortSignal.timeout(50_000)).catchUp(() => undefined);
  expect(gap.stored).toBeGreaterThan(0);
  expect(gap.sent).toBeLessThan(3000);
  expect(await visible()).toBe(true);

  const grown = world();
  let events = 0;
  for (const { from, to, rate_min } of story.live) {
    for (const _ of grown.until(from - 1)) events++;
    grown.live(from, rate_min).extend(to);
  }
  for (const _ of grown.until(now)) events++;
  expect(await storedEvents()).toBe(events);
  expect(await openReceivables()).toBe(grown.books().receivablesOpenMinor);
  expect(await onHand()).toBe(grown.books().unitsOnHand);
});

test('a folder that holds other data is refused, and nothing in it is touched', async () => {
  const other = await mkdtemp(join(folder, 'other-'));
  await writeFile(join(other, 'secrets.json'), '{}');
  const before = (await stat(other)).mtimeMs;
  expect(readStory(other)).toEqual({ ok: false, failure: { kind: 'other_data', retryable: false, path: other } });
  expect((await stat(other)).mtimeMs).toBe(before);
});

test('a damaged or foreign marker is refused, a missing folder is new', async () => {
  const damaged = await mkdtemp(join(folder, 'damaged-'));
  await writeFile(join(damaged, 'demo.json'), JSON.stringify({ ...begun, version: 99 }));
  expect(readStory(damaged)).toMatchObject({ ok: false, failure: { kind: 'unreadable' } });
  expect(readStory(join(folder, 'not-there'))).toEqual({ ok: true, value: null });
});
