import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { ITEMS_MAX } from '#ingest/decode/items.ts';
import { openKeyStore } from '#ingest/keys/key-store.ts';
import { eventSchemas } from '#lib/contracts/events/registry.ts';
import { BatchAnswer, Problem } from '#lib/contracts/ingest.ts';
import { DoorbellMessage, KeyCreated, KeysAnswer, type NewIngestKey } from '#lib/contracts/internal.ts';
import { EXAMPLES } from '../support/event-examples.ts';
import { eventually } from '../support/eventually.ts';
import { API_KEY, askInternal, post, rows, send, shipped } from '../support/ingest.ts';
import { ingestForFile } from '../support/ingest-for-file.ts';

const house = ingestForFile();

let counter = 0;
const freshId = (): string => `t-${++counter}`;
const moved = (change: object = {}): { id: string } & Record<string, unknown> => ({
  id: freshId(),
  source: 'urn:test',
  type: 'account.moved',
  time: '2026-11-20T12:00:00Z',
  data: { account: 'a', amount_minor: 1, currency: 'BRL', category: 'yield' },
  ...change
});
const ids = (...events: { id: string }[]): string => events.map(({ id }) => `'${id}'`).join(',');
const storedCount = async (...events: { id: string }[]): Promise<unknown> => {
  await shipped(house.ingest.url);
  return (
    await rows(house.clickhouse.reader, `SELECT count() AS n FROM events_raw_v1 WHERE id IN (${ids(...events)})`)
  )[0]?.n;
};
async function newKey(input: Partial<NewIngestKey>): Promise<KeyCreated> {
  const answer = await askInternal(house.ingest.url, '/keys', {
    method: 'POST',
    body: JSON.stringify({ name: 'test', ...input })
  });
  return KeyCreated.parse(await answer.json());
}
type KeyCreated = z.infer<typeof KeyCreated>;
const as = (secret: string): Record<string, string> => ({ authorization: `Bearer ${secret}` });

test('an event of every type is stored, and its raw row is what was sent', async () => {
  const types = Object.keys(eventSchemas);
  const events = Object.entries(EXAMPLES).map(([type, data]) => ({
    id: freshId(),
    source: 'urn:every',
    type,
    time: '2026-11-20T12:00:00.125Z',
    data
  }));
  expect(events.map(({ type }) => type).sort()).toEqual(types.sort());
  expect(await send(house.ingest.url, events)).toEqual({
    stored: types.length,
    duplicate: 0,
    quarantined: 0,
    rejected: 0,
    items: []
  });
  await shipped(house.ingest.url);
  const stored = await rows(
    house.clickhouse.reader,
    `SELECT id, type, data, toUnixTimestamp64Milli(time) AS ms, identity = substring(SHA256(concat(source, '\\0', id)), 1, 16) AS known
     FROM events_raw_v1 WHERE source = 'urn:every' ORDER BY seq`
  );
  const parsed = (data: unknown): unknown => JSON.parse(z.string().parse(data));
  expect(stored.map(({ data, ...row }) => ({ ...row, data: parsed(data) }))).toEqual(
    events.map(({ id, type, data }) => ({ id, type, data, ms: Date.UTC(2026, 10, 20, 12, 0, 0, 125), known: 1 }))
  );
});

test('a mixed batch is answered item by item, in order, with counts that add up', async () => {
  const known = moved();
  await send(house.ingest.url, [known]);
  const answer = await post(
    house.ingest.url,
    JSON.stringify([
      moved(),
      known,
      moved({ id: known.id, data: { account: 'b', amount_minor: 2, currency: 'BRL', category: 'yield' } }),
      moved({ type: 'debt.adjusted' }),
      moved({ data: { account: 'a', amount_minor: 1.5, currency: 'BRL', category: 'yield' } }),
      moved({ time: new Date(Date.now() + 400_000).toISOString() }),
      moved({ id: 5 }),
      'no object'
    ])
  );
  expect(answer.status).toBe(207);
  const body = BatchAnswer.parse(answer.body);
  expect(body).toMatchObject({ stored: 1, duplicate: 2, quarantined: 3, rejected: 2 });
  expect(body.items.map(({ index, status, code, path }) => [index, status, code, path])).toEqual([
    [1, 'duplicate', 'duplicate', ''],
    [2, 'duplicate', 'duplicate_differs', ''],
    [3, 'quarantined', 'unknown_type', '/type'],
    [4, 'quarantined', 'invalid_data', '/data/amount_minor'],
    [5, 'quarantined', 'future_time', '/time'],
    [6, 'rejected', 'invalid_envelope', '/id'],
    [7, 'rejected', 'invalid_envelope', '']
  ]);
});

