/** `POST /v1/webhooks/:platform/:source` over real HTTP, into a real ClickHouse. */
import { createHmac } from 'node:crypto';
import { readFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { startIngest } from '#ingest/service.ts';
import { verify } from '#ingest/verify/verify.ts';
import { DeliveriesAnswer, SourceCreated, SourcesAnswer, type NewSource } from '#lib/contracts/sources.ts';
import { startTestClickHouse, type TestClickHouse } from '../support/clickhouse.ts';
import { eventually } from '../support/eventually.ts';
import { askInternal, rows, shipped, startCable, startTestIngest, type TestIngest } from '../support/ingest.ts';

let clickhouse: TestClickHouse;
let dataDir: string;
let ingest: TestIngest;
/** what the service's clock adds to ours */
let ahead = 0;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pulso-webhooks-'));
  clickhouse = await startTestClickHouse();
  ingest = await startTestIngest({ dataDir, clickhouse: () => clickhouse.address, now: () => Date.now() + ahead });
});
afterAll(async () => {
  await ingest.stop();
  await clickhouse.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function addSource(input: Partial<NewSource> & { platform: string; source: string }) {
  const answer = await askInternal(ingest.url, '/sources', { method: 'POST', body: JSON.stringify(input) });
  expect(answer.status).toBe(201);
  return SourceCreated.parse(await answer.json());
}
interface Answered {
  readonly status: number;
  readonly body: unknown;
}
async function hook(path: string, body: string, headers: Record<string, string> = {}): Promise<Answered> {
  const response = await fetch(`${ingest.url}/v1/webhooks/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body
  });
  return { status: response.status, body: await response.json() };
}
async function deliveriesOf(source: string) {
  const answer = await askInternal(ingest.url, `/sources/${source}/deliveries`);
  return DeliveriesAnswer.parse(await answer.json()).deliveries;
}
const stored = (source: string) =>
  rows(clickhouse.reader, `SELECT id, type, data FROM events_raw_v1 WHERE source = '${source}' ORDER BY seq`);
const waiting = (source: string) =>
  rows(
    clickhouse.reader,
    `SELECT id, type, path, message, raw, key_id FROM quarantine_v1 FINAL WHERE source = '${source}' AND status = 'open'`
  );
const sign = (key: string | Buffer, text: string, encoding: 'hex' | 'base64'): string =>
  createHmac('sha256', key).update(text).digest(encoding);
const seconds = (): number => Math.floor(Date.now() / 1_000);

describe('standard', () => {
  const data = { account: 'a', amount_minor: 7, currency: 'BRL', category: 'yield' };
  const headersOf = (secret: string, id: string, body: string, at = seconds()): Record<string, string> => ({
    'webhook-id': id,
    'webhook-timestamp': String(at),
    'webhook-signature': `v1,${sign(Buffer.from(secret.slice('whsec_'.length), 'base64'), `${id}.${at}.${body}`, 'base64')}`
  });

  test('a signed event is stored, a retry is a duplicate, a forged or old one is 401 and leaves nothing', async () => {
    const { secret } = await addSource({ platform: 'standard', source: 'erp' });
    const body = JSON.stringify({ type: 'account.moved', time: '2026-11-20T12:00:00Z', data });
    const headers = headersOf(secret ?? '', 'msg_1', body);
    expect(await hook('standard/erp', body, headers)).toMatchObject({ status: 200, body: { stored: 1, ignored: 0 } });
    expect(await hook('standard/erp', body, headers)).toMatchObject({ status: 200, body: { duplicate: 1 } });
    const forged = body.replace('7', '8');
    expect((await hook('standard/erp', forged, headers)).status).toBe(401);
    const old = headersOf(secret ?? '', 'msg_2', body, seconds() - 301);
    expect((await hook('standard/erp', body, old)).status).toBe(401);
    await shipped(ingest.url);
    expect(await stored('erp')).toMatchObject([{ id: 'msg_1', type: 'account.moved' }]);
    const outcomes = (await deliveriesOf('erp')).map(({ outcome, status }) => [outcome, status]);
    expect(outcomes).toEqual([
      ['refused', 401],
      ['refused', 401],
      ['duplicate', 200],
      ['stored', 200]
    ]);
  });

  test('an envelope of another source is 403, a body that is not JSON 400, both by name in the deliveries', async () => {
    const { secret } = await addSource({ platform: 'standard', source: 'erp-2' });
    const other = JSON.stringify({ source: 'erp', type: 'account.moved', data });
    expect((await hook('standard/erp-2', other, headersOf(secret ?? '', 'm1', other))).status).toBe(403);
    expect((await hook('standard/erp-2', '{', headersOf(secret ?? '', 'm2', '{'))).status).toBe(400);
    expect((await deliveriesOf('erp-2')).map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['refused', 'not JSON'],
      ['refused', 'source_forbidden']
    ]);
  });
});

const MIB = 1024 * 1024;

describe('bounds', () => {
  const data = { account: 'a', amount_minor: 7, currency: 'BRL', category: 'yield' };

  test('what a platform tells and we cannot use is kept whole, however large; an event of our own too', async () => {
    await addSource({ platform: 'asaas', source: 'large', secret: 'token-do-asaas' });
    const padding = 'x'.repeat(1.5 * MIB);
    const body = JSON.stringify({ id: 'evt_large', event: 'PAYMENT_RECEIVED', payment: { id: 'pay_large', padding } });
    expect(await hook('asaas/large', body, { 'asaas-access-token': 'token-do-asaas' })).toMatchObject({
      status: 200,
      body: { quarantined: 1, rejected: 0 }
    });
    const { secret } = await addSource({ platform: 'shopify', source: 'many-lines', secret: 'shpss_1' });
    expect(secret).toBe(null);
    const order = JSON.stringify({
      id: 1,
      created_at: '2026-11-20T09:00:00-03:00',
      updated_at: '2026-11-20T09:00:00-03:00',
      currency: 'BRL',
      line_items: Array.from({ length: 3_000 }, (_, id) => ({
        id,
        sku: `A-SKU-WITH-A-LONG-NAME-${'0'.repeat(40)}${id}`,
        quantity: 1,
        price: '1.00'
      }))
    });
    expect(
      await hook('shopify/many-lines', order, {
        'x-shopify-topic': 'orders/create',
        'x-shopify-hmac-sha256': sign('shpss_1', order, 'base64')
      })
    ).toMatchObject({ status: 200, body: { quarantined: 1, rejected: 0 } });
    await shipped(ingest.url);
    const [kept] = await waiting('large');
    expect(String(kept?.raw)).toContain(padding);
    const [lines] = await waiting('many-lines');
    expect(lines?.type).toBe('order.placed');
    expect(lines?.message).toContain('256 KiB');
  });

  test('a body of which something was not kept is not answered as taken, though the rest of it is', async () => {
    const { secret } = await addSource({ platform: 'standard', source: 'mixed' });
    const body = JSON.stringify([{ type: 'account.moved', time: '2026-11-20T12:00:00Z', data }, { data }]);
    const at = seconds();
    const key = Buffer.from((secret ?? '').slice('whsec_'.length), 'base64');
    const headers = {
      'webhook-id': 'm1',
      'webhook-timestamp': String(at),
      'webhook-signature': `v1,${sign(key, `m1.${at}.${body}`, 'base64')}`
    };
    expect(await hook('standard/mixed', body, headers)).toMatchObject({
      status: 400,
      body: { stored: 1, rejected: 1 }
    });
    expect(await hook('standard/mixed', body, headers)).toMatchObject({
      status: 400,
      body: { duplicate: 1, rejected: 1 }
    });
    const deliveries = await deliveriesOf('mixed');
    expect(deliveries.map(({ outcome, status }) => [outcome, status])).toEqual([
      ['refused', 400],
      ['refused', 400]
    ]);
    expect(deliveries[0]?.reason).toContain('/type');
  });

  test('strangers who fill what one source may hold keep no other source out', async () => {
    await addSource({ platform: 'stripe', source: 'guessed', secret: 'whsec_1' });
    await addSource({ platform: 'asaas', source: 'calm', secret: 'token-do-asaas' });
    const chunk = Buffer.alloc(2 * MIB - 1);
    const strangers = Array.from({ length: 40 }, () =>
      request(`${ingest.url}/v1/webhooks/stripe/guessed`, { method: 'POST', headers: { 'content-length': 2 * MIB } })
    );
    onTestFinished(() => {
      for (const stranger of strangers) stranger.destroy();
    });
    const refused = strangers.map(async (stranger) => {
      const answered = new Promise<number>((resolve) => {
        stranger.on('response', (response) => resolve(response.statusCode ?? 0));
        stranger.on('error', () => resolve(0));
      });
      stranger.write(chunk);
      return Promise.race([answered, new Promise<null>((resume) => setTimeout(resume, 2_000, null))]);
    });
    const statuses = await Promise.all(refused);
    expect(statuses.filter((status) => status === null).length).toBeLessThanOrEqual(8);
    expect(statuses).toContain(503);
    const body = JSON.stringify({
      id: 'evt_1',
      event: 'PAYMENT_OVERDUE',
      payment: { id: 'p', filler: 'x'.repeat(MIB) }
    });
    expect(await hook('asaas/calm', body, { 'asaas-access-token': 'token-do-asaas' })).toMatchObject({ status: 200 });
  });
});

describe('asaas', () => {
  const TOKEN = { 'asaas-access-token': 'token-do-asaas' };
  const told = (event: string, id: string, value: unknown = 200): string =>
    JSON.stringify({
      id,
      event,
      dateCreated: '2026-11-20 10:00:00',
      payment: { id: 'pay_1', customer: 'cus_1', value, netValue: value, dueDate: '2026-11-30', billingType: 'PIX' }
    });

  test('charges move debts and cash, what moves nothing is ignored, what cannot be read waits: all of it is 200', async () => {
    await addSource({
      platform: 'asaas',
      source: 'asaas-matriz',
      secret: 'token-do-asaas',
      settings: { account: 'conta-asaas' }
    });
    for (const [event, id] of [
      ['PAYMENT_CREATED', 'e1'],
      ['PAYMENT_CONFIRMED', 'e2'],
      ['PAYMENT_RECEIVED', 'e3']
    ] as const)
      expect(await hook('asaas/asaas-matriz', told(event, id), TOKEN)).toMatchObject({
        status: 200,
        body: { stored: 1 }
      });
    expect(await hook('asaas/asaas-matriz', told('PAYMENT_OVERDUE', 'e4'), TOKEN)).toMatchObject({
      status: 200,
      body: { stored: 0, ignored: 1 }
    });
    expect(await hook('asaas/asaas-matriz', told('PAYMENT_RECEIVED', 'e5', 10.005), TOKEN)).toMatchObject({
      status: 200,
      body: { quarantined: 1, items: [{ code: 'invalid_data', path: '/data/payment/value' }] }
    });
    expect(
      (await hook('asaas/asaas-matriz', told('PAYMENT_RECEIVED', 'e6'), { 'asaas-access-token': 'x' })).status
    ).toBe(401);
    await shipped(ingest.url);
    expect((await stored('asaas-matriz')).map(({ id, type }) => [id, type])).toEqual([
      ['e1', 'invoice.issued'],
      ['e2', 'payment.confirmed'],
      ['e3', 'payment.settled']
    ]);
    expect(await waiting('asaas-matriz')).toMatchObject([
      {
        id: 'e5',
        type: 'asaas.PAYMENT_RECEIVED',
        key_id: 'webhook:asaas-matriz'
      }
    ]);
    expect((await waiting('asaas-matriz'))[0]?.raw).toContain('10.005');
    const ledger = await rows(
      clickhouse.reader,
      `SELECT sum(amount_minor) AS cash FROM money_movements_v1 WHERE account = 'conta-asaas' AND measure = 'ledger'`
    );
    expect(ledger).toEqual([{ cash: 20_000 }]);
    expect(
      (await deliveriesOf('asaas-matriz')).map(({ told: name, outcome, became, amount_minor }) => [
        name,
        outcome,
        became,
        amount_minor
      ])
    ).toEqual([
      ['', 'refused', [], null],
      ['PAYMENT_RECEIVED', 'quarantined', ['asaas.PAYMENT_RECEIVED'], null],
      ['PAYMENT_OVERDUE', 'ignored', [], null],
      ['PAYMENT_RECEIVED', 'stored', ['payment.settled'], 20_000],
      ['PAYMENT_CONFIRMED', 'stored', ['payment.confirmed'], 20_000],
      ['PAYMENT_CREATED', 'stored', ['invoice.issued'], null]
    ]);
  });

  test('sent again corrected, what waited is stored and waits no longer', async () => {
    expect(await hook('asaas/asaas-matriz', told('PAYMENT_RECEIVED', 'e5', 10.01), TOKEN)).toMatchObject({
      body: { stored: 1 }
    });
    await shipped(ingest.url);
    expect(await waiting('asaas-matriz')).toEqual([]);
  });
});

describe('pix', () => {
  const body = JSON.stringify({
    pix: [
      { endToEndId: 'E1', txid: 't1', valor: '110.00', horario: '2026-11-20T20:15:00.358Z' },
      { endToEndId: 'E2', txid: 't2', valor: '5.00', horario: '2026-11-20T20:15:00.358Z' }
    ]
  });

  test('several Pix of one body, by the secret in the path, also as the bank’s query', async () => {
    const { secret } = await addSource({ platform: 'pix', source: 'banco-pix' });
    const path = `pix/banco-pix/${secret ?? ''}`;
    expect(await hook(`${path}/pix`, body)).toMatchObject({ status: 200, body: { stored: 2 } });
    expect(await hook(path, body)).toMatchObject({ status: 200, body: { duplicate: 2 } });
    expect(await hook(`pix/banco-pix/pix?hmac=${secret ?? ''}`, body)).toMatchObject({
      status: 200,
      body: { duplicate: 2 }
    });
    expect(await hook(`${path}/pix`, '{"evento": "teste_webhook"}')).toMatchObject({
      status: 200,
      body: { ignored: 1 }
    });
    for (const wrong of [
      'pix/banco-pix/pix',
      'pix/banco-pix',
      'pix/banco-pix/outro/pix',
      `pix/banco-pix/${secret ?? ''}x/pix`
    ])
      expect((await hook(wrong, body)).status).toBe(401);
    await shipped(ingest.url);
    expect((await stored('banco-pix')).map(({ id }) => id)).toEqual(['E1', 'E2']);
  });
});

describe('stripe', () => {
  test('a charge by its signature; a payout goes from Stripe’s account to the bank’s', async () => {
    await addSource({
      platform: 'stripe',
      source: 'stripe-loja',
      secret: 'whsec_abc',
      settings: { bank_account: 'itau-stripe' }
    });
    const call = (type: string, object: object) => {
      const body = JSON.stringify({ id: `evt_${type}`, type, created: 1_795_000_000, data: { object } });
      const at = seconds();
      return hook('stripe/stripe-loja', body, {
        'stripe-signature': `t=${at},v1=${sign('whsec_abc', `${at}.${body}`, 'hex')},v0=x`
      });
    };
    const charge = { id: 'ch_1', amount: 2_000, captured: true, currency: 'brl' };
    expect(await call('charge.succeeded', charge)).toMatchObject({ status: 200, body: { stored: 1 } });
    const payout = { id: 'po_1', amount: 1_500, currency: 'brl', created: 1_795_000_000 };
    expect(await call('payout.paid', payout)).toMatchObject({ status: 200, body: { stored: 1 } });
    expect(await call('customer.created', { id: 'cus_1' })).toMatchObject({ status: 200, body: { ignored: 1 } });
    expect((await hook('stripe/stripe-loja', '{}', { 'stripe-signature': `t=${seconds()},v1=00` })).status).toBe(401);
    await shipped(ingest.url);
    const cash = await rows(
      clickhouse.reader,
      `SELECT account, sum(amount_minor) AS cash FROM money_movements_v1
       WHERE account IN ('stripe', 'itau-stripe') AND measure = 'ledger' GROUP BY account ORDER BY account`
    );
    expect(cash).toEqual([
      { account: 'itau-stripe', cash: 1_500 },
      { account: 'stripe', cash: 500 }
    ]);
  });
});

describe('shopify', () => {
  test('ids beyond 2^53 arrive as they were written; an unmapped item waits until the table knows it', async () => {
    await addSource({ platform: 'shopify', source: 'shopify-loja', secret: 'shpss_1' });
    const call = (topic: string, body: string) =>
      hook('shopify/shopify-loja', body, {
        'x-shopify-topic': topic,
        'x-shopify-hmac-sha256': sign('shpss_1', body, 'base64')
      });
    const order = `{"id": 820982911946154508, "created_at": "2026-11-20T09:00:00-03:00", "currency": "BRL",
      "line_items": [{"id": 866550311766439020, "sku": "CAFE", "quantity": 1, "price": "199.00"}]}`;
    expect(await call('orders/create', order)).toMatchObject({ status: 200, body: { stored: 1 } });
    const level = `{"inventory_item_id": 271878346596884015, "location_id": 24826418, "available": 10,
      "updated_at": "2026-11-20T19:00:00-03:00"}`;
    expect(await call('inventory_levels/update', level)).toMatchObject({ status: 200, body: { quarantined: 1 } });
    await shipped(ingest.url);
    expect(await waiting('shopify-loja')).toMatchObject([{ path: '/data/sku' }]);
    const skus = { '271878346596884015': 'CAFE' };
    await askInternal(ingest.url, '/sources/shopify-loja', {
      method: 'POST',
      body: JSON.stringify({ settings: { skus } })
    });
    expect(await call('inventory_levels/update', level)).toMatchObject({ status: 200, body: { stored: 1 } });
    await shipped(ingest.url);
    expect(await waiting('shopify-loja')).toEqual([]);
    const [placed, counted] = (await stored('shopify-loja')).map(({ data }) => z.string().parse(data));
    expect(placed).toContain('"order_id":"820982911946154508"');
    expect(counted).toContain('"sku":"CAFE"');
    expect(
      (await hook('shopify/shopify-loja', order, { 'x-shopify-hmac-sha256': sign('other', order, 'base64') })).status
    ).toBe(401);
  });
});

test('what waits for a setting is replayed as it is once the setting is there', async () => {
  await addSource({ platform: 'shopify', source: 'shopify-2', secret: 'shpss_1' });
  const level = `{"inventory_item_id": 271878346596884015, "location_id": 24826418, "available": 10,
    "updated_at": "2026-11-20T19:00:00-03:00"}`;
  const headers = {
    'x-shopify-topic': 'inventory_levels/update',
    'x-shopify-hmac-sha256': sign('shpss_1', level, 'base64')
  };
  const send = () => hook('shopify/shopify-2', level, headers);
  expect(await send()).toMatchObject({ status: 200, body: { quarantined: 1 } });
  await shipped(ingest.url);
  const [row] = await rows(clickhouse.reader, `SELECT quarantine_id FROM quarantine_v1 WHERE source = 'shopify-2'`);
  const replay = async (): Promise<unknown> =>
    (
      await askInternal(ingest.url, '/quarantine/replay', {
        method: 'POST',
        body: JSON.stringify({ ids: [Number(row?.quarantine_id)] })
      })
    ).json();
  expect(await replay()).toMatchObject({ replayed: 0, errors: [{ path: '/data/sku' }] });
  const settings = { skus: { '271878346596884015': 'CAFE' } };
  await askInternal(ingest.url, '/sources/shopify-2', { method: 'POST', body: JSON.stringify({ settings }) });
  expect(await replay()).toEqual({ replayed: 1, skipped: 0, errors: [] });
  expect(await waiting('shopify-2')).toEqual([]);
  expect(await stored('shopify-2')).toMatchObject([{ type: 'stock.counted' }]);
  // the same event as if it had come today
  expect(await send()).toMatchObject({ body: { duplicate: 1, items: [{ code: 'duplicate' }] } });
});

describe('sources', () => {
  const paid = JSON.stringify({ event: 'PAYMENT_OVERDUE', payment: {} });
  const sourcesNow = async () => SourcesAnswer.parse(await (await askInternal(ingest.url, '/sources')).json()).sources;
  const change = (path: string, body: object) =>
    askInternal(ingest.url, `/sources/${path}`, { method: 'POST', body: JSON.stringify(body) });

  test('an unknown platform, an unknown source and one under another platform are 404, a second of the same name 409', async () => {
    await addSource({ platform: 'asaas', source: 's1', secret: 'one-token' });
    for (const path of ['mercadopago/s1', 'asaas/s9', 'stripe/s1'])
      expect((await hook(path, paid, { 'asaas-access-token': 'one-token' })).status).toBe(404);
    expect((await change('', { platform: 'asaas', source: 's1' })).status).toBe(404);
    const again = await askInternal(ingest.url, '/sources', {
      method: 'POST',
      body: JSON.stringify({ platform: 'pix', source: 's1' })
    });
    expect(again.status).toBe(409);
    expect((await fetch(`${ingest.url}/internal/sources`)).status).toBe(401);
  });

  test('a new secret holds at once, the earlier one for its hours, and until it is ended', async () => {
    await addSource({ platform: 'asaas', source: 's2', secret: 'first-token' });
    const by = async (token: string) => (await hook('asaas/s2', paid, { 'asaas-access-token': token })).status;
    expect(await by('first-token')).toBe(200);
    await change('s2/secret', { secret: 'second-token', overlap_hours: 2 });
    expect([await by('first-token'), await by('second-token')]).toEqual([200, 200]);
    expect((await deliveriesOf('s2')).map(({ by_earlier_secret }) => by_earlier_secret)).toEqual([false, true, false]);
    ahead = 2 * 3_600_000 + 1;
    expect([await by('first-token'), await by('second-token')]).toEqual([401, 200]);
    ahead = 0;
    await change('s2/secret/end-earlier', {});
    expect([await by('first-token'), await by('second-token')]).toEqual([401, 200]);
    const known = (await sourcesNow()).find(({ source }) => source === 's2');
    expect(known?.secrets.map(({ last4 }) => last4)).toEqual(['oken']);
  });

  test('one that is switched off is 404 until it is on again', async () => {
    await addSource({ platform: 'asaas', source: 's3', secret: 'one-token' });
    const status = async () => (await hook('asaas/s3', paid, { 'asaas-access-token': 'one-token' })).status;
    await change('s3', { disabled: true });
    expect(await status()).toBe(404);
    await change('s3', { disabled: false });
    expect(await status()).toBe(200);
  });

  test('says since when it is silent, once that is longer than it should be, and not before', async () => {
    await addSource({ platform: 'asaas', source: 's4', secret: 'one-token', silent_after_minutes: 30 });
    const before = Date.now();
    await hook('asaas/s4', paid, { 'asaas-access-token': 'one-token' });
    const now = async () => (await sourcesNow()).find(({ source }) => source === 's4');
    expect((await now())?.silent_since).toBeNull();
    const metric = async () => (await fetch(`${ingest.url}/metrics`)).text();
    expect(await metric()).toContain('pulso_ingest_webhook_source_silent{source="s4",platform="asaas"} 0');
    ahead = 31 * 60_000;
    const silent = await now();
    expect(await metric()).toContain('pulso_ingest_webhook_source_silent{source="s4",platform="asaas"} 1');
    expect(silent?.silent_since).toBe(silent?.last_seen_at);
    expect(silent?.silent_since).toBeGreaterThanOrEqual(before);
    ahead = 0;
    await change('s4', { silent_after_minutes: null });
    expect((await now())?.silent_after_minutes).toBeNull();
  });

  test('its deliveries are bounded: the newest stay', async () => {
    await addSource({ platform: 'asaas', source: 's5', secret: 'one-token' });
    for (let i = 0; i < 510; i++)
      await hook('asaas/s5', JSON.stringify({ event: `PAYMENT_${i}`, payment: {} }), {
        'asaas-access-token': 'one-token'
      });
    const kept = await deliveriesOf('s5');
    expect([kept.length, kept[0]?.told, kept.at(-1)?.told]).toEqual([500, 'PAYMENT_509', 'PAYMENT_10']);
  });

  test('calls of strangers push no delivery of the platform out of the list', async () => {
    await addSource({ platform: 'asaas', source: 's6', secret: 'one-token' });
    await hook('asaas/s6', paid, { 'asaas-access-token': 'one-token' });
    for (let i = 0; i < 60; i++) expect((await hook('asaas/s6', paid)).status).toBe(401);
    const kept = (await deliveriesOf('s6')).map(({ outcome }) => outcome);
    expect([kept.length, kept.at(-1)]).toEqual([51, 'ignored']);
  });

  test('a body of more than 2 MiB is 413', async () => {
    expect(
      (await hook('asaas/s5', ' '.repeat(2 * 1024 * 1024 + 1), { 'asaas-access-token': 'one-token' })).status
    ).toBe(413);
  });
});

test('callbacks in disorder, several at a time and each twice, become the very figures of a plain recomputation', async () => {
  await addSource({
    platform: 'asaas',
    source: 'desordem',
    secret: 'token-desordem',
    settings: { account: 'conta-desordem' }
  });
  const charge = (n: number, event: string, day: string, change: object = {}): string =>
    JSON.stringify({
      id: `evt_${n}_${event}_${day}`,
      event,
      dateCreated: `2026-${day} 10:00:00`,
      payment: {
        id: `pay_d${n}`,
        customer: `cus_d${n % 2}`,
        dateCreated: '2026-10-01',
        value: 100,
        netValue: 98.01,
        dueDate: '2026-11-01',
        billingType: 'CREDIT_CARD',
        ...change
      }
    });
  const bodies = Array.from({ length: 8 }, (_, n) => [
    charge(n, 'PAYMENT_CREATED', '10-01'),
    charge(n, 'PAYMENT_UPDATED', '10-05', { dueDate: '2026-11-20' }),
    charge(n, 'PAYMENT_CONFIRMED', '10-10'),
    charge(n, 'PAYMENT_RECEIVED', '11-10'),
    charge(n, 'PAYMENT_CHARGEBACK_REQUESTED', '11-12', { chargeback: { status: 'REQUESTED' } }),
    // every other one is won
    n % 2 === 0
      ? charge(n, 'PAYMENT_RECEIVED', '11-15', { chargeback: { status: 'REVERSED' } })
      : charge(n, 'PAYMENT_REFUNDED', '11-15', { chargeback: { status: 'DISPUTE_LOST' } })
  ]).flat();
  // a fixed disorder: neighbours far apart
  const order = [...bodies.keys(), ...bodies.keys()].toSorted((a, b) => ((a * 7919) % 97) - ((b * 7919) % 97));
  for (let at = 0; at < order.length; at += 6) {
    const some = order
      .slice(at, at + 6)
      .map((index) => hook('asaas/desordem', bodies[index] ?? '', { 'asaas-access-token': 'token-desordem' }));
    for (const { status } of await Promise.all(some)) expect(status).toBe(200);
    if (at % 24 === 0) await shipped(ingest.url);
  }
  await shipped(ingest.url);
  const report = await verify(clickhouse.reader);
  if (!report.ok) throw new Error(report.failure.message);
  expect(report.value.tables.flatMap(({ table, differences }) => (differences.length > 0 ? [table] : []))).toEqual([]);
  const cash = await rows(
    clickhouse.reader,
    `SELECT sum(amount_minor) AS cash FROM money_movements_v1 WHERE account = 'conta-desordem' AND measure = 'ledger'`
  );
  expect(cash).toEqual([{ cash: 4 * 9_801 + 4 * (9_801 - 10_000) }]);
});

test('a full journal answers 503 and takes nothing of the call, which is stored when it comes again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pulso-webhooks-full-'));
  const cable = await startCable(clickhouse.address);
  const full = await startTestIngest({ dataDir: folder, clickhouse: () => cable.address, journalBytesMax: 200_000 });
  onTestFinished(async () => {
    await full.stop();
    await cable.close();
    await rm(folder, { recursive: true, force: true });
  });
  await askInternal(full.url, '/sources', {
    method: 'POST',
    body: JSON.stringify({ platform: 'pix', source: 'cheio', secret: 'segredo' })
  });
  const call = async (n: number) => {
    const pix = Array.from({ length: 100 }, (_, i) => ({
      endToEndId: `CHEIO-${n}-${i}`,
      valor: '1.00',
      horario: '2026-11-20T20:15:00Z'
    }));
    const response = await fetch(`${full.url}/v1/webhooks/pix/cheio/segredo/pix`, {
      method: 'POST',
      body: JSON.stringify({ pix })
    });
    return { status: response.status, retryAfter: response.headers.get('retry-after') };
  };
  cable.cut();
  let taken = 0;
  let answer = await call(taken);
  while (answer.status === 200 && taken < 50) answer = await call(++taken);
  expect(answer.status).toBe(503);
  expect(Number(answer.retryAfter)).toBeGreaterThan(0);
  const noted = DeliveriesAnswer.parse(
    await (await askInternal(full.url, '/sources/cheio/deliveries')).json()
  ).deliveries;
  expect([noted[0]?.outcome, noted[0]?.reason, noted[1]?.outcome]).toEqual(['refused', 'full', 'stored']);
  cable.mend();
  await shipped(full.url);
  await eventually('room in the journal', 10_000, async () => (await call(taken)).status === 200);
  await shipped(full.url);
  const [count] = await rows(
    clickhouse.reader,
    `SELECT uniqExact(id) AS ids, count() AS n FROM events_raw_v1 WHERE source = 'cheio'`
  );
  expect(count).toEqual({ ids: (taken + 1) * 100, n: (taken + 1) * 100 });
});

test('no secret, no path and no payload reaches a log, whatever goes wrong', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pulso-webhooks-log-'));
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _, done) {
      lines.push(chunk.toString());
      done();
    }
  });
  const service = await startIngest({
    host: '127.0.0.1',
    port: 0,
    dataDir: folder,
    internalToken: 'test-internal-token-0123456789',
    journalBytesMax: 64 * 1024 * 1024,
    findClickHouse: () => clickhouse.address,
    bootId: 'test',
    log: pino({ level: 'trace' }, sink),
    now: Date.now,
    random: Math.random
  });
  await service.ready;
  const url = `http://127.0.0.1:${service.port}`;
  const post = (path: string, body: string) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      body,
      headers: { authorization: 'Bearer test-internal-token-0123456789' }
    });
  const secret = 'SEGREDO-QUE-NINGUEM-LE';
  await post('/internal/sources', JSON.stringify({ platform: 'pix', source: 'p', secret }));
  await post('/internal/sources/p/secret', JSON.stringify({ secret: `${secret}-2` }));
  const payload = JSON.stringify({ pix: [{ endToEndId: 'SEGREDO-E', valor: 'SEGREDO-V', horario: 'SEGREDO-H' }] });
  expect((await post(`/v1/webhooks/pix/p/${secret}/pix`, payload)).status).toBe(200);
  expect((await post(`/v1/webhooks/pix/p/${secret}-wrong/pix`, payload)).status).toBe(401);
  expect((await post(`/v1/webhooks/pix/p/${secret}/pix`, '{"SEGREDO')).status).toBe(400);
  await service.stop();
  await rm(folder, { recursive: true, force: true });
  expect(lines.join('')).toContain('webhook source added');
  expect(lines.join('')).not.toContain('SEGREDO');
});

test('what was answered 200 is in the journal on disk', async () => {
  const { secret } = await addSource({ platform: 'pix', source: 'disco' });
  const body = JSON.stringify({ pix: [{ endToEndId: 'E-NO-DISCO', valor: '1.00', horario: '2026-11-20T20:15:00Z' }] });
  expect((await hook(`pix/disco/${secret ?? ''}/pix`, body)).status).toBe(200);
  const folder = join(dataDir, 'journal');
  const segments = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name))));
  expect(segments.some((bytes) => bytes.includes('E-NO-DISCO'))).toBe(true);
});
