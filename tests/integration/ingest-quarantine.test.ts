import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { z } from 'zod/mini';
import { KeyCreated, type NewIngestKey } from '#lib/contracts/internal.ts';
import {
  QuarantineOpen,
  QuarantineReasons,
  QuarantineRows,
  QuarantineTest,
  ReplayAnswer,
  type QuarantineRow
} from '#lib/contracts/quarantine.ts';
import { API_KEY, askInternal, post, rows, send, shipped } from '../support/ingest.ts';
import { ingestForFile } from '../support/ingest-for-file.ts';

let now = Date.now();
const house = ingestForFile({ now: () => now });

let counter = 0;
/** `source` of its own, so that each test sees its own rows */
const moved = (source: string, change: object = {}): { id: string } & Record<string, unknown> => ({
  id: `q-${++counter}`,
  source,
  type: 'account.moved',
  time: '2026-11-20T12:00:00Z',
  data: { account: 'a', amount_minor: 100, currency: 'BRL', category: 'yield' },
  ...change
});
const broken = (source: string, change: object = {}): ReturnType<typeof moved> =>
  moved(source, { data: { account: 'a', amount_minor: 1.5, currency: 'BRL', category: 'yield' }, ...change });

async function ask<S extends z.ZodMiniType>(
  schema: S,
  path: string,
  key = API_KEY,
  body?: object
): Promise<z.output<S>> {
  const answer = await fetch(`${house.ingest.url}/v1/quarantine${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${key}` },
    ...(body && { body: JSON.stringify(body) })
  });
  expect(answer.status).toBe(200);
  return schema.parse(await answer.json());
}
async function listed(source: string, filter = ''): Promise<QuarantineRow[]> {
  await shipped(house.ingest.url);
  return (await ask(QuarantineRows, `?source=${encodeURIComponent(source)}${filter}`)).rows;
}
const replay = (body: object, key = API_KEY): Promise<z.infer<typeof ReplayAnswer>> =>
  ask(ReplayAnswer, '/replay', key, body);
async function newKey(input: Partial<NewIngestKey>): Promise<string> {
  const answer = await askInternal(house.ingest.url, '/keys', {
    method: 'POST',
    body: JSON.stringify({ name: 'q', ...input })
  });
  return KeyCreated.parse(await answer.json()).secret;
}
const ids = (found: readonly QuarantineRow[]): number[] => found.map(({ quarantine_id }) => quarantine_id);
const stored = (source: string): Promise<Record<string, unknown>[]> =>
  rows(
    house.clickhouse.reader,
    `SELECT id, toUnixTimestamp64Milli(time) AS time FROM events_raw_v1 WHERE source = '${source}' ORDER BY seq`
  );

test('quarantine is listed newest first, filtered, in pages, with the bytes as they came', async () => {
  const source = 'urn:list';
  const text = `{ "id":"q-raw", "source":"${source}",  "type":"account.moved", "data":{"amount_minor":10.000000000000000001} }`;
  await post(house.ingest.url, `[${text}]`);
  const unknown = moved(source, { type: 'debt.adjusted' });
  await send(house.ingest.url, [unknown]);
  const all = await listed(source);
  expect(all.map(({ id, code, path, status }) => [id, code, path, status])).toEqual([
    [unknown.id, 'unknown_type', '/type', 'open'],
    ['q-raw', 'invalid_data', '/data/account', 'open']
  ]);
  expect(all[1]?.raw).toBe(text);
  expect(await listed(source, '&code=unknown_type')).toHaveLength(1);
  expect(await listed(source, '&type=account.moved')).toMatchObject([{ id: 'q-raw' }]);
  expect(await listed(source, '&id=q-raw')).toHaveLength(1);
  expect(await listed(source, '&status=closed')).toEqual([]);
  expect((await listed(source, '&raw=false')).map(({ raw }) => raw)).toEqual([null, null]);
  const first = await ask(QuarantineRows, `?source=${source}&limit=1`);
  expect([ids(first.rows), first.next_before]).toEqual([[all[0]?.quarantine_id], all[0]?.quarantine_id]);
  const second = await ask(QuarantineRows, `?source=${source}&limit=1&before=${String(first.next_before)}`);
  expect([ids(second.rows), second.next_before]).toEqual([[all[1]?.quarantine_id], null]);
});

