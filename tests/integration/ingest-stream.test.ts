import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGzip, createZstdCompress, zstdCompressSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { KeyCreated, type NewIngestKey } from '#lib/contracts/internal.ts';
import { startTestClickHouse, type TestClickHouse } from '../support/clickhouse.ts';
import { eventually } from '../support/eventually.ts';
import {
  askInternal,
  post,
  rows,
  shipped,
  startCable,
  startTestIngest,
  type Cable,
  type TestIngest
} from '../support/ingest.ts';
import { ingestForFile } from '../support/ingest-for-file.ts';
import { openStream } from '../support/stream.ts';

const house = ingestForFile();

let counter = 0;
const moved = (change: object = {}): { id: string } & Record<string, unknown> => ({
  id: `s-${++counter}`,
  source: 'urn:stream',
  type: 'account.moved',
  time: '2026-11-20T12:00:00Z',
  data: { account: 'a', amount_minor: 1, currency: 'BRL', category: 'yield' },
  ...change
});
const line = (event: object): string => `${JSON.stringify(event)}\n`;
const many = (count: number): string => Array.from({ length: count }, () => line(moved())).join('');
const storedOf = async (reader: TestClickHouse['reader'], source = 'urn:stream'): Promise<unknown> =>
  (await rows(reader, `SELECT count() AS n FROM events_raw_v1 WHERE source = '${source}'`))[0]?.n;
async function newKey(input: Partial<NewIngestKey>): Promise<{ key: { key_id: string }; secret: string }> {
  const answer = await askInternal(house.ingest.url, '/keys', {
    method: 'POST',
    body: JSON.stringify({ name: 'stream', ...input })
  });
  return KeyCreated.parse(await answer.json());
}
const as = (secret: string): Record<string, string> => ({ authorization: `Bearer ${secret}` });

test('acknowledgements come while the body lasts, and name what was not stored by its place in the stream', async () => {
  const stream = openStream(house.ingest.url);
  const first = moved();
  await stream.write(line(first));
  expect(await stream.status).toBe(200);
  expect((await stream.headers)['content-type']).toBe('application/x-ndjson');
  await eventually('the first acknowledgement', 5_000, () => stream.through === 1);
  expect(stream.acknowledged).toEqual([{ through: 1, stored: 1, duplicate: 0, quarantined: 0, rejected: 0 }]);
  // a line may come in pieces
  const second = line(moved());
  await stream.write(second.slice(0, 30));
  await stream.write(second.slice(30));
  await eventually('the second acknowledgement', 5_000, () => stream.through === 2);
  await stream.write([line(first), '\n', '{"id":\n', line(moved({ type: 'debt.adjusted' })), line({ id: 5 })].join(''));
  await eventually('the third acknowledgement', 5_000, () => stream.through === 6);
  // the last line needs no end of line
  await stream.write(line(moved()).trimEnd());
  await stream.end();
  expect(stream.sums).toEqual({ stored: 3, duplicate: 1, quarantined: 1, rejected: 2 });
  expect(stream.through).toBe(7);
  expect(stream.acknowledged.flatMap(({ items }) => items ?? []).map(({ index, code }) => [index, code])).toEqual([
    [3, 'invalid_json'],
    [4, 'unknown_type'],
    [5, 'invalid_envelope']
  ]);
  expect(stream.problem).toBe(null);
});

test('what is acknowledged is on disk: the counts of all lines add up, and each event is stored once', async () => {
  await shipped(house.ingest.url);
  const before = Number(await storedOf(house.clickhouse.reader));
  const stream = openStream(house.ingest.url);
  for (let i = 0; i < 40; i++) await stream.write(many(250));
  await stream.end();
  expect(stream.through).toBe(10_000);
  expect(stream.sums).toEqual({ stored: 10_000, duplicate: 0, quarantined: 0, rejected: 0 });
  expect(stream.acknowledged.length).toBeGreaterThan(3);
  await shipped(house.ingest.url);
  expect(Number(await storedOf(house.clickhouse.reader))).toBe(before + 10_000);
});