test('200 when all is stored or known, 400 when every item is rejected, an empty batch is no fault', async () => {
  const event = moved();
  expect((await post(house.ingest.url, JSON.stringify([event, event]))).status).toBe(200);
  expect((await post(house.ingest.url, JSON.stringify(event))).body).toMatchObject({ stored: 0, duplicate: 1 });
  const refused = await post(house.ingest.url, JSON.stringify([{}, 5]));
  expect(refused.status).toBe(400);
  expect(BatchAnswer.parse(refused.body)).toMatchObject({ stored: 0, rejected: 2 });
  expect(await post(house.ingest.url, '[]')).toMatchObject({ status: 200, body: { stored: 0, items: [] } });
});

test('every way to pack a body carries the same events', async () => {
  const packed: [string, string, (text: string) => Uint8Array<ArrayBuffer>, Record<string, string>][] = [];
  const plain = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text));
  const two = (): [{ id: string }, { id: string }] => [moved(), moved()];
  const sent: { id: string }[] = [];
  const add = (type: string, make: (a: object, b: object) => string, pack = plain, headers = {}): void => {
    const [a, b] = two();
    sent.push(a, b);
    packed.push([type, make(a, b), pack, headers]);
  };
  add('application/json; charset=UTF-8', (a, b) => `\ufeff${JSON.stringify([a, b])}`);
  add('application/cloudevents-batch+json', (a, b) => JSON.stringify([a, b]));
  add('application/x-ndjson', (a, b) => `${JSON.stringify(a)}\n\n${JSON.stringify(b)}`);
  add(
    'application/json',
    (a, b) => JSON.stringify([a, b]),
    (text) => new Uint8Array(gzipSync(text)),
    { 'content-encoding': 'gzip' }
  );
  add(
    'application/x-ndjson',
    (a, b) => `${JSON.stringify(a)}\r\n${JSON.stringify(b)}\r\n`,
    (text) => new Uint8Array(zstdCompressSync(text)),
    {
      'content-encoding': 'zstd'
    }
  );
  for (const [type, text, pack, headers] of packed) {
    expect(await post(house.ingest.url, pack(text), { 'content-type': type, ...headers })).toMatchObject({
      status: 200,
      body: { stored: 2 }
    });
  }
  const single = moved();
  expect(
    await post(house.ingest.url, JSON.stringify(single), { 'content-type': 'application/cloudevents+json' })
  ).toMatchObject({ body: { stored: 1 } });
  expect(await storedCount(...sent, single)).toBe(sent.length + 1);
});

test('what slips past JSON checks never fails later at ClickHouse, nor its neighbours', async () => {
  const text = (amount: string): [{ id: string }, string] => {
    const event = moved();
    return [event, JSON.stringify(event).replace('"amount_minor":1', `"amount_minor":${amount}`)];
  };
  const usable = [
    '1e3',
    '1000.0',
    '1,"amount_minor":7',
    '1,"x":12345678901234567890',
    '1,"memo":"\\u0000\\ud83d\\ude00"'
  ].map(text);
  const unusable = ['10.000000000000000001', '9007199254740993', '1,"memo":"\\ud800"'].map(text);
  const answer = await post(house.ingest.url, `[${[...usable, ...unusable].map(([, json]) => json).join(',')}]`);
  expect(answer.body).toMatchObject({ stored: 5, quarantined: 3 });
  expect(await storedCount(...usable.map(([event]) => event))).toBe(5);
  const quarantined = await rows(
    house.clickhouse.reader,
    `SELECT code, raw FROM quarantine_v1 FINAL WHERE id IN (${ids(...unusable.map(([e]) => e))}) ORDER BY quarantine_id`
  );
  expect(quarantined).toEqual(unusable.map(([, raw], i) => ({ code: i < 2 ? 'invalid_data' : 'unstorable', raw })));
});

