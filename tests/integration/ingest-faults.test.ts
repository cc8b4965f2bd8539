import { spawn } from 'node:child_process';
import { request } from 'node:http';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { startTestClickHouse, type TestClickHouse } from '../support/clickhouse.ts';
import { eventually, isAlive } from '../support/eventually.ts';
import {
  API_KEY,
  askInternal,
  post,
  rows,
  send,
  shipped,
  spawnIngest,
  startCable,
  startTestIngest,
  type Cable,
  type IngestProcess,
  type IngestProcessOptions,
  type TestIngest
} from '../support/ingest.ts';

let clickhouse: TestClickHouse;
beforeAll(async () => {
  clickhouse = await startTestClickHouse();
});
afterAll(() => clickhouse.stop());

interface Place {
  readonly clickhouse: TestClickHouse;
  readonly cable: Cable;
  readonly dataDir: string;
}

/** A database and a folder of its own, behind a connection that can be cut. */
async function place(): Promise<Place> {
  const own = await startTestClickHouse();
  const cable = await startCable(own.address);
  const dataDir = await mkdtemp(join(tmpdir(), 'pulso-ingest-faults-'));
  onTestFinished(async () => {
    await cable.close();
    await own.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  return { clickhouse: own, cable, dataDir };
}

async function start({ dataDir, cable }: Place, options: IngestProcessOptions = {}): Promise<IngestProcess> {
  const ingest = await spawnIngest(dataDir, cable.address, options);
  onTestFinished(() => ingest.kill());
  return ingest;
}

const MIB = 1024 * 1024;

/** Adds 1 to one account: the sum of the ledger is the number of distinct events. */
const event = (id: number, change: object = {}): object => ({
  id: `e-${id}`,
  source: 'urn:faults',
  type: 'account.moved',
  time: '2026-11-20T12:00:00Z',
  data: { account: 'a', amount_minor: 1, currency: 'BRL', category: 'yield' },
  ...change
});
const events = (from: number, count: number): object[] => Array.from({ length: count }, (_, i) => event(from + i));

/** Raw rows, distinct identities, and what the derived ledger says, which must all be the number of events acknowledged. */
async function counted({ clickhouse: { reader } }: Place): Promise<Record<string, unknown>> {
  const [raw] = await rows(
    reader,
    'SELECT count() AS stored, uniqExact(source, id) AS distinct, uniqExact(seq) AS positions FROM events_raw_v1'
  );
  const [ledger] = await rows(
    reader,
    "SELECT sum(amount_minor) AS ledger FROM money_movements_v1 WHERE measure = 'ledger'"
  );
  const [sums] = await rows(
    reader,
    "SELECT sum(amount_minor) AS sums FROM movement_sums_v1 WHERE measure = 'ledger' AND grain = 'minute'"
  );
  const [seen] = await rows(reader, 'SELECT sum(events) AS seen FROM stream_seen_v1');
  return { ...raw, ...ledger, ...sums, ...seen };
}
async function openRequests(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^nodejs_active_resources\{type="TCPSocketWrap"\} (\d+)$/m.exec(text)?.[1]);
}
const exactly = (n: number): object => ({ stored: n, distinct: n, positions: n, ledger: n, sums: n, seen: n });

test('duplicates are known after a restart, whatever time the copy carries, shipped or still in the journal', async () => {
  const here = await place();
  const first = await start(here);
  expect(await send(first.url, events(0, 200))).toMatchObject({ stored: 200 });
  await shipped(first.url);
  here.cable.cut();
  expect(await send(first.url, events(200, 50))).toMatchObject({ stored: 50 });
  await first.kill();
  here.cable.mend();
  const second = await start(here);
  const copies = Array.from({ length: 250 }, (_, i) => event(i, { time: '2026-11-19T01:02:03Z' }));
  expect(await send(second.url, copies)).toMatchObject({ stored: 0, duplicate: 250 });
  const differing = [
    event(0, { data: { account: 'a', amount_minor: 2, currency: 'BRL', category: 'yield' } }),
    event(240, { type: 'nonsense' })
  ];
  const answer = await send(second.url, differing);
  expect(answer.items.map(({ code }) => code)).toEqual(['duplicate_differs', 'duplicate_differs']);
  await shipped(second.url);
  expect(await counted(here)).toEqual(exactly(250));
});

test('started again while ClickHouse is away it takes events and knows duplicates; all is shipped when it is back', async () => {
  const here = await place();
  const first = await start(here);
  await send(first.url, events(0, 120));
  await shipped(first.url);
  await first.kill();
  here.cable.cut();
  const second = await start(here);
  expect(await send(second.url, events(100, 60))).toMatchObject({ stored: 40, duplicate: 20 });
  expect((await fetch(`${second.url}/readyz`)).status).toBe(503);
  await second.kill();
  const third = await start(here);
  expect(await send(third.url, events(0, 200))).toMatchObject({ stored: 40, duplicate: 160 });
  here.cable.mend();
  await shipped(third.url);
  expect(await counted(here)).toEqual(exactly(200));
});

test('so it does when the journal has left segments behind, whose identities are in no memory any more', async () => {
  const here = await place();
  const first = await start(here, { journalBytesMax: 64 * MIB });
  const large = (from: number): object[] =>
    Array.from({ length: 1_000 }, (_, i) =>
      event(from + i, {
        data: { account: 'a', amount_minor: 1, currency: 'BRL', category: 'yield', memo: 'x'.repeat(800) }
      })
    );
  for (let from = 0; from < 12_000; from += 1_000) await send(first.url, large(from));
  await shipped(first.url);
  const segments = async (): Promise<string[]> =>
    (await readdir(join(here.dataDir, 'journal'))).filter((name) => name.endsWith('.journal'));
  await eventually('only the newest segment', 20_000, async () => (await segments()).length === 1);
  await first.kill();
  here.cable.cut();
  const second = await start(here, { journalBytesMax: 64 * MIB });
  expect(await send(second.url, events(5, 3))).toMatchObject({ stored: 0, duplicate: 3 });
  expect(await send(second.url, events(11_990, 20))).toMatchObject({ stored: 10, duplicate: 10 });
  here.cable.mend();
  await shipped(second.url);
  expect(await counted(here)).toEqual(exactly(12_010));
});

test('duplicates are known from ClickHouse alone, and positions stay unique, when the journal is gone', async () => {
  const here = await place();
  const first = await start(here);
  await send(first.url, events(0, 300));
  await shipped(first.url);
  await first.terminate();
  await rm(join(here.dataDir, 'journal'), { recursive: true });
  const second = await start(here);
  const copies = Array.from({ length: 300 }, (_, i) => event(i, { time: '2026-11-19T01:02:03Z' }));
  expect(await send(second.url, [...copies, event(300)])).toMatchObject({ stored: 1, duplicate: 300 });
  await shipped(second.url);
  expect(await counted(here)).toEqual(exactly(301));
});

test('ClickHouse away: events go on being acknowledged, then all of them arrive, once', async () => {
  const here = await place();
  const ingest = await start(here);
  await send(ingest.url, events(0, 10));
  await shipped(ingest.url);
  here.cable.cut();
  for (let from = 10; from < 3_010; from += 500)
    expect(await send(ingest.url, events(from, 500))).toMatchObject({ stored: 500 });
  const metrics = await (await fetch(`${ingest.url}/metrics`)).text();
  expect(metrics).toMatch(/^pulso_ingest_visible_position 10$/m);
  expect(metrics).toMatch(/^pulso_ingest_acknowledged_position 3010$/m);
  here.cable.mend();
  await shipped(ingest.url);
  expect(await counted(here)).toEqual(exactly(3_010));
  expect(await ingest.terminate()).toBe(0);
});

test('answers lost after ClickHouse did the work: the repeated inserts count once, raw and derived', async () => {
  const here = await place();
  const ingest = await start(here);
  let sent = 0;
  for (let round = 0; round < 8; round++) {
    here.cable.loseAnswers(2);
    expect(await send(ingest.url, events(sent, 100))).toMatchObject({ stored: 100 });
    sent += 100;
    await shipped(ingest.url);
  }
  expect(here.cable.lost).toBeGreaterThan(8);
  expect(await counted(here)).toEqual(exactly(sent));
});

test('killed at any moment under load: nothing acknowledged is lost, nothing counts twice', async () => {
  const here = await place();
  // a seeded order of moments, so that a failure can be repeated
  const moments = [35, 180, 5, 90, 260, 60];
  const acknowledged = new Set<number>();
  let next = 0;
  for (const moment of moments) {
    const ingest = await start(here);
    const load = async (): Promise<void> => {
      for (;;) {
        const from = next;
        next += 40;
        try {
          const answer = await send(ingest.url, events(from, 40));
          expect(answer.quarantined + answer.rejected).toBe(0);
          for (let id = from; id < from + 40; id++) acknowledged.add(id);
        } catch (error) {
          if (!isAlive(ingest.child.pid ?? 0) || ingest.child.killed) return;
          throw error;
        }
      }
    };
    const running = [load(), load(), load()];
    await new Promise((resume) => setTimeout(resume, moment));
    await ingest.kill();
    await Promise.all(running);
  }
  const last = await start(here);
  expect(acknowledged.size).toBeGreaterThan(100);
  // what was not answered is sent again, and so is all the rest
  for (let from = 0; from < next; from += 1_000) {
    const answer = await send(last.url, events(from, Math.min(1_000, next - from)));
    for (const item of answer.items) expect(item).toMatchObject({ status: 'duplicate', code: 'duplicate' });
    for (let id = from; id < from + 1_000; id++) {
      if (acknowledged.has(id)) expect(answer.items.some(({ id: known }) => known === `e-${id}`)).toBe(true);
    }
  }
  await shipped(last.url);
  expect(await counted(here)).toEqual(exactly(next));
});

test('killed right after a rebuild under load: no batch is repeated into the new tables', async () => {
  const here = await place();
  let next = 0;
  for (let round = 0; round < 2; round++) {
    const ingest = await start(here);
    const before = next;
    const isOver = { value: false };
    const load = (async () => {
      while (!isOver.value) {
        await send(ingest.url, events(next, 30)).catch(() => undefined);
        next += 30;
      }
    })();
    await eventually('some load', 5_000, () => next > before + 150);
    expect((await askInternal(ingest.url, '/rebuild', { method: 'POST' })).status).toBe(200);
    await ingest.kill();
    isOver.value = true;
    await load;
  }
  const last = await start(here);
  for (let from = 0; from < next; from += 1_000) await send(last.url, events(from, Math.min(1_000, next - from)));
  await shipped(last.url);
  expect(await counted(here)).toEqual(exactly(next));
});

test('a full journal takes nothing more and says when to come again; with ClickHouse back it takes again', async () => {
  const here = await place();
  const ingest = await startTestIngest({
    dataDir: here.dataDir,
    clickhouse: () => here.cable.address,
    journalBytesMax: 200_000
  });
  onTestFinished(() => ingest.stop());
  here.cable.cut();
  let taken = 0;
  let answer = await post(ingest.url, JSON.stringify(events(0, 100)));
  while (answer.status === 200 && taken < 2_000) {
    taken += 100;
    answer = await post(ingest.url, JSON.stringify(events(taken, 100)));
  }
  expect(answer.status).toBe(503);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await fetch(`${ingest.url}/healthz`)).status).toBe(200);
  here.cable.mend();
  await shipped(ingest.url);
  expect(await counted(here)).toEqual(exactly(taken));
  // refused whole: none of it was remembered; and there is room again, for more than one request
  for (let round = 0; round < 8; round++, taken += 100) {
    await eventually('room in the journal', 5_000, async () => {
      const { status, body } = await post(ingest.url, JSON.stringify(events(taken, 100)));
      if (status !== 503) expect([status, body]).toMatchObject([200, { stored: 100, duplicate: 0 }]);
      return status === 200;
    });
  }
  await shipped(ingest.url);
  expect(await counted(here)).toEqual(exactly(taken));
});

