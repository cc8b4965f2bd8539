/** The public API through Kit's own routes and hooks, over figures in a real ClickHouse. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { accepted } from '#ingest/verify/oracle/events.fixture.ts';
import { KPI_FACTS, KPI_IDS, KpisAnswer, ReceivablesAnswer, StockAnswer } from '#lib/contracts/kpi.ts';
import type { Role } from '#lib/contracts/roles.ts';
import { createAuth, type AuthStore } from '#lib/server/auth/auth.server.ts';
import { debtsInThread } from '#lib/server/kpi/debts-thread.server.ts';
import { startTestClickHouse, type TestClickHouse } from '../support/clickhouse.ts';
import { eventually } from '../support/eventually.ts';
import { openFigures, ship, type OpenFigures } from '../support/figures.ts';
import { INGEST_AWAY, startKit, type KitServer } from '../support/kit-server.ts';

const DAY = 86_400_000;
const NOW = Date.now();
const tokens = new Map<Role, string>();
let dataDir: string;
let auth: AuthStore;
let house: TestClickHouse;
let opened: OpenFigures;
let kit: KitServer;

let seq = 0;
const event = (type: string, time: number, data: object) => {
  seq += 1;
  return accepted({ seq, source: '/erp', id: `e${seq}`, type, time, received_at: NOW, data: { ...data } });
};
const invoice = (id: string, customer: string, dueDate: string, amount: number, time = NOW - 40 * DAY) =>
  event('invoice.issued', time, {
    invoice_id: id,
    customer_id: customer,
    currency: 'BRL',
    installments: [{ number: 1, due_date: dueDate, amount_minor: amount }]
  });
const dateBefore = (days: number): string => new Date(NOW - days * DAY).toISOString().slice(0, 10);

const EVENTS = [
  event('customer.updated', NOW - 50 * DAY, { customer_id: 'c1', name: 'Mercado São Bento' }),
  invoice('F-1', 'c1', dateBefore(100), 10_000, NOW - 120 * DAY),
  invoice('F-2', 'c2', dateBefore(20), 5_000),
  invoice('F-3', 'c1', dateBefore(-30), 7_000),
  invoice('F-4', 'c2', dateBefore(20), 2_000),
  event('payment.settled', NOW - DAY, {
    payment_id: 'P-1',
    account: 'itau',
    amount_minor: 4_000,
    fee_minor: 0,
    currency: 'BRL',
    method: 'pix',
    invoice_id: 'F-1'
  }),
  event('stock.counted', NOW - 10 * DAY, { sku: 'A', quantity: 5 }),
  event('stock.counted', NOW - 10 * DAY, { sku: 'B', quantity: 0 }),
  event('product.updated', NOW - 10 * DAY, { sku: 'A', name: 'Cabo flexível', cost_minor: 150, lead_time_days: 9 }),
  event('order.shipped', NOW - 5 * DAY, { order_id: 'O-1', lines: [{ sku: 'A', quantity: 2 }] })
];

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'pulso-api-'));
  auth = await createAuth({ dataDir, clock: Date.now, log: { info: () => undefined, warn: () => undefined } });
  for (const role of ['admin', 'collector', 'viewer'] as const) tokens.set(role, auth.addReadToken(role, role).secret);
  house = await startTestClickHouse();
  await ship(house.writer, EVENTS);
  opened = openFigures(
    house.reader,
    'America/Sao_Paulo',
    'BRL',
    Date.now,
    debtsInThread(() => house.address)
  );
  opened.engine.start();
  kit = await startKit(auth, INGEST_AWAY, opened.figures);
  await eventually('figures', 10_000, () => opened.engine.tiles(KPI_IDS).every(({ state }) => state !== 'failed'));
});
afterAll(async () => {
  await kit.close();
  opened.engine.stop();
  await house.stop();
  auth.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function get(
  path: string,
  role: Role | null = 'admin'
): Promise<{ status: number; body: unknown; type: string }> {
  const token = role === null ? undefined : tokens.get(role);
  const response = await fetch(`${kit.origin}${path}`, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` }
  });
  return { status: response.status, body: await response.json(), type: response.headers.get('content-type') ?? '' };
}
const kpis = async (query: string) => KpisAnswer.parse((await get(`/api/v1/kpis${query}`)).body);
const receivables = async (query: string) => ReceivablesAnswer.parse((await get(`/api/v1/receivables${query}`)).body);

test('figures are answered by id; without ids all that the role may see', async () => {
  const { as_of, kpis: tiles } = await kpis('?ids=receivables-open,receivables-overdue');
  expect(tiles.map(({ id, value }) => [id, value])).toEqual([
    ['receivables-open', { minor: 20_000, currency: 'BRL' }],
    ['receivables-overdue', { minor: 13_000, currency: 'BRL' }]
  ]);
  expect(z.iso.datetime({ offset: true }).safeParse(as_of).success).toBe(true);
  expect((await kpis('')).kpis.map(({ id }) => id)).toEqual([...KPI_IDS]);
  const own = KpisAnswer.parse((await get('/api/v1/kpis', 'collector')).body);
  expect(own.kpis.map(({ id }) => id)).toEqual(KPI_IDS.filter((id) => KPI_FACTS[id].group === 'delinquency'));
});

test('the past answers from what had happened by then', async () => {
  const at = new Date(NOW - 2 * DAY).toISOString();
  const { as_of, kpis: tiles } = await kpis(`?ids=receivables-open,stock-on-hand&as_of=${encodeURIComponent(at)}`);
  expect(as_of).toBe(at);
  expect(tiles.map(({ value }) => value)).toEqual([{ minor: 24_000, currency: 'BRL' }, 3]);
  const before = await kpis(`?ids=stock-on-hand&as_of=${new Date(NOW - 300 * DAY).toISOString()}`);
  expect(before.kpis[0]).toMatchObject({ state: 'empty', value: null, reason: 'no_data', watermark: null });
});

test('two weeks of debts come out of the thread', async () => {
  const days = await eventually('the series', 20_000, () => opened.engine.tiles(['receivables-overdue'])[0]?.series);
  expect(days[0]?.points).toHaveLength(14);
});

test.each([
  ['/api/v1/kpis', null, 401, 'unauthenticated'],
  ['/api/v1/kpis?ids=cash-in-today,nonsense', 'admin', 404, 'unknown_id'],
  ['/api/v1/kpis?ids=ageing,cash-in-today', 'collector', 403, 'forbidden'],
  ['/api/v1/kpis?as_of=yesterday', 'admin', 400, 'invalid_parameter'],
  ['/api/v1/kpis?as_of=2026-11-20T10:00:00', 'admin', 400, 'invalid_parameter'],
  ['/api/v1/kpis?as_of=2026-02-30T10:00:00Z', 'admin', 400, 'invalid_parameter'],
  ['/api/v1/kpis?as_of=2100-01-01T00:00:00Z', 'admin', 400, 'invalid_parameter'],
  ['/api/v1/receivables', 'viewer', 403, 'forbidden'],
  ['/api/v1/receivables?bucket=old', 'admin', 400, 'invalid_parameter'],
  ['/api/v1/receivables?cursor=x', 'admin', 400, 'invalid_cursor'],
  ['/api/v1/stock', 'collector', 403, 'forbidden'],
  ['/api/v1/stock?limit=0', 'admin', 400, 'invalid_parameter']
] as const)('%s as %s is %i %s, as a problem', async (path, role, status, code) => {
  const answer = await get(path, role);
  expect(answer).toMatchObject({ status, body: { status, code }, type: 'application/problem+json' });
});

test('as_of may lie 5 s ahead of our clock, no more', async () => {
  const ahead = (ms: number) => `/api/v1/kpis?ids=cash-position&as_of=${new Date(Date.now() + ms).toISOString()}`;
  expect((await get(ahead(4_000))).status).toBe(200);
  expect((await get(ahead(8_000))).status).toBe(400);
});

test('open instalments: the most overdue first, with names, totals of the filter, and pages that join', async () => {
  const all = await receivables('');
  expect(all.items.map(({ invoice_id, open_minor, bucket }) => [invoice_id, open_minor, bucket])).toEqual([
    ['F-1', 6_000, 'over_90'],
    ['F-2', 5_000, '1_30'],
    ['F-4', 2_000, '1_30'],
    ['F-3', 7_000, 'not_due']
  ]);
  expect(all.items[0]).toMatchObject({ customer_name: 'Mercado São Bento', installment: 1, due_date: dateBefore(100) });
  expect(all.total).toEqual({ count: 4, customers: 2, open_minor: 20_000, currency: 'BRL' });
  const first = await receivables('?limit=2');
  expect(first.total.count).toBe(4);
  const second = await receivables(`?limit=2&cursor=${first.next_cursor ?? ''}`);
  expect([...first.items, ...second.items]).toEqual(all.items);
  expect(second.next_cursor).toBeNull();
});

test('open instalments by bucket, customer and search without accents', async () => {
  const ids = async (query: string) => (await receivables(query)).items.map(({ invoice_id }) => invoice_id);
  expect(await ids('?bucket=overdue')).toEqual(['F-1', 'F-2', 'F-4']);
  expect(await ids('?bucket=1_30')).toEqual(['F-2', 'F-4']);
  expect(await ids('?customer=c1')).toEqual(['F-1', 'F-3']);
  expect(await ids('?search=sao%20bento')).toEqual(['F-1', 'F-3']);
  expect(await ids('?sort=open_minor&descending=true')).toEqual(['F-3', 'F-1', 'F-2', 'F-4']);
  expect(await ids(`?as_of=${new Date(NOW - 60 * DAY).toISOString()}`)).toEqual(['F-1']);
});

test('stock: kept skus with cover and value', async () => {
  const { items, total } = StockAnswer.parse((await get('/api/v1/stock')).body);
  expect(total).toEqual({ skus: 2 });
  expect(items).toEqual([
    {
      sku: 'A',
      name: 'Cabo flexível',
      on_hand: 3,
      reserved: 0,
      free: 3,
      quarantine: 0,
      value_minor: 450,
      velocity: 2 / 28,
      days_of_cover: 42,
      lead_time_days: 9,
      active: true
    },
    {
      sku: 'B',
      name: null,
      on_hand: 0,
      reserved: 0,
      free: 0,
      quarantine: 0,
      value_minor: null,
      velocity: 0,
      days_of_cover: null,
      lead_time_days: null,
      active: true
    }
  ]);
  const out = StockAnswer.parse((await get('/api/v1/stock?only=out')).body);
  expect(out.items.map(({ sku }) => sku)).toEqual(['B']);
});

test('a customer: what is owed, what was paid by what, and what happened', async () => {
  const view = await opened.figures.customer('c1');
  if (!view.ok) throw new Error(view.failure.kind);
  expect(view.value).toMatchObject({
    name: 'Mercado São Bento',
    open_minor: 13_000,
    overdue_minor: 6_000,
    unapplied_minor: 0,
    last_payment: { amount_minor: 4_000 }
  });
  const paid = view.value.instalments.find(({ invoice_id }) => invoice_id === 'F-1');
  expect(paid).toMatchObject({ paid_minor: 4_000, open_minor: 6_000, state: 'overdue' });
  expect(paid?.paid_by).toMatchObject([{ payment_id: 'P-1', amount_minor: 4_000, method: 'pix' }]);
  expect(view.value.timeline.map(({ type }) => type)).toEqual([
    'payment.settled',
    'invoice.issued',
    'customer.updated',
    'invoice.issued'
  ]);
  expect(await opened.figures.customer('nobody')).toMatchObject({ ok: false, failure: { kind: 'not_found' } });
});

test('health and metrics need no log-in', async () => {
  for (const [path, status] of [
    ['/healthz', 200],
    ['/readyz', 503],
    ['/metrics', 200]
  ] as const) {
    const response = await fetch(`${kit.origin}${path}`);
    await response.text();
    expect([path, response.status]).toEqual([path, status]);
  }
});