test('the decoding of a stream is measured, once a block', async () => {
  const decoded = async (): Promise<number> => {
    const text = await (await fetch(`${house.ingest.url}/metrics`)).text();
    return Number(/^pulso_ingest_stage_seconds_count\{stage="decode"\} (\d+)$/m.exec(text)?.[1] ?? 0);
  };
  const before = await decoded();
  const stream = openStream(house.ingest.url);
  await stream.write(many(3));
  await eventually('the first block', 5_000, () => stream.through === 3);
  await stream.write(many(2));
  await stream.end();
  expect((await decoded()) - before).toBe(stream.acknowledged.length);
});

test.each([
  ['gzip', createGzip],
  ['zstd', createZstdCompress]
] as const)('a stream may be compressed: %s', async (encoding, create) => {
  const stream = openStream(house.ingest.url, { 'content-encoding': encoding });
  const packer = create();
  const sent = (async () => {
    for await (const chunk of packer) if (Buffer.isBuffer(chunk)) await stream.write(chunk);
  })();
  packer.end(many(2_000));
  await sent;
  await stream.end();
  expect(stream.sums).toMatchObject({ stored: 2_000 });
});

test('a body that is not what its encoding says ends with a problem as the last line', async () => {
  const stream = openStream(house.ingest.url, { 'content-encoding': 'gzip' });
  await stream.write('this is no gzip');
  await stream.ended;
  expect(stream.problem).toMatchObject({ status: 400 });
});

test.each([
  ['no key', { authorization: '' }, 401],
  ['another media type', { 'content-type': 'application/json' }, 415],
  ['another encoding', { 'content-encoding': 'br' }, 415]
])('a stream is refused before it begins for %s', async (_what, headers, status) => {
  const stream = openStream(house.ingest.url, headers);
  expect(await stream.status).toBe(status);
  stream.abort();
});

test('a line beyond 256 KiB is one rejected item, and its neighbours are taken', async () => {
  const stream = openStream(house.ingest.url);
  await stream.write(line(moved()));
  await stream.write(line(moved({ subject: 'x'.repeat(300_000) })));
  await stream.write(line(moved()));
  await stream.end();
  expect(stream.sums).toEqual({ stored: 2, duplicate: 0, quarantined: 0, rejected: 1 });
  expect(stream.acknowledged.flatMap(({ items }) => items ?? [])).toMatchObject([
    { index: 1, code: 'event_too_large' }
  ]);
});

test('a key’s sources bind each line, its rate makes the stream wait, its revocation ends it within 5 s', async () => {
  const { key, secret } = await newKey({ sources: ['urn:mine'], rate: 20 });
  const stream = openStream(house.ingest.url, as(secret));
  expect((await stream.headers)['ratelimit-policy']).toBe('"events";q=40;w=2');
  await stream.write(line(moved()));
  await eventually('the refusal', 5_000, () => stream.sums.rejected === 1);
  expect(stream.acknowledged[0]?.items).toMatchObject([{ code: 'source_forbidden' }]);
  const began = performance.now();
  for (let i = 0; i < 4; i++)
    await stream.write(Array.from({ length: 20 }, () => line(moved({ source: 'urn:mine' }))).join(''));
  await eventually('all lines within the rate', 15_000, () => stream.through === 81);
  await stream.write(Array.from({ length: 40 }, () => line(moved({ source: 'urn:mine' }))).join(''));
  await eventually('the rest, within the rate', 15_000, () => stream.through === 121);
  // 121 events at 20 a second; a burst of 40 goes at once, and what came in one piece may go before it is paid for
  expect(performance.now() - began).toBeGreaterThan(1_900);
  await askInternal(house.ingest.url, `/keys/${key.key_id}/revoke`, { method: 'POST' });
  const last = moved({ source: 'urn:mine' });
  await stream.write(line(last));
  await stream.ended;
  expect(stream.problem).toMatchObject({ status: 401 });
  expect(stream.through).toBe(121);
});

test('a client that leaves: what was acknowledged stays, and the rest may be sent again', async () => {
  const stream = openStream(house.ingest.url);
  const events = Array.from({ length: 3_000 }, () => moved({ source: 'urn:left' }));
  await stream.write(events.slice(0, 2_000).map(line).join(''));
  await eventually('some acknowledgement', 5_000, () => stream.through > 0);
  stream.abort();
  const known = stream.through;
  const again = openStream(house.ingest.url);
  await again.write(events.map(line).join(''));
  await again.end();
  expect(again.through).toBe(3_000);
  expect(again.sums.duplicate).toBeGreaterThanOrEqual(known);
  await shipped(house.ingest.url);
  expect(await storedOf(house.clickhouse.reader, 'urn:left')).toBe(3_000);
});

