/** Lines of the contract about answers that other files only pass by: their headers, their media type, and that nothing of them is kept. */
import { createHmac } from 'node:crypto';
import { request } from 'node:http';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { KeyCreated, type NewIngestKey } from '#lib/contracts/internal.ts';
import { SourceCreated } from '#lib/contracts/sources.ts';
import { API_KEY, askInternal, post, rows, shipped } from '../support/ingest.ts';
import { ingestForFile } from '../support/ingest-for-file.ts';

const house = ingestForFile();

let counter = 0;
const moved = (change: object = {}): object => ({
  id: `c-${++counter}`,
  source: 'urn:contract',
  type: 'account.moved',
  time: '2026-11-20T12:00:00Z',
  data: { account: 'a', amount_minor: 1, currency: 'BRL', category: 'yield' },
  ...change
});
const lines = (count: number): string =>
  Array.from({ length: count }, () => `${JSON.stringify(moved({ source: 'urn:half' }))}\n`).join('');

async function keyFor(input: Partial<NewIngestKey>): Promise<string> {
  const answer = await askInternal(house.ingest.url, '/keys', {
    method: 'POST',
    body: JSON.stringify({ name: 'contract', ...input })
  });
  return KeyCreated.parse(await answer.json()).secret;
}
const ask = (body: BodyInit, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${house.ingest.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${API_KEY}`, ...headers },
    body
  });
const problemOf = async (response: Response): Promise<unknown> => ({
  status: response.status,
  type: response.headers.get('content-type'),
  body: z.unknown().parse(await response.json())
});
const isProblem = (status: number): object => ({ status, type: 'application/problem+json', body: { status } });

test('every refusal of a whole request is a problem by RFC 9457', async () => {
  const other = await keyFor({ sources: ['urn:other'] });
  expect(await problemOf(await ask(JSON.stringify(moved()), { authorization: 'Bearer x' }))).toMatchObject(
    isProblem(401)
  );
  expect(await problemOf(await ask(JSON.stringify(moved()), { authorization: `Bearer ${other}` }))).toMatchObject(
    isProblem(403)
  );
  expect(await problemOf(await ask('{'))).toMatchObject(isProblem(400));
  expect(await problemOf(await ask('a', { 'content-type': 'text/plain' }))).toMatchObject(isProblem(415));
  const bomb = gzipSync(Buffer.alloc(11 * 1024 * 1024, 0x20));
  expect(await problemOf(await ask(bomb, { 'content-encoding': 'gzip' }))).toMatchObject(isProblem(413));
});

test('over its rate a key is told by the standard headers what it may, what is left, and when', async () => {
  const slow = await keyFor({ rate: 10 });
  const many = (): string => JSON.stringify(Array.from({ length: 20 }, () => moved()));
  expect((await ask(many(), { authorization: `Bearer ${slow}` })).status).toBe(200);
  const over = await ask(many(), { authorization: `Bearer ${slow}` });
  expect(over.headers.get('ratelimit-policy')).toBe('"events";q=20;w=2');
  expect(over.headers.get('ratelimit')).toMatch(/^"events";r=\d+;t=\d+$/);
  expect(Number(over.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await problemOf(over)).toMatchObject(isProblem(429));
});

test('an event beyond 256 KiB is rejected by its place, its neighbours are taken', async () => {
  const large = moved({ padding: 'x'.repeat(256 * 1024) });
  expect(await post(house.ingest.url, JSON.stringify([moved(), large]))).toMatchObject({
    status: 207,
    body: { stored: 1, rejected: 1, items: [{ index: 1, status: 'rejected', code: 'event_too_large' }] }
  });
});

describe('of a body that breaks off nothing is taken, though whole lines came before', () => {
  const NDJSON = { 'content-type': 'application/x-ndjson' };
  const taken = async (): Promise<unknown> => {
    await shipped(house.ingest.url);
    return rows(house.clickhouse.reader, "SELECT id FROM events_raw_v1 WHERE source = 'urn:half' LIMIT 3");
  };

  test.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync]
  ] as const)('%s, cut', async (encoding, pack) => {
    const packed = pack(lines(2_000));
    const cut = packed.subarray(0, packed.length - 20);
    expect(await problemOf(await ask(cut, { ...NDJSON, 'content-encoding': encoding }))).toMatchObject(isProblem(400));
    expect(await taken()).toEqual([]);
  });

  test('more than 10 MiB of lines', async () => {
    const many = lines(80_000);
    expect(many.length).toBeGreaterThan(10 * 1024 * 1024);
    const packed = gzipSync(many);
    expect(await problemOf(await ask(packed, { ...NDJSON, 'content-encoding': 'gzip' }))).toMatchObject(isProblem(413));
    expect(await taken()).toEqual([]);
  });

  test('shorter than it said', async () => {
    const body = lines(500);
    const asked = request(`${house.ingest.url}/v1/events`, {
      method: 'POST',
      headers: { ...NDJSON, authorization: `Bearer ${API_KEY}`, 'content-length': Buffer.byteLength(body) + 10 }
    });
    const ended = new Promise<void>((resolve) => asked.on('error', () => resolve()));
    asked.write(body, () => setTimeout(() => asked.destroy(), 200));
    await ended;
    expect(await taken()).toEqual([]);
  });
});

test('a call of a platform is refused as a problem, too: too old or too new, and any of several signatures fits', async () => {
  const answer = await askInternal(house.ingest.url, '/sources', {
    method: 'POST',
    body: JSON.stringify({ platform: 'standard', source: 'erp' })
  });
  const { secret } = SourceCreated.parse(await answer.json());
  const key = Buffer.from((secret ?? '').slice('whsec_'.length), 'base64');
  const body = JSON.stringify({ type: 'account.moved', time: '2026-11-20T12:00:00Z', data: {} });
  const sign = (id: string, at: number): string =>
    `v1,${createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64')}`;
  const call = (id: string, offset: number, signatures: (one: string) => string): Promise<Response> => {
    const at = Math.floor(Date.now() / 1_000) + offset;
    return fetch(`${house.ingest.url}/v1/webhooks/standard/erp`, {
      method: 'POST',
      headers: {
        'webhook-id': id,
        'webhook-timestamp': String(at),
        'webhook-signature': signatures(sign(id, at))
      },
      body
    });
  };
  const forged = `v1,${Buffer.alloc(32).toString('base64')}`;
  expect((await call('m1', 0, (one) => `${forged} v1a,x ${one}`)).status).toBe(200);
  for (const offset of [-310, 310])
    expect(await problemOf(await call('m2', offset, (one) => one))).toMatchObject(isProblem(401));
  expect(await problemOf(await call('m3', 0, () => forged))).toMatchObject(isProblem(401));
});
