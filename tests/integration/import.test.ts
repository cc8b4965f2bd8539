/** The importer against the real ingest service and ClickHouse, with a relay in between that can fail as networks do. */
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { PRESETS } from '#ingest/importer/presets.ts';
import { openInputs } from '#ingest/importer/sources.ts';
import { runImport, type ImportJob } from '#ingest/importer/run.ts';
import { zonedDay } from '#lib/domain/zone.ts';
import { startTestClickHouse, type TestClickHouse } from '../support/clickhouse.ts';
import { API_KEY, startTestIngest, type TestIngest } from '../support/ingest.ts';
import { until } from '../support/pulso.ts';

const INVOICES = 6000;
/** an order and its shipment each, and every tenth a refund and its goods */
const EVENTS = INVOICES * 2 + (INVOICES / 10) * 2;

interface House {
  readonly clickhouse: TestClickHouse;
  readonly ingest: TestIngest;
  readonly dataDir: string;
}
/** What the relay does with its next request; after `forward` the answer is passed on unless `cut`. */
type Trouble = (request: IncomingMessage, response: ServerResponse) => 'forward' | 'cut' | 'answered';

let house: House;
let other: House;
let folder: string;
let file: string;
let relay: Server;
let target: House;
let trouble: Trouble = () => 'forward';
let bodies: string[] = [];

async function startHouse(): Promise<House> {
  const clickhouse = await startTestClickHouse();
  const dataDir = await mkdtemp(join(tmpdir(), 'pulso-import-ingest-'));
  const ingest = await startTestIngest({ dataDir, clickhouse: () => clickhouse.address });
  return { clickhouse, ingest, dataDir };
}

async function stopHouse({ clickhouse, ingest, dataDir }: House): Promise<void> {
  await ingest.stop();
  await clickhouse.stop();
  await rm(dataDir, { recursive: true, force: true });
}

async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(z.instanceof(Buffer).parse(part));
  const body = Buffer.concat(parts);
  bodies.push(body.toString('base64'));
  const what = trouble(request, response);
  if (what === 'answered') return;
  const { authorization = '' } = request.headers;
  const answer = await fetch(`${target.ingest.url}${request.url ?? ''}`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' },
    body: new Uint8Array(body)
  });
  const text = await answer.text();
  if (what === 'cut') request.socket.destroy();
  else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
}

function csv(): string {
  const lines = ['InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country'];
  for (let i = 0; i < INVOICES; i++) {
    const day = String((i % 28) + 1).padStart(2, '0');
    lines.push(
      `${String(500_000 + i)},SKU${String(i % 50)},THING,${String((i % 9) + 1)},2011-03-${day} 10:00:00,2.55,NA,UK`
    );
    if (i % 10 === 0)
      lines.push(`C${String(500_000 + i)},SKU${String(i % 50)},THING,-1,2011-04-${day} 10:00:00,2.55,NA,UK`);
  }
  return lines.join('\n');
}

const urlOfRelay = (): string => {
  const address = relay.address();
  if (address === null || typeof address === 'string') throw new Error('the relay does not listen');
  return `http://127.0.0.1:${String(address.port)}`;
};

async function importFile(
  settings: { source: string; signal?: AbortSignal; show?: (through: number) => void; now?: number } & Partial<
    Pick<ImportJob, 'shiftToNow' | 'rate'>
  >
) {
  const said: string[] = [];
  const waits: number[] = [];
  const report = await runImport(
    {
      convert: PRESETS['uci-online-retail'].convert,
      name: 'uci-online-retail',
      inputs: await openInputs(file, 'one'),
      source: settings.source,
      day: zonedDay('Europe/London'),
      told: {},
      shiftToNow: settings.shiftToNow ?? false,
      rate: settings.rate ?? null,
      target: {
        url: urlOfRelay(),
        key: API_KEY,
        patienceMs: 20_000,
        signal: settings.signal ?? new AbortController().signal,
        onWait: (_, ms) => waits.push(ms)
      },
      stateFolder: join(folder, 'state'),
      stateFile: null,
      restart: false,
      keepAll: false
    },
    {
      clock: () => settings.now ?? Date.now(),
      say: (line) => said.push(line),
      show: ({ through }) => settings.show?.(through)
    }
  );
  return { report, said, waits };
}

const Count = z.object({ n: z.coerce.number(), newest: z.string() });
const COUNT = {
  name: 'count_source',
  sql: 'SELECT count() AS n, toString(max(time)) AS newest FROM events_raw_v1 WHERE source = {source: String}',
  params: z.object({ source: z.string() }),
  row: Count,
  timeoutMs: 10_000
};
async function inClickHouse(source: string, of: House = house): Promise<z.infer<typeof Count>> {
  const rows = await of.clickhouse.reader.read(COUNT, { source });
  if (!rows.ok) throw new Error(rows.failure.message);
  return rows.value[0] ?? { n: 0, newest: '' };
}
const arrived = (source: string, n: number, of: House = house): Promise<void> =>
  until(`${String(n)} events of ${source}`, async () => (await inClickHouse(source, of)).n === n, 20_000);