test('twins in flight: one is stored, the others wait for it and are duplicates', async () => {
  const event = moved();
  const answers = await Promise.all(Array.from({ length: 30 }, () => send(house.ingest.url, [event, event])));
  expect(answers.reduce((sum, { stored }) => sum + stored, 0)).toBe(1);
  expect(answers.reduce((sum, { duplicate }) => sum + duplicate, 0)).toBe(59);
  expect(await storedCount(event)).toBe(1);
});

test('a quarantined event does not take its id: corrected, it is stored and its quarantine row closes', async () => {
  const event = moved();
  const broken = { ...event, data: { account: 'a' } };
  expect(await send(house.ingest.url, [broken])).toMatchObject({ quarantined: 1 });
  expect(await send(house.ingest.url, [broken])).toMatchObject({ quarantined: 1 });
  expect(await send(house.ingest.url, [event])).toMatchObject({ stored: 1 });
  expect(await send(house.ingest.url, [broken])).toMatchObject({ duplicate: 1 });
  await shipped(house.ingest.url);
  const status = `SELECT status, raw FROM quarantine_v1 FINAL WHERE id = '${event.id}'`;
  expect(await rows(house.clickhouse.reader, status)).toEqual(
    Array(2).fill({ status: 'closed', raw: JSON.stringify(broken) })
  );
});

test.each([
  ['no key', { authorization: '' }, '{}', 401, 'www-authenticate'],
  ['an unknown key', { authorization: 'Bearer nobody' }, '{}', 401, 'www-authenticate'],
  ['the internal token', { authorization: 'Bearer test-internal-token-0123456789' }, '{}', 401, 'www-authenticate'],
  ['no JSON', {}, '{"id":', 400, null],
  ['no UTF-8', {}, new Uint8Array([0x22, 0xff, 0x22]), 400, null],
  ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'a=b', 415, null],
  ['another charset', { 'content-type': 'application/json; charset=latin1' }, '[]', 415, null],
  ['another encoding', { 'content-encoding': 'br' }, '[]', 415, 'accept-encoding'],
  ['no gzip', { 'content-encoding': 'gzip' }, '[]', 400, null],
  ['a list as one event', { 'content-type': 'application/cloudevents+json' }, '[]', 400, null],
  ['one event as a list', { 'content-type': 'application/cloudevents-batch+json' }, '{}', 400, null]
])('the whole request is refused for %s', async (_what, headers, body, status, header) => {
  const answer = await post(house.ingest.url, body, headers);
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(Problem.parse(answer.body).status).toBe(status);
  if (header !== null) expect(answer.headers.has(header)).toBe(true);
});

test.each([
  ['plain', {}, () => Buffer.alloc(10 * 1024 * 1024 + 1, ' ')],
  ['as a gzip bomb', { 'content-encoding': 'gzip' }, () => gzipSync(Buffer.alloc(300 * 1024 * 1024, ' '))],
  [
    'as a zstd bomb',
    { 'content-encoding': 'zstd' },
    () => zstdCompressSync(Buffer.alloc(300 * 1024 * 1024, ' '), { params: { [constants.ZSTD_c_windowLog]: 23 } })
  ]
])('more than 10 MiB is refused and not unfolded: %s', async (_how, headers, body) => {
  const bytes = new Uint8Array(body());
  const before = process.memoryUsage.rss();
  // the answer comes before the body is sent whole: node:http keeps the answer where fetch may drop it
  const status = await new Promise((resolve, reject) => {
    const sending = request(`${house.ingest.url}/v1/events`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: 'Bearer test-key-0123456789',
        'content-length': bytes.length,
        ...headers
      }
    });
    sending.on('response', (response) => {
      resolve(response.statusCode);
      response.resume();
    });
    sending.on('error', (error) => setTimeout(() => reject(error), 200));
    sending.end(bytes);
  });
  expect(status).toBe(413);
  expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 1024 * 1024);
});

test.each([
  ['an array', 'application/json', (item: string) => `[${`${item},`.repeat(ITEMS_MAX)}${item}]`],
  ['lines', 'application/x-ndjson', (item: string) => `${item}\n`.repeat(ITEMS_MAX + 1)]
])(
  'millions of items fit into 10 MiB, each with an answer of its own: more than 100,000 are refused, %s',
  async (_how, type, of) => {
    const headers = { 'content-type': type };
    const answer = await post(house.ingest.url, of('{}'), headers);
    expect(answer.status).toBe(413);
    expect(Problem.parse(answer.body).detail).toContain('100000 events');
    // one less
    const taken = await post(house.ingest.url, of('1').replace(/1./s, ''), headers);
    expect(taken.status).toBe(400);
    expect(taken.body).toMatchObject({ rejected: ITEMS_MAX });
  }
);

