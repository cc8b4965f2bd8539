import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { KpiValue } from '#lib/contracts/kpi.ts';
import { QuarantineRows, QuarantineTest, ReplayAnswer, type QuarantineEffects } from '#lib/contracts/quarantine.ts';
import { debtsFrom } from '#lib/server/kpi/debts.server.ts';
import { businessTime } from '#lib/server/kpi/moment.server.ts';
import { whatIf } from '#lib/server/kpi/what-if.server.ts';
import type { WhatIf } from '#lib/server/what-if-answer.server.ts';
import { startTestClickHouse, type TestClickHouse } from '../support/clickhouse.ts';
import { askInternal, send, shipped, startTestIngest, type TestIngest } from '../support/ingest.ts';

/** what is told must be what comes: 20 November 2026, 15:00 in São Paulo */
const NOW = Date.UTC(2026, 10, 20, 18);
let clickhouse: TestClickHouse;
let dataDir: string;
let ingest: TestIngest;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pulso-what-if-'));
  clickhouse = await startTestClickHouse();
  ingest = await startTestIngest({ dataDir, clickhouse: () => clickhouse.address, now: () => NOW });
});
afterAll(async () => {
  await ingest.stop();
  await clickhouse.stop();
  await rm(dataDir, { recursive: true, force: true });
});

let counter = 0;
const event = (
  type: string,
  data: object,
  time = '2026-11-20T12:00:00Z'
): { id: string } & Record<string, unknown> => ({
  id: `w-${++counter}`,
  source: 'urn:what-if',
  type,
  time,
  data
});

const HISTORY = [
  event('customer.updated', { customer_id: 'C-1', name: 'Material Bom Preço' }),
  event('invoice.issued', {
    invoice_id: 'F-1',
    customer_id: 'C-1',
    currency: 'BRL',
    installments: [
      { number: 1, due_date: '2026-10-05', amount_minor: 5_000 },
      { number: 2, due_date: '2026-12-05', amount_minor: 7_000 }
    ]
  }),
  event(
    'account.balance_reported',
    { account: 'itau', balance_minor: 90_000, currency: 'BRL' },
    '2026-11-19T12:00:00Z'
  ),
  event('payment.settled', {
    payment_id: 'P-0',
    account: 'itau',
    amount_minor: 1_000,
    fee_minor: 30,
    currency: 'BRL',
    method: 'pix'
  }),
  event('payment.confirmed', { payment_id: 'P-2', amount_minor: 800, currency: 'BRL', method: 'credit_card' }),
  event('stock.counted', { sku: 'S-1', quantity: 3 }, '2026-11-01T12:00:00Z'),
  event('order.placed', {
    order_id: 'O-0',
    currency: 'BRL',
    lines: [{ sku: 'S-1', quantity: 1, unit_price_minor: 400 }]
  })
];

/** Each with the place of the fault: the key is broken, and mended for the test. */
const CASES: readonly [string, ReturnType<typeof event>, string][] = [
  [
    'a payment of an overdue instalment',
    event('payment.settled', {
      payment_id: 'P-1',
      account: 'itau',
      amount_minor: 6_000,
      fee_minor: 60,
      currency: 'BRL',
      method: 'pix',
      invoice_id: 'F-1'
    }),
    'amount_minor'
  ],
  [
    'the settlement of a confirmed payment',
    event('payment.settled', {
      payment_id: 'P-2',
      account: 'caixa',
      amount_minor: 800,
      fee_minor: 20,
      currency: 'BRL',
      method: 'credit_card'
    }),
    'amount_minor'
  ],
  [
    'a payment of before the bank’s report',
    event(
      'payment.settled',
      { payment_id: 'P-3', account: 'itau', amount_minor: 500, fee_minor: 0, currency: 'BRL', method: 'pix' },
      '2026-11-18T12:00:00Z'
    ),
    'amount_minor'
  ],
  [
    'money in another currency',
    event('account.moved', { account: 'wise', amount_minor: -900, currency: 'USD', category: 'bank_fee' }),
    'amount_minor'
  ],
  [
    'an order that takes the last pieces',
    event('order.placed', {
      order_id: 'O-1',
      currency: 'BRL',
      lines: [{ sku: 'S-1', quantity: 2, unit_price_minor: 1_500 }],
      shipping_minor: 250
    }),
    'shipping_minor'
  ],
  ['an adjustment of stock', event('stock.adjusted', { sku: 'S-1', quantity: 4, reason: 'achado' }), 'quantity'],
  [
    'goods shipped before the last count',
    event('order.shipped', { order_id: 'O-9', lines: [{ sku: 'S-1', quantity: 2 }] }, '2026-10-31T12:00:00Z'),
    'lines'
  ],
  [
    'a new invoice',
    event('invoice.issued', {
      invoice_id: 'F-2',
      customer_id: 'C-2',
      currency: 'BRL',
      installments: [{ number: 1, due_date: '2026-11-30', amount_minor: 2_500 }]
    }),
    'installments'
  ]
];