test('a disk that takes no more: nothing of a refused request counts, and what was acknowledged stays', async () => {
  const here = await place();
  const ingest = await spawnIngest(here.dataDir, here.cable.address, { fileKib: 400 });
  onTestFinished(() => ingest.kill());
  here.cable.cut();
  let taken = 0;
  const batch = (): string => JSON.stringify(events(taken, 90));
  let answer = await post(ingest.url, batch());
  for (; answer.status === 200 && taken < 9_000; answer = await post(ingest.url, batch())) taken += 90;
  expect([answer.status, taken > 0]).toEqual([503, true]);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  // a small request still fits: positions went back to what is on disk
  expect(await send(ingest.url, events(taken, 1))).toMatchObject({ stored: 1 });
  taken += 1;
  expect(await post(ingest.url, batch())).toMatchObject({ status: 503 });
  await ingest.kill();
  here.cable.mend();
  const next = await start(here);
  await shipped(next.url);
  expect(await counted(here)).toEqual(exactly(taken));
  expect(await send(next.url, events(taken, 90))).toMatchObject({ stored: 90 });
});

test('a clock set back while a backfill waits behind live traffic does not keep it waiting', async () => {
  const here = await place();
  const clock = { offsetMs: 0 };
  const ingest = await startTestIngest({
    dataDir: here.dataDir,
    clickhouse: () => here.cable.address,
    now: () => Date.now() + clock.offsetMs
  });
  onTestFinished(() => ingest.stop());
  // bodies that hardly come are live traffic for 10 s and more; one begins before another ends
  const dawdle = async (): Promise<void> => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${API_KEY}` };
    const live = request(`${ingest.url}/v1/events`, { method: 'POST', headers });
    live.on('error', () => undefined);
    onTestFinished(() => void live.destroy());
    await new Promise<void>((settle) => live.write('[', () => settle()));
  };
  await dawdle();
  await eventually('the live request to be read', 5_000, async () => (await openRequests(ingest.url)) > 1);
  const began = performance.now();
  const backfill = fetch(`${ingest.url}/v1/events?backfill=true`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${API_KEY}` },
    body: JSON.stringify(events(0, 5))
  });
  await new Promise((resume) => setTimeout(resume, 500));
  clock.offsetMs = -86_400_000;
  for (let round = 0; round < 3; round++) {
    await new Promise((resume) => setTimeout(resume, 5_000));
    await dawdle();
  }
  expect((await backfill).status).toBe(200);
  expect(performance.now() - began).toBeLessThan(18_000);
});

