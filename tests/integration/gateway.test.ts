import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { freePort } from '#sql/embedded/start.server.ts';
import { createReader, createWriter } from '#sql/gateway.server.ts';
import type { Query } from '#sql/interface.server.ts';
import { migrate, schemaIsCurrent } from '#sql/migrate.server.ts';
import { startTestClickHouse } from '../support/clickhouse.ts';
import type { TestClickHouse } from '../support/clickhouse.ts';

let clickhouse: TestClickHouse;
beforeAll(async () => {
  clickhouse = await startTestClickHouse();
});
afterAll(() => clickhouse.stop());

function question<R extends z.ZodType>(sql: string, row: R, timeoutMs = 5_000) {
  return { name: 'gateway_test', sql, params: z.strictObject({}), row, timeoutMs } satisfies Query;
}

const COUNTS = question(
  `SELECT
     (SELECT count() FROM events_raw_v1) AS raw,
     (SELECT count() FROM events_by_key_v1) AS by_key,
     (SELECT sum(events) FROM stream_seen_v1) AS seen`,
  z.strictObject({ raw: z.int(), by_key: z.int(), seen: z.int() })
);

async function counts() {
  const answer = await clickhouse.reader.read(COUNTS, {});
  if (!answer.ok) throw new Error(answer.failure.message);
  return answer.value[0];
}

function rawRow(seq: number): string {
  const time = Date.UTC(2026, 10, 24);
  return JSON.stringify({
    seq,
    source: 'test:gateway',
    id: `e${seq}`,
    type: 'order.placed',
    stream: 'order',
    time,
    received_at: time,
    currency: 'BRL',
    content_hash: 1,
    keys: ['order:a', `order:${seq}`],
    data: '{}'
  });
}

test('a token counts once, in the table and in its views', async () => {
  const rows = [1, 2, 3].map(rawRow).join('\n');
  for (const attempt of [1, 2, 3]) {
    expect(
      await clickhouse.writer.insert('events_raw_v1', rows, { token: 'journal:1-3:events_raw_v1' }),
      `${attempt}`
    ).toEqual({
      ok: true,
      value: undefined
    });
  }
  expect(await counts()).toEqual({ raw: 3, by_key: 6, seen: 3 });
  await clickhouse.writer.insert('events_raw_v1', Buffer.from(rawRow(4)), { token: 'journal:4-4:events_raw_v1' });
  expect(await counts()).toEqual({ raw: 4, by_key: 8, seen: 4 });
});

test('equal rows under different tokens are different inserts', async () => {
  const before = await counts();
  await clickhouse.writer.insert('events_raw_v1', rawRow(9), { token: 'a' });
  await clickhouse.writer.insert('events_raw_v1', rawRow(9), { token: 'b' });
  expect(await counts()).toMatchObject({ raw: (before?.raw ?? 0) + 2 });
});

test('a row that is not as promised is refused, naming query, row and column', async () => {
  const answer = await clickhouse.reader.read(
    question("SELECT 'x' AS amount_minor", z.strictObject({ amount_minor: z.int() })),
    {}
  );
  expect(answer).toMatchObject({ ok: false, failure: { kind: 'invalid_row', retryable: false, code: 'INVALID_ROW' } });
  expect(answer.ok ? '' : answer.failure.message).toMatch(/row 0 of query gateway_test .* amount_minor: /);
});

test('money comes as exact numbers, and a number that JavaScript cannot hold is refused instead of rounded', async () => {
  const amount = z.strictObject({ amount_minor: z.int() });
  expect(
    await clickhouse.reader.read(question('SELECT toInt64(-9007199254740991) AS amount_minor', amount), {})
  ).toEqual({
    ok: true,
    value: [{ amount_minor: -9007199254740991 }]
  });
  expect(
    await clickhouse.reader.read(question('SELECT toInt64(9007199254740993) AS amount_minor', amount), {})
  ).toMatchObject({
    ok: false,
    failure: { kind: 'invalid_row' }
  });
});

