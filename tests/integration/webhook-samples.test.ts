/** Published payloads and signature vectors beside the project, each by its own scheme. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { call, decode, understand, type Asked } from '#ingest/webhooks/calls.fixture.ts';
import { WEBHOOK_PLATFORMS } from '#ingest/webhooks/registry.ts';
import type { Platform } from '#lib/contracts/sources.ts';

const shared = join(import.meta.dirname, '../../../shared/data');

/** Absent data is said, not passed over: the name of the skipped suite tells what is missing. */
function withData(title: string, path: string, tests: (path: string) => void): void {
  const full = join(shared, path);
  if (existsSync(full)) describe(title, () => tests(full));
  else describe.skip(`${title} (skipped: ../shared/data/${path} is not beside the project)`, () => tests(full));
}

const Vector = z.object({
  name: z.string(),
  scheme: z.string(),
  secret: z.string(),
  body: z.string().default(''),
  headers: z.record(z.string(), z.string()),
  /** unix seconds */
  now: z.int().optional(),
  expect: z.enum(['valid', 'invalid', 'error'])
});
const SERVED: Readonly<Record<string, Platform>> = {
  'standard-webhooks': 'standard',
  'asaas-static-token': 'asaas',
  'stripe-v1': 'stripe',
  'shopify-sha256-base64': 'shopify'
};
/** Platforms that cannot call us yet. */
const NOT_SERVED = [
  'mercadopago-v1',
  'nuvemshop-sha256-hex',
  'openpix-sha1-base64',
  'pagbank-sha256-hex',
  'woocommerce-sha256-base64'
];

withData('signature vectors', 'standard_webhooks_vectors', (folder) => {
  const file = join(folder, 'vectors.json');
  const vectors = existsSync(file) ? z.array(Vector).parse(JSON.parse(readFileSync(file, 'utf8'))) : [];

  test.each(vectors.filter(({ scheme }) => SERVED[scheme] !== undefined))('$scheme: $name', (vector) => {
    const { verify, isSecret } = WEBHOOK_PLATFORMS[SERVED[vector.scheme] ?? 'standard'];
    const asked = { ...call(vector.body, vector.headers), now: (vector.now ?? 0) * 1_000 };
    expect(isSecret(vector.secret)).toBe(vector.expect !== 'error');
    expect(verify(asked, vector.secret)).toBe(vector.expect === 'valid');
  });

  test('those of platforms we do not serve yet are exactly these', () => {
    const others = vectors.map(({ scheme }) => scheme).filter((scheme) => SERVED[scheme] === undefined);
    expect([...new Set(others)].toSorted()).toEqual(NOT_SERVED);
  });
});

/** `name: event types it becomes`, `ignored`, or `quarantined` with the place of the fault. */
function meaning(
  asked: Asked,
  file: string,
  headers: Record<string, string> = {},
  rest: readonly string[] = []
): string {
  const understood = understand(asked, call(readFileSync(file, 'utf8'), headers, rest));
  if (understood.events.length === 0) return 'ignored';
  return decode(understood)
    .map((item) => (item.kind === 'usable' ? item.event.type : `${item.kind} ${item.fault.path}`))
    .join(', ');
}

withData('Asaas’s published events', 'webhooks_asaas', (folder) => {
  const of = (name: string) => meaning({ platform: 'asaas' }, join(folder, `${name}.docs_example.json`));
  test('become what they mean', () => {
    // the example shows every field, a chargeback among them: such a RECEIVED is money that came back
    expect(of('PAYMENT_RECEIVED')).toBe('payment.settled, payment.reversed, payment.reinstated');
    expect(of('BILL_PAID')).toBe('payout.sent');
    expect(of('SUBSCRIPTION_CREATED')).toBe('ignored');
  });

  test('the money is that of the example: value, fee and split to the centavo', () => {
    const text = readFileSync(join(folder, 'PAYMENT_RECEIVED.docs_example.json'), 'utf8');
    const [settled] = decode(understand({ platform: 'asaas' }, call(text)));
    expect(settled).toMatchObject({
      kind: 'usable',
      event: {
        id: 'evt_05b708f961d739ea7eba7e4db318f621&368604920',
        // 100.00 − 94.51, and 20.00 + 10 % of 94.51
        data: { payment_id: 'pay_080225913252', amount_minor: 10_000, fee_minor: 549 + 2_945, method: 'credit_card' }
      }
    });
  });
});