test('after a power loss, what ClickHouse lost of any table is there again, once', async () => {
  const here = await place();
  const { writer } = here.clickhouse;
  const run = (bootId: string): Promise<TestIngest> =>
    startTestIngest({ dataDir: here.dataDir, clickhouse: () => here.cable.address, bootId });
  const first = await run('first boot');
  await send(first.url, events(0, 300));
  await shipped(first.url);
  // stopped in order: synced
  await first.stop();
  const second = await run('first boot');
  // one request, one batch: shipped again it has the same borders, so only other tokens bring it in
  const request = [...events(300, 600), event(5_000, { type: 'nonsense' })];
  expect(await send(second.url, request)).toMatchObject({ stored: 600, quarantined: 1 });
  await shipped(second.url);
  // no order this time: the sync at the end cannot reach ClickHouse
  here.cable.cut();
  await second.stop();
  here.cable.mend();
  const lost = [
    'ALTER TABLE events_raw_v1 DELETE WHERE seq BETWEEN 400 AND 600 SETTINGS mutations_sync = 1',
    'ALTER TABLE events_by_key_v1 DELETE WHERE seq > 650 SETTINGS mutations_sync = 1',
    'ALTER TABLE money_movements_v1 DELETE WHERE seq > 500 SETTINGS mutations_sync = 1',
    'TRUNCATE TABLE movement_sums_v1',
    'TRUNCATE TABLE quarantine_v1'
  ];
  for (const sql of lost) expect(await writer.command('lose', sql)).toMatchObject({ ok: true });
  expect(await counted(here)).not.toEqual(exactly(900));

  const third = await run('second boot');
  onTestFinished(() => third.stop());
  await shipped(third.url);
  expect(await counted(here)).toEqual(exactly(900));
  expect(await rows(here.clickhouse.reader, 'SELECT id, status FROM quarantine_v1 FINAL')).toEqual([
    { id: 'e-5000', status: 'open' }
  ]);
  expect(await send(third.url, events(0, 1_000))).toMatchObject({ duplicate: 900, stored: 100 });
  await shipped(third.url);
  expect(await counted(here)).toEqual(exactly(1_000));
});