test('money at stake is what can be read exactly, by reason, and nothing guessed', async () => {
  const source = 'urn:money';
  const order = (line: object): object =>
    moved(source, { type: 'order.placed', data: { order_id: 5, currency: 'BRL', lines: [line] } });
  await send(house.ingest.url, [
    moved(source, { data: { account: 5, amount_minor: -700, currency: 'BRL', category: 'yield' } }),
    broken(source),
    moved(source, { data: { account: 'a', amount_minor: 700, currency: 'REAL', category: 'yield' } }),
    moved(source, { type: 'debt.adjusted' }),
    order({ sku: 'S', quantity: 3, unit_price_minor: 250 }),
    order({ sku: 'S', quantity: 3, unit_price_minor: '250' }),
    moved(source, {
      type: 'invoice.issued',
      data: {
        invoice_id: 'I',
        currency: 'BRL',
        installments: [100, 200].map((amount_minor, number) => ({ number, due_date: '2026-12-01', amount_minor }))
      }
    })
  ]);
  const found = await listed(source);
  expect(found.map(({ amount_minor }) => amount_minor).toReversed()).toEqual([700, null, null, null, 750, null, 300]);
  const { reasons } = QuarantineReasons.parse(
    await (await askInternal(house.ingest.url, '/quarantine/reasons')).json()
  );
  expect(reasons.filter((reason) => reason.source === source)).toEqual([
    { code: 'invalid_data', source, currency: 'BRL', events: 3, amount_minor: 1_750 },
    { code: 'invalid_data', source, currency: null, events: 3, amount_minor: 0 },
    { code: 'unknown_type', source, currency: null, events: 1, amount_minor: 0 }
  ]);
});

test('a corrected event is replayed once: it keeps its id and time, its row closes, the original is kept', async () => {
  const source = 'urn:correct';
  const event = broken(source);
  await send(house.ingest.url, [event]);
  const [row] = await listed(source);
  const id = row?.quarantine_id ?? 0;
  expect(await replay({ ids: [id] })).toMatchObject({
    replayed: 0,
    skipped: 0,
    errors: [{ quarantine_id: id, code: 'invalid_data', path: '/data/amount_minor' }]
  });
  const bodies = { [id]: { ...event, data: { account: 'a', amount_minor: 150, currency: 'BRL', category: 'yield' } } };
  expect(await replay({ ids: [id], bodies, dry_run: true })).toEqual({ replayed: 1, skipped: 0, errors: [] });
  expect(await stored(source)).toEqual([]);
  expect(await replay({ ids: [id], bodies })).toEqual({ replayed: 1, skipped: 0, errors: [] });
  expect(await listed(source)).toEqual([]);
  expect(await listed(source, '&status=closed')).toMatchObject([{ quarantine_id: id, raw: JSON.stringify(event) }]);
  expect(await stored(source)).toEqual([{ id: event.id, time: Date.UTC(2026, 10, 20, 12) }]);
  expect(await replay({ ids: [id], bodies })).toEqual({ replayed: 0, skipped: 1, errors: [] });
  expect(await stored(source)).toHaveLength(1);
});