test('values travel as parameters: quotes, newlines and SQL in them stay text', async () => {
  const text = `'; DROP TABLE events_raw_v1; -- \\ "\n\té`;
  const query = {
    name: 'params',
    sql: 'SELECT {text:String} AS text, {list:Array(String)} AS list, {number:Nullable(Int64)} AS number',
    params: z.strictObject({ text: z.string(), list: z.array(z.string()), number: z.nullable(z.int()) }),
    row: z.strictObject({ text: z.string(), list: z.array(z.string()), number: z.nullable(z.int()) }),
    timeoutMs: 5_000
  } satisfies Query;
  const params = { text, list: [text, '', 'a,b'], number: null };
  expect(await clickhouse.reader.read(query, params)).toEqual({ ok: true, value: [params] });
  // longer than a URL may be
  const long = { ...params, list: Array.from({ length: 2_000 }, (_, index) => `customer:${index}:${text}`) };
  expect(await clickhouse.reader.read(query, long)).toEqual({ ok: true, value: [long] });
  await expect(clickhouse.reader.read(query, { ...params, text: 'x'.repeat(200_000) })).rejects.toThrow(
    'parameter text of params'
  );
});

test('a reader cannot write', async () => {
  const answer = await clickhouse.reader.read(question('TRUNCATE TABLE events_raw_v1', z.unknown()), {});
  expect(answer).toMatchObject({ ok: false, failure: { kind: 'rejected', code: 'READONLY' } });
});

test('a query over its time is a retryable timeout and stops on the server', async () => {
  const slow = question(
    'SELECT sleepEachRow(0.05) AS x FROM numbers(200) SETTINGS max_block_size = 1',
    z.unknown(),
    300
  );
  const started = performance.now();
  expect(await clickhouse.reader.read(slow, {})).toMatchObject({
    ok: false,
    failure: { kind: 'timeout', retryable: true }
  });
  expect(performance.now() - started).toBeLessThan(5_000);
  const running = question(
    "SELECT count() AS n FROM system.processes WHERE query LIKE '%sleepEachRow%' AND query_id != queryID()",
    z.strictObject({ n: z.int() })
  );
  expect(await clickhouse.reader.read(running, {})).toEqual({ ok: true, value: [{ n: 0 }] });
});