test('a stop lets running requests end and ships what is there', async () => {
  const here = await place();
  const ingest = await start(here);
  // shipping begins behind taking events: stopped before, it leaves them to the next start
  await send(ingest.url, events(0, 100));
  await shipped(ingest.url);
  await send(ingest.url, events(100, 400));
  expect(await ingest.terminate()).toBe(0);
  expect(await counted(here)).toEqual(exactly(500));
});

test('the stages tell what a producer waits by its own clock, also what waits for the batch before', async () => {
  const here = await place();
  const ingest = await startTestIngest({ dataDir: here.dataDir, clickhouse: () => here.cable.address });
  onTestFinished(() => ingest.stop());
  await send(ingest.url, events(0, 1));
  await shipped(ingest.url);
  const secondsOf = async (...stages: string[]): Promise<number> => {
    const metrics = await (await fetch(`${ingest.url}/metrics`)).text();
    const of = (stage: string): number =>
      Number(new RegExp(`^pulso_ingest_stage_seconds_sum\\{stage="${stage}"\\} (\\S+)$`, 'm').exec(metrics)?.[1]);
    return stages.reduce((sum, stage) => sum + of(stage), 0);
  };
  const told = async () => ({
    visible: await secondsOf('visible'),
    stages: await secondsOf('acknowledge', 'wait', 'ship', 'derive'),
    wait: await secondsOf('wait')
  });
  const before = await told();
  here.cable.cut();
  const sent = [performance.now()];
  await send(ingest.url, events(1, 1));
  await new Promise((resume) => setTimeout(resume, 200));
  // its batch begins when the one before is done
  sent.push(performance.now());
  await send(ingest.url, events(2, 1));
  await new Promise((resume) => setTimeout(resume, 2_000));
  here.cable.mend();
  await shipped(ingest.url);
  const end = performance.now();
  const waited = sent.reduce((sum, at) => sum + (end - at) / 1_000, 0);
  const after = await told();
  expect(Math.abs(after.visible - before.visible - waited)).toBeLessThan(waited * 0.1);
  expect(Math.abs(after.stages - before.stages - waited)).toBeLessThan(waited * 0.1);
  expect(after.wait - before.wait).toBeGreaterThan(1.8);
});