test('an event without a time keeps the moment it came; one from the future is replayed when its time has come', async () => {
  const source = 'urn:time';
  const { time: _, ...timeless } = broken(source);
  const ahead = moved(source, { time: new Date(now + 3_600_000).toISOString() });
  const came = now;
  await send(house.ingest.url, [timeless, ahead]);
  const found = await listed(source);
  const [future, past] = found;
  const bodies = {
    [past?.quarantine_id ?? 0]: JSON.stringify({ ...timeless, data: moved(source).data })
  };
  now += 1_000_000;
  expect(await replay({ ids: ids(found), bodies })).toMatchObject({
    replayed: 1,
    errors: [{ quarantine_id: future?.quarantine_id, code: 'future_time', path: '/time' }]
  });
  now += 3_000_000;
  expect(await replay({ ids: ids(found) })).toEqual({ replayed: 1, skipped: 1, errors: [] });
  expect(await stored(source)).toEqual([
    { id: timeless.id, time: came },
    { id: ahead.id, time: came + 3_600_000 }
  ]);
});

test('a correction keeps source and id, is JSON, and counts once even if the event waits several times', async () => {
  const source = 'urn:strict';
  const event = broken(source);
  await send(house.ingest.url, [event]);
  await send(house.ingest.url, [event]);
  const found = await listed(source);
  const [id = 0, other = 0] = ids(found);
  const right = { ...event, data: moved(source).data };
  const error = async (body: unknown): Promise<unknown> =>
    (await replay({ ids: [id], bodies: { [id]: body } })).errors[0];
  expect(await error({ ...right, id: 'another' })).toMatchObject({ code: 'identity_changed', path: '/id' });
  expect(await error({ ...right, source: 'urn:other' })).toMatchObject({ code: 'identity_changed', path: '/source' });
  expect(await error('{"id":')).toMatchObject({ code: 'invalid_json' });
  expect(await error(JSON.stringify(right).replace('100', '9007199254740993'))).toMatchObject({
    code: 'invalid_data',
    path: '/data/amount_minor'
  });
  expect(await replay({ ids: [9_999_999] })).toMatchObject({ errors: [{ code: 'not_found' }] });
  const bodies = { [id]: right, [other]: right };
  expect(await replay({ ids: [id, other], bodies })).toEqual({ replayed: 1, skipped: 1, errors: [] });
  expect(await listed(source)).toEqual([]);
  expect(await stored(source)).toHaveLength(1);
});

test('a row whose event was stored meanwhile is closed by its replay', async () => {
  const source = 'urn:meanwhile';
  const event = moved(source);
  await send(house.ingest.url, [event]);
  await shipped(house.ingest.url);
  // as one that had no room in memory when it was quarantined
  const row = {
    quarantine_id: 1,
    version: 1,
    source,
    id: event.id,
    type: event.type,
    received_at: now,
    code: 'invalid_data'
  };
  const text = JSON.stringify({
    ...row,
    path: '',
    message: '',
    raw: JSON.stringify(event),
    key_id: '',
    status: 'open'
  });
  await house.clickhouse.writer.insert('quarantine_v1', text, { token: 'meanwhile' });
  const [waiting] = await listed(source);
  expect(await replay({ ids: [waiting?.quarantine_id ?? 0] })).toEqual({ replayed: 0, skipped: 1, errors: [] });
  expect(await listed(source)).toEqual([]);
  const closed = `SELECT toUnixTimestamp64Milli(closed_at) AS at FROM quarantine_v1 FINAL WHERE source = '${source}'`;
  expect(await rows(house.clickhouse.reader, closed)).toEqual([{ at: now }]);
});