test.each([
  ['in one piece', 0],
  ['cut behind the first', 1]
])('what stands behind a zstd frame is never left out in silence, %s', async (_how, cut) => {
  const frames = [moved(), moved()].map((event) => zstdCompressSync(`${JSON.stringify(event)}\n`));
  const pieces = cut === 0 ? [Buffer.concat(frames)] : frames;
  const sending = request(`${house.ingest.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', 'content-encoding': 'zstd', authorization: `Bearer ${API_KEY}` }
  });
  const answered = new Promise<{ status: number; text: string }>((resolve, reject) => {
    sending.on('error', reject);
    sending.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
  });
  for (const piece of pieces) {
    sending.write(piece);
    await new Promise((resume) => setTimeout(resume, 150));
  }
  sending.end();
  const { status, text } = await answered;
  const all = status === 200 && BatchAnswer.parse(JSON.parse(text)).stored === frames.length;
  expect({ status, all }).toEqual(all ? { status: 200, all } : { status: 400, all: false });
  if (!all) expect(Problem.parse(JSON.parse(text)).detail).toContain('one frame');
});

test('lines are judged each by itself, also where one is no UTF-8', async () => {
  const line = (): Buffer => Buffer.from(`${JSON.stringify(moved())}\n`);
  const body = Buffer.concat([line(), Buffer.from([0xff, 0x0a]), line()]);
  const answer = await post(house.ingest.url, new Uint8Array(body), { 'content-type': 'application/x-ndjson' });
  expect(answer).toMatchObject({
    status: 207,
    body: { stored: 2, rejected: 1, items: [{ index: 1, code: 'invalid_json' }] }
  });
});

test('whoever is refused before the body has come is not listened to any longer', async () => {
  const { port } = new URL(house.ingest.url);
  const socket = connect(Number(port), '127.0.0.1');
  const closed = new Promise<string>((resolve) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
  });
  socket.write(
    'POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer nobody\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n'
  );
  const drip = setInterval(() => socket.write(' '), 50);
  const text = await closed;
  clearInterval(drip);
  expect(text).toMatch(/^HTTP\/1\.1 401 [^]*connection: close/i);
});

test('a body that stops after it came fast is not waited for', { timeout: 30_000 }, async () => {
  const sending = request(`${house.ingest.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': 9_000_000, authorization: `Bearer ${API_KEY}` }
  });
  const status = new Promise((resolve) => {
    sending.on('response', (response) => {
      resolve(response.statusCode);
      response.resume();
    });
    sending.on('error', () => resolve('closed'));
  });
  sending.write(' '.repeat(1_000_000));
  expect([408, 'closed']).toContain(await status);
});

test('an array is JSON or it is not: one broken element, and nothing of it is taken', async () => {
  const good = moved();
  const broken = `[${JSON.stringify(good)},{"id":"x",}]`;
  const answer = await post(house.ingest.url, broken);
  expect(answer.status).toBe(400);
  expect(Problem.parse(answer.body).detail).toContain('not JSON');
  expect(await send(house.ingest.url, [good])).toMatchObject({ stored: 1 });
});

test('a full 10 MiB of events is taken', async () => {
  const events = Array.from({ length: 60 }, () =>
    moved({ data: { account: 'a', amount_minor: 1, currency: 'BRL', category: 'yield', pad: 'x'.repeat(170_000) } })
  );
  expect(await send(house.ingest.url, events)).toMatchObject({ stored: 60, items: [] });
});