test('a client that does not read its acknowledgements is not read from', async () => {
  const { port, hostname } = new URL(house.ingest.url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.pause();
  socket.write(
    'POST /v1/events?stream=true HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer test-key-0123456789\r\n' +
      'Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n'
  );
  // each line is refused with its reason, so that the answers weigh more than the lines
  const body = '{}\n'.repeat(20_000);
  let taken = 0;
  const isStuck = async (): Promise<boolean> => {
    while (taken < 2_000) {
      taken++;
      if (socket.write(`${body.length.toString(16)}\r\n${body}\r\n`)) continue;
      const drained = new Promise<boolean>((resolve) => socket.once('drain', () => resolve(false)));
      const waited = new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 3_000));
      if (await Promise.race([drained, waited])) return true;
    }
    return false;
  };
  expect(await isStuck()).toBe(true);
});

/** A service of its own behind a connection to ClickHouse that can be cut. */
async function place(journalBytesMax: number): Promise<{ own: TestClickHouse; cable: Cable; service: TestIngest }> {
  const own = await startTestClickHouse();
  const cable = await startCable(own.address);
  const dir = await mkdtemp(join(tmpdir(), 'pulso-stream-own-'));
  const service = await startTestIngest({ dataDir: dir, clickhouse: () => cable.address, journalBytesMax });
  onTestFinished(async () => {
    await service.stop();
    await cable.close();
    await own.stop();
    await rm(dir, { recursive: true, force: true });
  });
  return { own, cable, service };
}

test('the journal full while ClickHouse is away: the stream waits unread, and goes on when it is back', async () => {
  const { own, cable, service } = await place(2_000_000);
  cable.cut();
  const stream = openStream(service.url);
  let sent = 0;
  const sending = (async () => {
    for (; sent < 20_000; sent += 500)
      await stream.write(Array.from({ length: 500 }, () => line(moved({ source: 'urn:full' }))).join(''));
  })();
  await eventually(
    'a full journal',
    20_000,
    async () => (await post(service.url, many(100), { 'content-type': 'application/x-ndjson' })).status === 503
  );
  const [reached, size] = [
    stream.through,
    Number(/^pulso_ingest_journal_bytes (\d+)$/m.exec(await (await fetch(`${service.url}/metrics`)).text())?.[1])
  ];
  expect(size).toBeLessThanOrEqual(2_000_000);
  expect(reached).toBeLessThan(20_000);
  cable.mend();
  await sending;
  await stream.end();
  expect(stream.through).toBe(20_000);
  expect(stream.sums.stored).toBe(20_000);
  await shipped(service.url);
  expect(await storedOf(own.reader, 'urn:full')).toBe(20_000);
});

test('a backfill waits for live requests and leaves them half of a journal that ClickHouse does not empty', async () => {
  const { own, cable, service } = await place(4_000_000);
  const backfill = (count: number): ReturnType<typeof post> =>
    fetch(`${service.url}/v1/events?backfill=true`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', authorization: 'Bearer test-key-0123456789' },
      body: Array.from({ length: count }, () => line(moved({ source: 'urn:backfill' }))).join('')
    }).then(async (response) => ({
      status: response.status,
      headers: response.headers,
      body: z.unknown().parse(await response.json())
    }));
  expect(await backfill(100)).toMatchObject({ status: 200, body: { stored: 100 } });
  cable.cut();
  let answer = await backfill(1_000);
  for (let i = 0; answer.status === 200 && i < 20; i++) answer = await backfill(1_000);
  expect(answer.status).toBe(503);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  // live traffic still has room
  expect(await post(service.url, many(500), { 'content-type': 'application/x-ndjson' })).toMatchObject({ status: 200 });
  cable.mend();
  await shipped(service.url);
  const count = Number(await storedOf(own.reader, 'urn:backfill'));
  // what was shipped leaves the journal once ClickHouse has it on disk
  await eventually('room for a backfill', 10_000, async () => (await backfill(1_000)).status === 200);
  await shipped(service.url);
  expect(await storedOf(own.reader, 'urn:backfill')).toBe(count + 1_000);
});