test('what was resolved in the last seven days is counted by reason and source, and what waits in all', async () => {
  const source = 'urn:resolved';
  const internally = async <S extends z.ZodMiniType>(schema: S, path: string): Promise<z.output<S>> => {
    await shipped(house.ingest.url);
    return schema.parse(await (await askInternal(house.ingest.url, `/quarantine/${path}`)).json());
  };
  const resolved = async (): Promise<unknown[]> =>
    (await internally(QuarantineReasons, 'reasons')).resolved.filter((one) => one.source === source);
  const open = async (): Promise<number> => (await internally(QuarantineOpen, 'open')).events;
  const before = await open();
  const [replayed, again, unknown, waits] = [
    broken(source),
    broken(source),
    moved(source, { type: 'x.y' }),
    broken(source)
  ];
  await send(house.ingest.url, [replayed, again, unknown, waits]);
  expect(await open()).toBe(before + 4);
  expect(await resolved()).toEqual([]);

  const row = (await listed(source)).find(({ id }) => id === replayed.id);
  const id = row?.quarantine_id ?? 0;
  await replay({ ids: [id], bodies: { [id]: { ...replayed, data: moved(source).data } } });
  expect(await resolved()).toEqual([{ code: 'invalid_data', source, events: 1 }]);
  // three days later two come again, corrected, from the producer
  now += 3 * 86_400_000;
  await send(house.ingest.url, [
    { ...again, data: moved(source).data },
    { ...unknown, type: 'account.moved' }
  ]);
  expect(await resolved()).toEqual([
    { code: 'invalid_data', source, events: 2 },
    { code: 'unknown_type', source, events: 1 }
  ]);
  expect(await open()).toBe(before + 1);
  now += 4 * 86_400_000;
  expect(await resolved()).toEqual([
    { code: 'invalid_data', source, events: 2 },
    { code: 'unknown_type', source, events: 1 }
  ]);
  now += 1;
  expect(await resolved()).toEqual([
    { code: 'invalid_data', source, events: 1 },
    { code: 'unknown_type', source, events: 1 }
  ]);
});

test('an event sent five times waits once, with its money once, as its newest copy, and is resolved once', async () => {
  const source = 'urn:again';
  const internally = async <S extends z.ZodMiniType>(schema: S, path: string): Promise<z.output<S>> => {
    await shipped(house.ingest.url);
    return schema.parse(await (await askInternal(house.ingest.url, `/quarantine/${path}`)).json());
  };
  const before = (await internally(QuarantineOpen, 'open')).events;
  const event = moved(source, { data: { account: 5, amount_minor: 1_000, currency: 'BRL', category: 'yield' } });
  await send(house.ingest.url, [{ ...event, type: 'debt.adjusted' }]);
  for (const _ of [2, 3, 4, 5]) await send(house.ingest.url, [event]);
  expect(await listed(source)).toHaveLength(5);
  const of = (rows: readonly { readonly source: string }[]): unknown[] => rows.filter((one) => one.source === source);
  expect(of((await internally(QuarantineReasons, 'reasons')).reasons)).toEqual([
    { code: 'invalid_data', source, currency: 'BRL', events: 1, amount_minor: 1_000 }
  ]);
  expect((await internally(QuarantineOpen, 'open')).events).toBe(before + 1);
  await send(house.ingest.url, [{ ...event, data: moved(source).data }]);
  const after = await internally(QuarantineReasons, 'reasons');
  expect(of(after.reasons)).toEqual([]);
  expect(of(after.resolved)).toEqual([{ code: 'invalid_data', source, events: 1 }]);
  expect((await internally(QuarantineOpen, 'open')).events).toBe(before);
});

