/** Lists of ids go to ClickHouse as parameters, of which it takes 128 KiB: no event that is taken may make one that does not fit. */
import { expect, test } from 'vitest';
import { QuarantineOpen, QuarantineRows, QuarantineTest } from '#lib/contracts/quarantine.ts';
import { customerEvents } from '#lib/server/kpi/closure.server.ts';
import { namesOf } from '#lib/server/kpi/names.server.ts';
import { END_OF_TIME_MS } from '#lib/server/kpi/queries/question.server.ts';
import { PARAM_BYTES_MAX, paramBytes, paramParts } from '#sql/param-lists.server.ts';
import type { Query } from '#sql/interface.server.ts';
import { z } from 'zod';
import { askInternal, rows, send, shipped } from '../support/ingest.ts';
import { ingestForFile } from '../support/ingest-for-file.ts';

const house = ingestForFile();
const source = 'urn:long';
const time = '2026-11-20T12:00:00Z';
const id = (text: string, index: number): string => text.repeat(124).slice(0, 124) + String(index).padStart(4, '0');
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

test.each(['ç', '日', '😀', "'", '\\', "aç日'\\"])(
  'ClickHouse takes a part of ids of 128 characters: %s',
  async (text) => {
    const query = {
      name: 'parts',
      sql: 'SELECT length({list: Array(String)}) AS ids, arrayUniq({list: Array(String)}) AS distinct_ids',
      params: z.strictObject({ list: z.array(z.string()) }),
      row: z.strictObject({ ids: z.int(), distinct_ids: z.int() }),
      timeoutMs: 10_000
    } satisfies Query;
    const [list = []] = paramParts(range(2_000).map((index) => id(text, index)));
    expect(paramBytes(list)).toBeGreaterThan(PARAM_BYTES_MAX - 600);
    expect(await house.clickhouse.reader.read(query, { list })).toEqual({
      ok: true,
      value: [{ ids: list.length, distinct_ids: list.length }]
    });
  }
);

test('an order of 600 lines whose skus are long and not ASCII reaches the figures', async () => {
  const lines = range(600).map((index) => ({ sku: id('ç', index), quantity: 1 }));
  const answer = await send(house.ingest.url, [
    { id: 'shipped', source, type: 'order.shipped', time, data: { order_id: 'long', lines } }
  ]);
  expect(answer).toMatchObject({ stored: 1 });
  await shipped(house.ingest.url);
  const skus = `SELECT uniqExact(sku) AS skus FROM sku_state_v1 WHERE startsWith(sku, 'çç')`;
  expect(await rows(house.clickhouse.reader, skus)).toEqual([{ skus: 600 }]);
});

test('after a restart 780 payments of quoted ids are read again, and undone', async () => {
  const ids = range(780).map((index) => id("'", index));
  const payment = (type: string, more: object): object[] =>
    ids.map((payment_id, index) => ({
      id: `${type}-${index}`,
      source,
      type,
      time,
      data: { payment_id, amount_minor: 100, currency: 'BRL', ...more }
    }));
  await send(house.ingest.url, payment('payment.confirmed', { method: 'pix' }));
  await shipped(house.ingest.url);
  await house.restart();
  await send(house.ingest.url, payment('payment.reversed', { reason: 'refund' }));
  await shipped(house.ingest.url);
  const pending = `SELECT sum(amount_minor) AS minor FROM money_movements_v1 WHERE measure = 'pending'`;
  expect(await rows(house.clickhouse.reader, pending)).toEqual([{ minor: 0 }]);
});

test('200 events of a long source wait, come corrected, and close', async () => {
  const long = 'urn:' + '日'.repeat(252);
  const moved = (amount_minor: number): object[] =>
    range(200).map((index) => ({
      id: id('日', index),
      source: long,
      type: 'account.moved',
      time,
      data: { account: 'a', amount_minor, currency: 'BRL', category: 'yield' }
    }));
  const open = async (): Promise<number> =>
    QuarantineOpen.parse(await (await askInternal(house.ingest.url, '/quarantine/open')).json()).events;
  expect(await send(house.ingest.url, moved(1.5))).toMatchObject({ quarantined: 200 });
  await shipped(house.ingest.url);
  expect(await open()).toBe(200);
  expect(await send(house.ingest.url, moved(100))).toMatchObject({ stored: 200 });
  await shipped(house.ingest.url);
  expect(await open()).toBe(0);
});

test('the test of a replay of 1,900 lines tells what it would move', async () => {
  const lines = range(1_900).map((index) => ({ sku: `s${index}`.padEnd(80, 'x'), quantity: 1 }));
  const event = { id: 'waits', source, type: 'order.shipped', time };
  await send(house.ingest.url, [{ ...event, data: { order_id: 7, lines } }]);
  await shipped(house.ingest.url);
  const listed = await askInternal(house.ingest.url, '/quarantine?id=waits&raw=false');
  const quarantine_id = QuarantineRows.parse(await listed.json()).rows[0]?.quarantine_id ?? 0;
  const body = { ids: [quarantine_id], bodies: { [quarantine_id]: { ...event, data: { order_id: 'seven', lines } } } };
  const tested = await askInternal(house.ingest.url, '/quarantine/test', {
    method: 'POST',
    body: JSON.stringify(body)
  });
  expect(tested.status).toBe(200);
  expect(QuarantineTest.parse(await tested.json()).effects.stock).toHaveLength(1_900);
});

test('customers of long ids are found with their names and all that hangs together', async () => {
  const customer_id = id('日', 9_999);
  const invoices = range(500).map((index) => ({
    id: `issued-${index}`,
    source,
    type: 'invoice.issued',
    time,
    data: {
      invoice_id: id('日', index),
      customer_id,
      currency: 'BRL',
      installments: [{ number: 1, due_date: '2026-12-01', amount_minor: 100 }]
    }
  }));
  expect(await send(house.ingest.url, invoices)).toMatchObject({ stored: 500 });
  await shipped(house.ingest.url);
  const { reader } = house.clickhouse;
  const found = await customerEvents(reader, customer_id, END_OF_TIME_MS);
  expect(found.ok && found.value.length).toBe(500);
  const customers = range(1_000).map((index) => id('日', index));
  expect(await namesOf(reader, customers, END_OF_TIME_MS)).toEqual({ ok: true, value: new Map() });
});