/** Group commits so far. */
async function commits(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^pulso_ingest_stage_seconds_count\{stage="fsync"\} (\d+)$/m.exec(text)?.[1]);
}

test('beside live traffic a backfill is taken in parts, and its answer is one', async () => {
  const { url } = house.ingest;
  expect(await post(url, line(moved({ source: 'urn:live' })))).toMatchObject({ status: 200 });
  const before = await commits(url);
  const id = crypto.randomUUID();
  const events = Array.from({ length: 600 }, (_, n) => moved({ source: 'urn:parts', ...(n % 300 === 7 && { id }) }));
  events[555] = { ...moved({ source: 'urn:parts' }), type: 'nonsense' };
  const response = await fetch(`${url}/v1/events?backfill=true`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer test-key-0123456789' },
    body: JSON.stringify(events)
  });
  expect({ status: response.status, body: z.unknown().parse(await response.json()) }).toMatchObject({
    status: 207,
    body: { stored: 598, duplicate: 1, quarantined: 1, items: [{ index: 307 }, { index: 555, code: 'unknown_type' }] }
  });
  expect((await commits(url)) - before).toBeGreaterThanOrEqual(3);
});

test('a live event overtakes a backfill that is queued', async () => {
  const order: string[] = [];
  const slow = openStream(house.ingest.url);
  // a live request whose body is not there yet holds the backfill back
  const live = request(`${house.ingest.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', authorization: 'Bearer test-key-0123456789' }
  });
  const liveDone = new Promise<void>((resolve) =>
    live.on('response', (response) => {
      order.push('live');
      response.resume().on('end', resolve);
    })
  );
  live.write(line(moved()));
  await slow.write(line(moved()));
  await eventually('the live request to be there', 5_000, () => slow.through === 1);
  const backfill = fetch(`${house.ingest.url}/v1/events?backfill=true`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer test-key-0123456789' },
    body: JSON.stringify(moved())
  }).then(() => order.push('backfill'));
  await slow.write(line(moved()));
  await eventually('a stream to go on meanwhile', 5_000, () => slow.through === 2);
  live.end();
  await Promise.all([liveDone, backfill, slow.end()]);
  expect(order).toEqual(['live', 'backfill']);
});

test('a backfill whose body comes slowly keeps no other waiting, and is taken when it is there', async () => {
  const headers = { 'content-type': 'application/x-ndjson', authorization: 'Bearer test-key-0123456789' };
  const slow = request(`${house.ingest.url}/v1/events?backfill=true`, { method: 'POST', headers });
  const answered = new Promise<number | undefined>((resolve, reject) => {
    slow.on('response', (response) => response.resume().on('end', () => resolve(response.statusCode)));
    slow.on('error', reject);
  });
  let isAnswered = false;
  void answered.then(() => (isAnswered = true));
  slow.write(line(moved()));
  await new Promise((resume) => setTimeout(resume, 200));
  const next = await fetch(`${house.ingest.url}/v1/events?backfill=true`, {
    method: 'POST',
    headers,
    body: line(moved()),
    signal: AbortSignal.timeout(6_000)
  });
  expect(next.status).toBe(200);
  expect(isAnswered).toBe(false);
  slow.end(line(moved()));
  expect(await answered).toBe(200);
});

test('zstd frames behind the end of one another end the stream with a problem or are taken, and never the service', async () => {
  const frame = (): Buffer => zstdCompressSync(`${JSON.stringify(moved())}\n`);
  const stream = openStream(house.ingest.url, { 'content-encoding': 'zstd' });
  await stream.write(Buffer.concat([frame(), frame()]));
  await new Promise((resume) => setTimeout(resume, 150));
  await stream.write(frame());
  await stream.end();
  expect(stream.problem?.detail).toContain('one frame');
  expect(await post(house.ingest.url, JSON.stringify(moved()))).toMatchObject({ body: { stored: 1 } });
});

test('streams that say nothing keep no request out, however many there are', async () => {
  const streams = Array.from({ length: 100 }, () => openStream(house.ingest.url));
  onTestFinished(() => {
    for (const stream of streams) stream.abort();
  });
  const statuses = await Promise.all(streams.map(({ status }) => status));
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(60);
  expect(statuses.filter((status) => status === 503).length).toBeGreaterThan(0);
  expect(await post(house.ingest.url, JSON.stringify(moved()))).toMatchObject({ status: 200 });
});