test('a page ends where its texts together have 8 MiB, the next begins there, and a replay of them all is judged in parts', async () => {
  const source = 'urn:large';
  const pageBytes = 8 * 1024 * 1024;
  // escaped in JSON, so that characters and bytes differ
  const category = '"日'.repeat(40_000);
  const large = Array.from({ length: 60 }, () =>
    moved(source, { data: { account: 'a', amount_minor: 1.5, currency: 'BRL', category } })
  );
  for (let at = 0; at < large.length; at += 20) await send(house.ingest.url, large.slice(at, at + 20));
  await shipped(house.ingest.url);
  const pages: QuarantineRow[][] = [];
  for (let before: number | null = null; pages.length === 0 || before !== null;) {
    const from: string = before === null ? '' : `&before=${String(before)}`;
    const page: QuarantineRows = await ask(QuarantineRows, `?source=${source}&limit=500${from}`);
    pages.push(page.rows);
    before = page.next_before;
  }
  expect(pages.length).toBeGreaterThan(1);
  const bytesOf = (page: readonly QuarantineRow[]): number =>
    page.reduce((sum, { raw }) => sum + Buffer.byteLength(raw ?? ''), 0);
  for (const page of pages) expect(bytesOf(page)).toBeLessThanOrEqual(pageBytes);
  const all = pages.flat();
  expect(all.map(({ id }) => id)).toEqual(large.map(({ id }) => id).toReversed());
  expect(all[0]?.raw).toBe(JSON.stringify(large.at(-1)));
  // without texts a page ends at its limit
  expect(await listed(source, '&limit=500&raw=false')).toHaveLength(60);
  const wanted = [9_999_998, ...ids(all)];
  const asTheyCame = await replay({ ids: wanted });
  expect(asTheyCame.errors.map(({ quarantine_id }) => quarantine_id)).toEqual(wanted);
  const bodies = Object.fromEntries(
    all.map((row) => [row.quarantine_id, { ...moved(source), source: row.source, id: row.id }])
  );
  expect(await replay({ ids: wanted, bodies })).toMatchObject({ replayed: 60, errors: [{ code: 'not_found' }] });
  expect(await listed(source)).toEqual([]);
});

test('a key sees and replays only its own sources and types, and needs the scope', async () => {
  const [mine, theirs] = ['urn:mine', 'urn:theirs'];
  await send(house.ingest.url, [broken(mine), broken(theirs)]);
  await shipped(house.ingest.url);
  const secret = await newKey({ scopes: ['quarantine'], sources: [mine] });
  const seen = await ask(QuarantineRows, '?limit=500', secret);
  expect(new Set(seen.rows.map(({ source }) => source))).toEqual(new Set([mine]));
  const [foreign] = await listed(theirs);
  expect(await replay({ ids: [foreign?.quarantine_id ?? 0] }, secret)).toMatchObject({
    errors: [{ code: 'not_found' }]
  });
  const otherTypes = await newKey({ scopes: ['quarantine'], types: ['order.placed'] });
  const { rows: ofType } = await ask(QuarantineRows, '?limit=500', otherTypes);
  expect(ofType.filter(({ type }) => type !== 'order.placed')).toEqual([]);
  expect(await replay({ ids: [foreign?.quarantine_id ?? 0] }, otherTypes)).toMatchObject({
    errors: [{ code: 'not_found' }]
  });
  const sender = await newKey({ scopes: ['ingest'] });
  const status = async (path: string, key: string, init: RequestInit = {}): Promise<number> =>
    (await fetch(`${house.ingest.url}/v1/quarantine${path}`, { ...init, headers: { authorization: `Bearer ${key}` } }))
      .status;
  expect(await status('', sender)).toBe(403);
  expect(await status('', 'nobody')).toBe(401);
  expect(await status('?code=nonsense', API_KEY)).toBe(400);
  expect(await status('?limit=0', API_KEY)).toBe(400);
  expect(await status('/replay', API_KEY, { method: 'POST', body: '{"ids":[]}' })).toBe(400);
  expect(await status('/replay', API_KEY, { method: 'POST', body: '{' })).toBe(400);
  expect(await status('/replay', sender, { method: 'POST', body: '{"ids":[1]}' })).toBe(403);
  expect(await status('', API_KEY, { method: 'DELETE' })).toBe(405);
});