test('a source that sends nothing after a restart is still told by the moment of its last event', async () => {
  const here = await place();
  const clock = { now: Date.parse('2026-11-24T12:00:00Z') };
  const run = (): Promise<TestIngest> =>
    startTestIngest({ dataDir: here.dataDir, clickhouse: () => here.cable.address, now: () => clock.now });
  const lastOf = async ({ url }: TestIngest): Promise<string | undefined> =>
    /^pulso_ingest_source_last_received_timestamp_seconds\{source="urn:faults"\} (\S+)$/m.exec(
      await (await fetch(`${url}/metrics`)).text()
    )?.[1];
  const first = await run();
  await send(first.url, events(0, 3));
  const sent = String(clock.now / 1_000);
  expect(await lastOf(first)).toBe(sent);
  await shipped(first.url);
  await first.stop();
  clock.now += 7 * 3_600_000;
  const second = await run();
  onTestFinished(() => second.stop());
  await eventually('what ClickHouse knows to be read', 5_000, async () => (await lastOf(second)) === sent);
  await send(second.url, events(3, 1));
  expect(await lastOf(second)).toBe(String(clock.now / 1_000));
});

test('ingest ends with its parent', async () => {
  const here = await place();
  const main = join(import.meta.dirname, '../../ingest/main.ts');
  const env = {
    ...process.env,
    DATA_DIR: here.dataDir,
    INGEST_PORT: '0',
    LOG_FORMAT: 'json',
    CLICKHOUSE_URL: here.cable.address.url
  };
  const script = `const c = require('node:child_process').spawn(process.execPath, [${JSON.stringify(main)}], { stdio: 'ignore' }); console.log(c.pid); setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['-e', script], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const pid = await new Promise<number>((resolve) => {
    parent.stdout.once('data', (chunk) => resolve(Number(String(chunk))));
  });
  expect(isAlive(pid)).toBe(true);
  // by then it has looked who its parent is
  await eventually('the child to open its keys', 30_000, () => existsSync(join(here.dataDir, 'ingest.sqlite')));
  parent.kill('SIGKILL');
  await eventually('the child to end', 10_000, () => !isAlive(pid));
});
