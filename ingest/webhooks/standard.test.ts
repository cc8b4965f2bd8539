import { expect, it } from 'vitest';
import { accepted, became, booksOf, call, decode, expectAnyOrder, understand } from './calls.fixture.ts';

const STANDARD = { platform: 'standard' } as const;
const data = { account: 'a', amount_minor: 1, currency: 'BRL', category: 'yield' };
const as = (body: object) => call(body, { 'webhook-id': 'msg_1' });

it('an envelope of ours comes as it is; what it leaves out comes from the scheme', () => {
  const full = { id: 'e1', source: 'loja', type: 'account.moved', time: '2026-11-20T12:00:00Z', data };
  expect(became(STANDARD, as(full))).toEqual([
    { type: 'account.moved', id: 'e1', time: '2026-11-20T12:00:00.000Z', data }
  ]);
  const short = { type: 'account.moved', timestamp: '2026-11-20T12:00:00Z', data };
  expect(became(STANDARD, as(short))).toEqual([
    { type: 'account.moved', id: 'msg_1', time: '2026-11-20T12:00:00.000Z', data }
  ]);
});

it('an array is several events, each with an id of its own on every retry', () => {
  const two = [
    { type: 'account.moved', data },
    { type: 'account.moved', data }
  ];
  expect(understand(STANDARD, call(two, { 'webhook-id': 'msg_1' })).events.map(({ id }) => id)).toEqual([
    'msg_1/0',
    'msg_1/1'
  ]);
  expect(understand(STANDARD, as([]))).toMatchObject({ events: [], ignored: 'an empty list' });
});

it('what is wrong with an envelope is said as for any event', () => {
  const verdicts = [
    { type: 'account.moved', id: 5, data },
    { type: 'x.y', data },
    { type: 'account.moved', time: 5, data },
    'text',
    7
  ].map((body) => {
    const [item] = decode(understand(STANDARD, call(JSON.stringify(body), { 'webhook-id': 'msg_1' })));
    return item && item.kind !== 'usable' ? [item.kind, item.fault.path] : null;
  });
  expect(verdicts).toEqual([
    ['rejected', '/id'],
    ['quarantined', '/type'],
    ['quarantined', '/time'],
    ['rejected', '/type'],
    ['rejected', '/type']
  ]);
});

it('numbers that a double cannot hold stay as they were written', () => {
  const text = `{"type": "account.moved", "data": {"account": "a", "amount_minor": 1, "currency": "BRL", "category": "yield", "ref": 820982911946154508}}`;
  const [item] = decode(understand(STANDARD, call(text, { 'webhook-id': 'msg_1' })));
  expect(item).toHaveProperty('data', expect.stringContaining('"ref":820982911946154508'));
});

let messages = 0;
/** One message of a shop's own system: events at one moment. */
const message = (time: string, ...events: readonly { type: string; data: object }[]) =>
  call(
    events.map((event) => ({ ...event, time })),
    { 'webhook-id': `msg_l${++messages}` }
  );
const pays = { payment_id: 'p1', currency: 'BRL' };
const back = (movement_id: string, amount_minor: number, reason: string) => ({
  ...pays,
  amount_minor,
  reason,
  movement_id
});

it('a sale paid late, shared, refunded in part, disputed and won: the same books in any order, whatever comes twice', () => {
  const issued = {
    invoice_id: 'i1',
    customer_id: 'c1',
    order_id: 'o1',
    currency: 'BRL',
    installments: [{ number: 1, due_date: '2026-11-10', amount_minor: 20_000 }]
  };
  const settled = {
    ...pays,
    account: 'gateway',
    amount_minor: 21_050,
    fee_minor: 2_549,
    fees: [
      { kind: 'mdr', minor: 549 },
      { kind: 'split', minor: 2_000 }
    ],
    method: 'credit_card',
    invoice_id: 'i1',
    interest_minor: 650,
    fine_minor: 400
  };
  const refund = { return_id: 'r1', order_id: 'o1', amount_minor: 3_000, currency: 'BRL', method: 'other' };
  const books = expectAnyOrder(STANDARD, [
    message('2026-11-01T12:00:00Z', { type: 'invoice.issued', data: issued }),
    message('2026-11-12T12:00:00Z', { type: 'payment.settled', data: settled }),
    // the shop and the gateway tell one refund
    message(
      '2026-11-13T12:00:00Z',
      { type: 'return.refunded', data: { ...refund, movement_id: 're_1' } },
      { type: 'invoice.credited', data: { invoice_id: 'i1', amount_minor: 3_000, currency: 'BRL', return_id: 'r1' } }
    ),
    message('2026-11-13T12:00:05Z', { type: 'payment.reversed', data: back('re_1', 3_000, 'refund') }),
    message('2026-11-14T12:00:00Z', { type: 'payment.reversed', data: back('dp_1', 18_050, 'chargeback') }),
    message('2026-11-20T12:00:00Z', { type: 'payment.reinstated', data: back('dp_1', 18_050, 'chargeback') })
  ]);
  expect(books.accounts).toEqual({ gateway: 21_050 - 2_549 - 3_000 });
  expect(books.payments).toMatchObject([{ gross: 21_050, reversed: 3_000, principal: 17_000 }]);
  expect(books.instalments).toMatchObject([{ open: 0 }]);
});

it('a retry with a changed body is the same event: what came first stays', () => {
  const moved = (amount_minor: number) =>
    as({ type: 'account.moved', timestamp: '2026-11-20T12:00:00Z', data: { ...data, amount_minor } });
  expect(booksOf(accepted(STANDARD, [moved(7), moved(9)])).accounts).toEqual({ a: 7 });
});

it('data may come as bytes, as in any CloudEvent, and another version of the envelope is not taken for ours', () => {
  const type = 'account.moved';
  const bytes = {
    type,
    timestamp: '2026-11-20T12:00:00Z',
    datacontenttype: 'application/json',
    data_base64: Buffer.from(JSON.stringify(data)).toString('base64')
  };
  expect(became(STANDARD, as(bytes))).toMatchObject([{ type, data }]);
  expect(decode(understand(STANDARD, as({ ...bytes, specversion: '0.3' })))).toMatchObject([
    { kind: 'rejected', code: 'invalid_envelope', fault: { path: '/specversion' } }
  ]);
});