test('many bodies that hardly come keep nobody else out', async () => {
  const packed = gzipSync(JSON.stringify(moved()));
  const open = await Promise.all(
    Array.from({ length: 40 }, () => {
      const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip', ...as(API_KEY) };
      const slow = request(`${house.ingest.url}/v1/events`, { method: 'POST', headers });
      slow.on('error', () => undefined);
      return new Promise<typeof slow>((settle) => slow.write(packed.subarray(0, 5), () => settle(slow)));
    })
  );
  await eventually('all of them to be read', 5_000, async () => {
    const text = await (await fetch(`${house.ingest.url}/metrics`)).text();
    return Number(/^nodejs_active_resources\{type="TCPSocketWrap"\} (\d+)$/m.exec(text)?.[1]) >= open.length;
  });
  const answer = await post(house.ingest.url, gzipSync(JSON.stringify(moved())), { 'content-encoding': 'gzip' });
  expect(answer).toMatchObject({ status: 200, body: { stored: 1 } });
  for (const slow of open) slow.destroy();
});

test('a key reaches only its sources, types and scopes', async () => {
  const { secret } = await newKey({ sources: ['urn:mine'], types: ['account.moved'] });
  const mixed = await post(
    house.ingest.url,
    JSON.stringify([moved({ source: 'urn:mine' }), moved(), moved({ source: 'urn:mine', type: 'order.placed' })]),
    as(secret)
  );
  expect(mixed.status).toBe(207);
  expect(BatchAnswer.parse(mixed.body).items.map(({ code }) => code)).toEqual(['source_forbidden', 'type_forbidden']);
  expect(await post(house.ingest.url, JSON.stringify([moved(), moved()]), as(secret))).toMatchObject({ status: 403 });
  const quarantineOnly = await newKey({ scopes: ['quarantine'] });
  expect(await post(house.ingest.url, JSON.stringify(moved()), as(quarantineOnly.secret))).toMatchObject({
    status: 403
  });
});

test('over its rate a key waits, and is told how long', async () => {
  const { secret } = await newKey({ rate: 5 });
  const within = await post(house.ingest.url, JSON.stringify(Array.from({ length: 10 }, () => moved())), as(secret));
  expect(within).toMatchObject({ status: 200, body: { stored: 10 } });
  expect(within.headers.get('ratelimit-policy')).toBe('"events";q=10;w=2');
  expect(within.headers.get('ratelimit')).toBe('"events";r=0;t=2');
  const event = moved();
  const over = await post(house.ingest.url, JSON.stringify([event, moved(), moved(), moved(), moved()]), as(secret));
  expect(over.status).toBe(429);
  expect(over.headers.get('retry-after')).toBe('1');
  expect(await storedCount(event)).toBe(0);
});

test('keys: the secret is told once, the list shows last use, a revocation by another process is in force within 5 s', async () => {
  const { key, secret } = await newKey({ name: 'loja' });
  expect(secret.endsWith(key.last4)).toBe(true);
  expect(await post(house.ingest.url, JSON.stringify(moved()), as(secret))).toMatchObject({ status: 200 });
  const listed = KeysAnswer.parse(await (await askInternal(house.ingest.url, '/keys')).json());
  const mine = listed.keys.find(({ key_id }) => key_id === key.key_id);
  expect(mine).toMatchObject({ name: 'loja', revoked_at: null });
  expect(Date.now() - (mine?.last_used_at ?? 0)).toBeLessThan(10_000);
  expect(JSON.stringify(listed)).not.toContain(secret);

  const elsewhere = openKeyStore(join(house.dataDir, 'ingest.sqlite'));
  elsewhere.revoke(key.key_id, Date.now());
  const added = elsewhere.create({ name: 'cli', scopes: ['ingest'], sources: [], types: [], rate: null }, Date.now());
  elsewhere.close();
  await eventually(
    'the revocation in force',
    5_000,
    async () => (await post(house.ingest.url, JSON.stringify(moved()), as(secret))).status === 401
  );
  expect(await post(house.ingest.url, JSON.stringify(moved()), as(added.secret))).toMatchObject({ status: 200 });

  const revoked = await askInternal(house.ingest.url, `/keys/${added.key.key_id}/revoke`, { method: 'POST' });
  expect(revoked.status).toBe(200);
  expect((await post(house.ingest.url, JSON.stringify(moved()), as(added.secret))).status).toBe(401);
});

test('a key made by another process is taken at once', async () => {
  const elsewhere = openKeyStore(join(house.dataDir, 'ingest.sqlite'));
  const { secret } = elsewhere.create(
    { name: 'just made', scopes: ['ingest'], sources: [], types: [], rate: null },
    Date.now()
  );
  expect((await post(house.ingest.url, '[]', { authorization: `Bearer ${secret}` })).status).toBe(200);
  elsewhere.close();
});