/** Runs an import that is interrupted once `after` events are acknowledged. */
async function interrupted(source: string, after: number): Promise<void> {
  const abort = new AbortController();
  const show = (through: number): void => {
    if (through >= after) abort.abort();
  };
  await expect(importFile({ source, signal: abort.signal, show })).rejects.toBeDefined();
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pulso-import-'));
  file = join(folder, 'retail.csv.gz');
  await writeFile(file, gzipSync(csv()));
  house = await startHouse();
  other = await startHouse();
  target = house;
  relay = createServer((request, response) => void pass(request, response).catch(() => response.destroy())).listen(
    0,
    '127.0.0.1'
  );
  await once(relay, 'listening');
});
afterEach(() => {
  trouble = () => 'forward';
  target = house;
  bodies = [];
});
afterAll(async () => {
  relay.closeAllConnections();
  relay.close();
  await stopHouse(house);
  await stopHouse(other);
  await rm(folder, { recursive: true, force: true });
});

test('a file is stored once: a second run, its state gone, is answered duplicate and adds no row', async () => {
  const first = await importFile({ source: 'twice' });
  expect(first.report).toMatchObject({
    rows: INVOICES + INVOICES / 10,
    events: EVENTS,
    totals: { stored: EVENTS, duplicate: 0, quarantined: 0, rejected: 0 },
    skipped: []
  });
  expect(await readdir(join(folder, 'state'))).toEqual([]);
  await arrived('twice', EVENTS);
  const second = await importFile({ source: 'twice' });
  expect(second.report.totals).toEqual({
    stored: 0,
    duplicate: EVENTS,
    duplicate_differs: 0,
    quarantined: 0,
    rejected: 0
  });
  await importFile({ source: 'fence' });
  await arrived('fence', EVENTS);
  expect((await inClickHouse('twice')).n).toBe(EVENTS);
});

test('an interrupted import goes on after its last acknowledged batch, and its report tells the whole', async () => {
  await interrupted('resumed', 4000);
  const { report, said } = await importFile({ source: 'resumed' });
  expect(report.resumed_after).toBeGreaterThanOrEqual(4000);
  expect(report.resumed_after).toBeLessThan(EVENTS);
  expect(said).toContainEqual(expect.stringContaining(`going on after ${String(report.resumed_after)} events`));
  // batches that were in flight when it was interrupted may have been stored without an answer
  expect(report.totals.stored + report.totals.duplicate).toBe(EVENTS);
  await arrived('resumed', EVENTS);
});

test('a server that does not know what was sent before gets everything', async () => {
  await interrupted('moved', 3000);
  target = other;
  const { report, said } = await importFile({ source: 'moved' });
  expect(said).toContainEqual(expect.stringContaining('does not know'));
  expect(report.totals.stored + report.totals.duplicate).toBe(EVENTS);
  await arrived('moved', EVENTS, other);
});

test('answers 429 and 503 are waited out as told, with the same body, and a lost answer counts once', async () => {
  let request = 0;
  trouble = (_, response) => {
    request++;
    if (request === 1) {
      response.writeHead(429, { 'retry-after': '1' }).end();
      return 'answered';
    }
    if (request === 3) {
      response.writeHead(503).end();
      return 'answered';
    }
    return request === 5 ? 'cut' : 'forward';
  };
  const { report, waits } = await importFile({ source: 'troubled' });
  expect(report.totals.stored + report.totals.duplicate).toBe(EVENTS);
  expect(report.totals.duplicate).toBeGreaterThan(0);
  expect(waits.some((ms) => ms >= 1000)).toBe(true);
  const repeated = bodies.filter((body, index) => bodies.indexOf(body) < index);
  expect(repeated).toHaveLength(3);
  await arrived('troubled', EVENTS);
});

test('a key that is not known stops the import at once, with the remedy', async () => {
  trouble = (_, response) => {
    response
      .writeHead(401, { 'content-type': 'application/problem+json' })
      .end(JSON.stringify({ type: 'about:blank', title: 'Unauthorized', status: 401, detail: 'unknown key' }));
    return 'answered';
  };
  await expect(importFile({ source: 'refused' })).rejects.toThrow('answers 401: unknown key');
  expect(bodies.length).toBeLessThanOrEqual(4);
});

test('dates move by whole weeks to the latest moment not ahead, and a later file of the source moves alike', async () => {
  const now = Date.UTC(2026, 10, 24, 12);
  const { report } = await importFile({ source: 'shifted', shiftToNow: true, now });
  await arrived('shifted', EVENTS);
  // 2011-04-27 10:00 in London, a Wednesday; in November London's clock is UTC's
  expect((await inClickHouse('shifted')).newest).toBe('2026-11-18 10:00:00.000');
  const later = await importFile({ source: 'shifted', now: now + 30 * 86_400_000 });
  expect(later.report.shifted_weeks).toBe(report.shifted_weeks);
  expect(later.report.totals).toMatchObject({ stored: 0, duplicate: EVENTS, duplicate_differs: 0 });
});

test('a rate is kept', async () => {
  const abort = new AbortController();
  const started = performance.now();
  let sent = 0;
  await importFile({
    source: 'slow',
    rate: 2000,
    signal: abort.signal,
    show: (through) => {
      sent = through;
      if (through >= 4000) abort.abort();
    }
  }).catch(() => undefined);
  const seconds = (performance.now() - started) / 1000;
  // four batches of 500 may be ahead of the clock
  expect(sent / seconds).toBeLessThan(2000 * 1.6);
  expect(sent).toBeGreaterThanOrEqual(4000);
});