test('an error after rows have been computed is an error and not a shorter answer', async () => {
  const late = question(
    'SELECT throwIf(number = 150000) AS x FROM numbers(200000) SETTINGS max_block_size = 1000',
    z.unknown()
  );
  expect(await clickhouse.reader.read(late, {})).toMatchObject({
    ok: false,
    failure: { kind: 'rejected', retryable: false, code: 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO' }
  });
});

test('an answer without all of its rows is an error, also with status 200: a server whose disk is full cuts it short', async () => {
  const bodies = ['{"n":1}\n{"n":2}\n', '{"n":1}\n', '', '{"n":1}\n{"n":77', ''];
  const server = createServer((_request, response) => {
    const body = bodies.shift();
    const summary = JSON.stringify({ read_rows: '2', result_rows: '2' });
    // the last one comes through a proxy that drops what it does not know
    response.writeHead(200, bodies.length > 0 ? { 'x-clickhouse-summary': summary } : {}).end(body);
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const reader = createReader({ ...clickhouse.address, url: `http://127.0.0.1:${port}` });
  try {
    const ask = question('SELECT number AS n FROM numbers(2)', z.strictObject({ n: z.int() }));
    expect(await reader.read(ask, {})).toEqual({ ok: true, value: [{ n: 1 }, { n: 2 }] });
    for (const sent of [1, 0])
      expect(await reader.read(ask, {})).toMatchObject({
        ok: false,
        failure: {
          retryable: true,
          code: 'ANSWER_CUT_SHORT',
          message: `ClickHouse sent ${sent} of the 2 rows of query gateway_test: its disk may be full`
        }
      });
    // cut within a row: no failure may quote what is left of it
    const torn = await reader.read(ask, {});
    expect(torn).toMatchObject({ ok: false, failure: { retryable: true } });
    expect(JSON.stringify(torn)).not.toContain('77');
    const untold = await reader.read(ask, {});
    expect(untold).toMatchObject({ ok: false, failure: { retryable: true, code: 'ANSWER_WITHOUT_SUMMARY' } });
    expect(JSON.stringify(untold)).toContain('let the proxy before ClickHouse pass this header on');
  } finally {
    await reader.close();
    server.close();
  }
});

test('an insert with an unknown column, a wrong type or broken JSON is refused whole, and the failure quotes no payload', async () => {
  const before = await counts();
  const good = rawRow(20);
  for (const bad of ['{"seq":21,"secret_name":"Maria"}', '{"seq":"Maria"}', '{"seq":21,"source":"Maria']) {
    const answer = await clickhouse.writer.insert('events_raw_v1', `${good}\n${bad}`, { token: bad });
    expect(answer).toMatchObject({ ok: false, failure: { kind: 'rejected', retryable: false } });
    expect(answer.ok ? '' : answer.failure.message).not.toContain('Maria');
  }
  expect(await counts()).toEqual(before);
});

test('an unknown table is a failure with its code; a name that is no table name is thrown', async () => {
  expect(await clickhouse.writer.insert('nowhere_v1', '{}', { token: 't' })).toMatchObject({
    ok: false,
    failure: { kind: 'rejected', code: 'UNKNOWN_TABLE' }
  });
  await expect(clickhouse.writer.insert('a; DROP', '{}', { token: 't' })).rejects.toThrow('not a name of ours');
  await expect(clickhouse.writer.insert('events_raw_v1', '', { token: 't' })).rejects.toThrow('without rows');
});

test('nobody listening is a retryable failure and no ping; neither is a server that takes the connection and stays silent', async () => {
  const away = createWriter({ ...clickhouse.address, url: `http://127.0.0.1:${await freePort()}` });
  expect(await away.ping()).toBe(false);
  expect(await away.insert('events_raw_v1', rawRow(30), { token: 't' })).toMatchObject({
    ok: false,
    failure: { kind: 'unreachable', retryable: true, code: 'ECONNREFUSED' }
  });
  await away.close();

  const silent = createServer(() => {});
  await new Promise<void>((settle) => silent.listen(0, '127.0.0.1', settle));
  const bound = silent.address();
  const port = bound !== null && typeof bound === 'object' ? bound.port : 0;
  const waiting = createReader({ ...clickhouse.address, url: `http://127.0.0.1:${port}` });
  const started = performance.now();
  expect(await waiting.ping()).toBe(false);
  expect(await waiting.read(question('SELECT 1', z.unknown(), 100), {})).toMatchObject({
    ok: false,
    failure: { kind: 'timeout', retryable: true }
  });
  expect(performance.now() - started).toBeLessThan(6_000);
  await waiting.close();
  silent.closeAllConnections();
  await new Promise((settle) => silent.close(settle));
});

test('a wrong password or a database that is not there is no ping', async () => {
  for (const wrong of [{ password: 'wrong' }, { database: 'nowhere' }, { username: 'nobody' }]) {
    const reader = createReader({ ...clickhouse.address, ...wrong });
    expect(await reader.ping(), JSON.stringify(wrong)).toBe(false);
    await reader.close();
  }
  expect(await clickhouse.reader.ping()).toBe(true);
});

test('the user without a password, who may only open the port, sees no table, reads no row and makes nothing', async () => {
  const nobody = { ...clickhouse.address, username: 'default', password: '' };
  const writer = createWriter(nobody);
  const visible = question(
    'SELECT count() AS n FROM system.tables WHERE database = currentDatabase()',
    z.strictObject({ n: z.int() })
  );
  expect(await writer.read(visible, {})).toEqual({ ok: true, value: [{ n: 0 }] });
  for (const sql of [
    'SELECT * FROM events_raw_v1 FORMAT Null',
    'CREATE TABLE x_v1 (x UInt8) ENGINE = Memory',
    "SELECT * FROM url('http://127.0.0.1:1/') FORMAT Null"
  ]) {
    expect(await writer.command('nobody', sql), sql).toMatchObject({ ok: false, failure: { code: 'ACCESS_DENIED' } });
  }
  await writer.close();
});

test('a second server by URL is served by the same gateway, its data apart', async () => {
  const other = await startTestClickHouse({ migrated: false });
  expect(await migrate(other.address, { now: 0 })).toMatchObject({ ok: true });
  expect(await schemaIsCurrent(other.reader)).toBe(true);
  const before = await counts();
  expect(await other.writer.insert('events_raw_v1', rawRow(1), { token: 'journal:1-3:events_raw_v1' })).toMatchObject({
    ok: true
  });
  expect(await other.reader.read(COUNTS, {})).toEqual({ ok: true, value: [{ raw: 1, by_key: 2, seen: 1 }] });
  expect(await counts()).toEqual(before);
  await other.stop();
});