test('a rotated key is accepted beside its successor until its end, and both share one rate', async () => {
  const { key, secret } = await newKey({ name: 'rotating', sources: ['urn:test'], rate: 5 });
  const rotate = (keyId: string, grace_hours: number): Promise<Response> =>
    askInternal(house.ingest.url, `/keys/${keyId}/rotate`, { method: 'POST', body: JSON.stringify({ grace_hours }) });
  const next = KeyCreated.parse(await (await rotate(key.key_id, 1)).json());
  expect(next.key).toMatchObject({ name: 'rotating', sources: ['urn:test'], rate: 5, expires_at: null });
  expect(next.secret).not.toBe(secret);
  const six = (): string => JSON.stringify(Array.from({ length: 6 }, () => moved()));
  expect(await post(house.ingest.url, six(), as(secret))).toMatchObject({ status: 200 });
  expect(await post(house.ingest.url, six(), as(next.secret))).toMatchObject({ status: 429 });
  const { keys } = KeysAnswer.parse(await (await askInternal(house.ingest.url, '/keys')).json());
  const old = keys.find(({ key_id }) => key_id === key.key_id);
  expect(Math.abs((old?.expires_at ?? 0) - Date.now() - 3_600_000)).toBeLessThan(60_000);
  // a key has one successor
  expect((await rotate(key.key_id, 1)).status).toBe(404);
  const last = KeyCreated.parse(await (await rotate(next.key.key_id, 0)).json());
  expect((await post(house.ingest.url, '[]', as(next.secret))).status).toBe(401);
  expect((await post(house.ingest.url, '[]', as(last.secret))).status).toBe(200);
  expect((await rotate('nobody', 1)).status).toBe(404);
  expect((await rotate(last.key.key_id, -1)).status).toBe(400);
});

test('the doorbell beats each second and rings for what a batch changed', async () => {
  await shipped(house.ingest.url);
  const abort = new AbortController();
  const response = await fetch(`${house.ingest.url}/internal/doorbell`, {
    headers: { authorization: 'Bearer test-internal-token-0123456789' },
    signal: abort.signal
  });
  const messages: DoorbellMessage[] = [];
  const listening = (async () => {
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      messages.push(...lines.map((line) => DoorbellMessage.parse(JSON.parse(line))));
    }
  })().catch(() => undefined);
  await eventually('a beat', 10_000, () =>
    messages.some((message) => message.kind === 'beat' && message.clickhouse_ok)
  );
  const time = '2026-11-21T00:00:00Z';
  await send(house.ingest.url, [moved({ time })]);
  const isOurs = (message: DoorbellMessage): boolean =>
    message.kind === 'committed' && message.groups.includes('cash') && message.watermarks.payments === Date.parse(time);
  await eventually('the ring for cash with its watermark', 10_000, () => messages.some(isOurs));
  await eventually('two more beats', 10_000, () => messages.filter(({ kind }) => kind === 'beat').length >= 3);
  await eventually('a beat that says all of it is visible', 10_000, () => {
    const beat = messages.findLast((message) => message.kind === 'beat');
    return beat?.clickhouse_ok === true && beat.waiting_since === null && beat.acknowledged_seq === beat.visible_seq;
  });
  abort.abort();
  await listening;
});

test('the internal interface opens only to its token', async () => {
  for (const [method, path] of [
    ['GET', '/flow'],
    ['GET', '/keys'],
    ['POST', '/keys'],
    ['POST', '/keys/x/revoke'],
    ['POST', '/keys/x/rotate'],
    ['GET', '/quarantine'],
    ['GET', '/quarantine/reasons'],
    ['GET', '/quarantine/open'],
    ['POST', '/quarantine/replay'],
    ['POST', '/quarantine/test'],
    ['POST', '/rebuild'],
    ['GET', '/doorbell']
  ] as const) {
    const answer = await fetch(`${house.ingest.url}/internal${path}`, {
      method,
      headers: { authorization: 'Bearer test-key-0123456789' }
    });
    expect([path, answer.status]).toEqual([path, 401]);
  }
});