withData('the central bank’s published callbacks', 'pix_bcb/callbacks', (folder) => {
  test('two Pix in one body, a devolução under way; what tells of agreements is ignored', () => {
    const of = (name: string) => meaning({ platform: 'pix' }, join(folder, `webhook_${name}.json`), {}, ['s', name]);
    expect(of('pix')).toBe('payment.settled, payment.settled');
    expect([of('rec'), of('cobr')]).toEqual(['ignored', 'ignored']);
  });
});

withData('Stripe’s events', 'webhooks_stripe/events_stripe_ruby_mock', (folder) => {
  const MEANT: Readonly<Record<string, string>> = {
    'charge.captured': 'payment.settled',
    'charge.dispute.funds_reinstated': 'payment.reinstated, account.moved',
    'charge.dispute.funds_withdrawn': 'payment.reversed, account.moved',
    'charge.refund.updated': 'payment.reversed',
    'charge.refunded': 'payment.reversed',
    'charge.succeeded': 'payment.settled',
    'invoice.finalized': 'invoice.issued',
    'invoice.paid': 'payment.allocated',
    'payout.paid': 'account.moved'
  };
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];

  test('each of the 88 becomes what it means, and the rest is ignored', () => {
    expect(files).toHaveLength(88);
    const meant = files.map((name): [string, string] => [
      name.replace(/\.json$/, ''),
      meaning({ platform: 'stripe' }, join(folder, name))
    ]);
    expect(Object.fromEntries(meant.filter(([, became]) => became !== 'ignored'))).toEqual(MEANT);
  });
});

withData('Shopify’s own test notifications', 'webhooks_shopify/official_webhook_samples', (folder) => {
  const skus = { '271878346596884015': 'CAFE' };
  const of = (name: string, topic: string, settings: Asked['settings'] = {}) =>
    meaning({ platform: 'shopify', settings: { currency: 'USD', ...settings } }, join(folder, `${name}.json`), {
      'x-shopify-topic': topic
    });
  /** The samples are of test orders: as they would come of real ones. */
  const real = (name: string, topic: string) => {
    const text = readFileSync(join(folder, `${name}.json`), 'utf8').replace('"test": true', '"test": false');
    return decode(understand({ platform: 'shopify' }, call(text, { 'x-shopify-topic': topic })));
  };
  const typesOf = (name: string, topic: string) =>
    real(name, topic).map((item) => (item.kind === 'usable' ? item.event.type : item.kind));

  test('become what they mean', () => {
    expect(of('refunds_create_sample_abridged', 'refunds/create')).toBe('return.requested, return.refunded');
    expect(of('inventory_levels_update_sample', 'inventory_levels/update')).toBe('quarantined /data/sku');
    expect(of('inventory_levels_update_sample', 'inventory_levels/update', { skus })).toBe('stock.counted');
    expect(of('inventory_levels_disconnect_sample', 'inventory_levels/disconnect')).toBe('ignored');
  });

  test('orders of a test are ignored; the same as real ones are placed and cancelled', () => {
    expect(of('orders_sample_2022', 'orders/create')).toBe('ignored');
    expect(of('orders_cancelled_sample_2025', 'orders/cancelled')).toBe('ignored');
    expect(typesOf('orders_sample_2022', 'orders/create')).toEqual(['order.placed', 'order.cancelled']);
    expect(typesOf('orders_cancelled_sample_2025', 'orders/cancelled')).toEqual(['order.cancelled']);
  });

  test('the ids are those of the file, digit by digit', () => {
    const [placed] = real('orders_sample_2022', 'orders/create');
    expect(placed).toMatchObject({
      event: { data: { order_id: '820982911946154508', customer_id: '115310627314723954', currency: 'USD' } }
    });
  });
});