const ask = async (effects: QuarantineEffects): Promise<WhatIf> => {
  const { reader } = clickhouse;
  const time = businessTime('America/Sao_Paulo', 'BR');
  const answer = await whatIf({ reader, time, currency: 'BRL', now: () => NOW, ...debtsFrom(reader) }, effects);
  if (!answer.ok) throw new Error(answer.failure.kind);
  return answer.value;
};

test('what a test tells of each figure, account, instalment and sku is what a replay makes of it', async () => {
  await send(ingest.url, HISTORY);
  await shipped(ingest.url);
  for (const [what, right, key] of CASES) {
    const data = Object.fromEntries(
      Object.entries(z.record(z.string(), z.unknown()).parse(right.data)).filter(([name]) => name !== key)
    );
    expect(await send(ingest.url, [{ ...right, data: { ...data, [key]: 'broken' } }])).toMatchObject({
      quarantined: 1
    });
    await shipped(ingest.url);
    const { rows } = QuarantineRows.parse(await (await askInternal(ingest.url, `/quarantine?id=${right.id}`)).json());
    const id = rows[0]?.quarantine_id ?? 0;
    const body = JSON.stringify({ ids: [id], bodies: { [id]: right } });
    const post = (path: string): Promise<Response> =>
      askInternal(ingest.url, `/quarantine/${path}`, { method: 'POST', body });
    const { effects } = QuarantineTest.parse(await (await post('test')).json());
    const told = await ask(effects);
    const freeBefore = await askSku();
    expect([what, told.figures.length + told.skus.length + told.accounts.length > 0]).toEqual([
      what,
      !what.includes('before the last count')
    ]);
    expect(ReplayAnswer.parse(await (await post('replay')).json())).toMatchObject({ replayed: 1 });
    await shipped(ingest.url);
    // asked again with the same effects, “before” is what the replay has made of it
    const now = await ask(effects);
    for (const { id: figure, before, after } of told.figures) {
      const then = now.figures.filter((row) => row.id === figure && currencyOf(row.before) === currencyOf(after));
      // what was unknown and is 0 from the first event on changes once only
      if (before !== null || then.length > 0)
        expect([what, figure, then.map((row) => row.before)]).toEqual([what, figure, [after]]);
      else expect([what, figure, amountOf(after)]).toEqual([what, figure, 0]);
    }
    expect([what, now.accounts.map((row) => row.before_minor)]).toEqual([
      what,
      told.accounts.map((row) => row.after_minor)
    ]);
    const stock = await askSku();
    expect([what, stock]).toEqual([what, told.skus[0]?.after_free ?? freeBefore]);
  }
});

const isMoney = (value: KpiValue | null): value is { minor: number; currency: string } =>
  typeof value === 'object' && value !== null && 'minor' in value;
const currencyOf = (value: KpiValue | null): string => (isMoney(value) ? value.currency : '');
const amountOf = (value: KpiValue | null): unknown => (isMoney(value) ? value.minor : value);

async function askSku(): Promise<number | undefined> {
  const { reader } = clickhouse;
  const sql = "SELECT toInt64(on_hand - reserved) AS free FROM sku_state_v1 FINAL WHERE sku = 'S-1'";
  const answer = await reader.read(
    { name: 'test', sql, params: z.object({}), row: z.object({ free: z.int() }), timeoutMs: 5_000 },
    {}
  );
  return answer.ok ? answer.value[0]?.free : undefined;
}