test('a test tells the rows that deriving would write, and writes none', async () => {
  const source = 'urn:effects';
  const time = '2026-11-20T12:00:00Z';
  const issued = {
    id: 'i-1',
    source,
    type: 'invoice.issued',
    time,
    data: {
      invoice_id: 'F-1',
      customer_id: 'C-1',
      currency: 'BRL',
      installments: [{ number: 1, due_date: '2026-12-01', amount_minor: 5_000 }]
    }
  };
  const payment = {
    payment_id: 'P-1',
    account: 'itau',
    fee_minor: 0,
    currency: 'BRL',
    method: 'pix',
    invoice_id: 'F-1'
  };
  const paid = { id: 'p-1', source, type: 'payment.settled', time, data: { ...payment, amount_minor: '3000' } };
  await send(house.ingest.url, [issued, paid]);
  const [row] = await listed(source);
  const id = row?.quarantine_id ?? 0;
  const bodies = { [id]: { ...paid, data: { ...payment, amount_minor: 3_000 } } };
  const ledger =
    "SELECT sum(amount_minor) AS minor FROM money_movements_v1 WHERE account = 'itau' AND measure = 'ledger'";
  const test = async (): Promise<z.infer<typeof QuarantineTest>> => {
    const answer = await askInternal(house.ingest.url, '/quarantine/test', {
      method: 'POST',
      body: JSON.stringify({ ids: [id], bodies })
    });
    return QuarantineTest.parse(await answer.json());
  };
  const tested = await test();
  expect(tested.answer).toEqual({ replayed: 1, skipped: 0, errors: [] });
  expect(tested.effects.money).toContainEqual({
    measure: 'ledger',
    account: 'itau',
    flow: 'in',
    currency: 'BRL',
    time: Date.parse(time),
    amount_minor: 3_000,
    base_minor: 0,
    sign: 1
  });
  expect(tested.effects.instalments.map(({ open_minor, sign }) => [open_minor, sign])).toEqual([
    [5_000, -1],
    [2_000, 1]
  ]);
  expect(await rows(house.clickhouse.reader, ledger)).toEqual([{ minor: 0 }]);
  await replay({ ids: [id], bodies });
  await shipped(house.ingest.url);
  expect(await rows(house.clickhouse.reader, ledger)).toEqual([{ minor: 3_000 }]);
});

test('the admin command lists, shows and replays, and says what it cannot do', async () => {
  const source = 'urn:cli';
  const event = broken(source);
  await send(house.ingest.url, [event]);
  const [row] = await listed(source);
  const id = String(row?.quarantine_id);
  const main = join(import.meta.dirname, '../../src/entry/admin.ts');
  const admin = (...words: string[]): Promise<{ code: number; out: string }> =>
    new Promise((resolve) => {
      const env = {
        DATA_DIR: house.dataDir,
        INGEST_URL: house.ingest.url,
        INTERNAL_TOKEN: 'test-internal-token-0123456789'
      };
      const child = execFile(
        process.execPath,
        [main, 'quarantine', ...words],
        { env, timeout: 30_000 },
        (_, out, err) => resolve({ code: child.exitCode ?? -1, out: out + err })
      );
    });
  const list = await admin('list', '--source', source, '--json');
  expect([list.code, list.out]).toEqual([0, expect.stringContaining(`"quarantine_id":${id}`)]);
  const shown = await admin('show', id);
  expect(shown.out).toContain('/data/amount_minor');
  expect(shown.out).toContain(JSON.stringify(event));
  const refused = await admin('replay', id);
  expect([refused.code, refused.out]).toEqual([1, expect.stringContaining('invalid_data')]);
  const file = join(house.dataDir, 'corrected.json');
  await writeFile(file, JSON.stringify({ ...event, data: moved(source).data }));
  expect(await admin('replay', id, '--file', file, '--dry-run', '--json')).toMatchObject({
    code: 0,
    out: `${JSON.stringify({ replayed: 1, skipped: 0, errors: [] })}\n`
  });
  expect(await stored(source)).toEqual([]);
  expect(await admin('replay', id, '--file', file)).toMatchObject({ code: 0 });
  expect(await stored(source)).toHaveLength(1);
  expect(await admin('show', '999999999')).toMatchObject({ code: 1 });
  expect(await admin('show', 'x')).toMatchObject({ code: 2 });
  expect(await admin('replay')).toMatchObject({ code: 2 });
});