test('a rebuild while live ends in the same figures and rings', async () => {
  await shipped(house.ingest.url);
  const sums =
    'SELECT measure, currency, account, sum(amount_minor) AS minor FROM money_movements_v1 GROUP BY ALL ORDER BY ALL';
  const before = await rows(house.clickhouse.reader, sums);
  const answer = await askInternal(house.ingest.url, '/rebuild', { method: 'POST' });
  expect(answer.status).toBe(200);
  expect(await rows(house.clickhouse.reader, sums)).toEqual(before);
  const after = moved();
  await send(house.ingest.url, [after]);
  expect(await storedCount(after)).toBe(1);
});

test('the stages of batches add up to the time until they are visible, under load', async () => {
  const lane = async (): Promise<void> => {
    for (let i = 0; i < 10; i++)
      await send(
        house.ingest.url,
        Array.from({ length: 100 }, () => moved())
      );
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
  await shipped(house.ingest.url);
  const metrics = await (await fetch(`${house.ingest.url}/metrics`)).text();
  const sumOf = (stage: string): number =>
    Number(new RegExp(`^pulso_ingest_stage_seconds_sum\\{stage="${stage}"\\} (\\S+)$`, 'm').exec(metrics)?.[1]);
  const whole = sumOf('visible');
  const together = ['acknowledge', 'wait', 'ship', 'derive'].reduce((sum, stage) => sum + sumOf(stage), 0);
  expect(Math.abs(together - whole)).toBeLessThan(whole * 0.1);
});

test('every metric of the example alert rules is there', async () => {
  const rules = await readFile(new URL('../../ingest/alerts.example.yml', import.meta.url), 'utf8');
  const metrics = await (await fetch(`${house.ingest.url}/metrics`)).text();
  const named = new Set(rules.match(/\b(?:pulso|process|nodejs)_[a-z_]+/g));
  expect(named.size).toBeGreaterThan(6);
  expect([...named].filter((name) => !metrics.includes(`# TYPE ${name.replace(/_(bucket|sum|count)$/, '')} `))).toEqual(
    []
  );
});

test('an alert on any increase also sees the first sample of a counter, and the journal is held against its own bound', async () => {
  const rules = await readFile(new URL('../../ingest/alerts.example.yml', import.meta.url), 'utf8');
  const asked = rules.split(/- alert: /).slice(1);
  const blind = asked.filter((rule) => /increase\([^)]*\)\)? > 0/.test(rule) && !/unless .* offset/.test(rule));
  expect(blind).toEqual([]);
  const metrics = await (await fetch(`${house.ingest.url}/metrics`)).text();
  expect(metrics).toMatch(/^pulso_ingest_journal_bytes_max 268435456$/m);
  expect(rules).toContain('pulso_ingest_journal_bytes / pulso_ingest_journal_bytes_max > 0.8');
});

test('health, readiness, metrics; unknown paths and methods are told so', async () => {
  const get = (path: string, init = {}): Promise<Response> => fetch(`${house.ingest.url}${path}`, init);
  expect((await get('/healthz')).status).toBe(200);
  expect((await get('/readyz')).status).toBe(200);
  const metrics = await (await get('/metrics')).text();
  expect(metrics).toMatch(/pulso_ingest_events_total\{outcome="stored",code="",source="urn:test"\} \d+/);
  expect(metrics).toMatch(
    /pulso_ingest_events_total\{outcome="quarantined",code="unknown_type",source="urn:test"\} [1-9]/
  );
  expect((await get('/nothing')).status).toBe(404);
  const wrong = await get('/v1/events');
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
});

test('HEAD is served wherever GET is, without a body', async () => {
  const internal = { authorization: 'Bearer test-internal-token-0123456789' };
  for (const path of ['/healthz', '/readyz', '/metrics', '/openapi.json', '/internal/keys', '/internal/doorbell']) {
    const answer = await fetch(`${house.ingest.url}${path}`, { method: 'HEAD', headers: internal });
    expect([path, answer.status, await answer.text()]).toEqual([path, 200, '']);
  }
  expect((await fetch(`${house.ingest.url}/v1/quarantine`, { method: 'HEAD' })).status).toBe(401);
  expect((await fetch(`${house.ingest.url}/v1/events`, { method: 'HEAD' })).status).toBe(405);
  const wrong = await fetch(`${house.ingest.url}/healthz`, { method: 'POST' });
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
});
