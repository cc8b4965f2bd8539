import { describe, expect, it } from 'vitest';
import { accepted, became, booksOf, expectAnyOrder, understand } from './calls.fixture.ts';
import { fulfillment, level, order, ORDER, orderAt, refund, SHOPIFY, told } from './shopify.fixture.ts';

const A_TEST = 'a test order';
const TRANSACTION = '245135271310201194';
const payment = (status: string, change = '') => `{"id": ${TRANSACTION}, "order_id": ${ORDER}, "parent_id": 389404469,
  "kind": "refund", "status": "${status}", "amount": "75.00", "currency": "BRL", "authorization": null,
  "created_at": "2026-11-22T09:00:00-03:00", "processed_at": "2026-11-23T09:00:00-03:00"${change}}`;
const refundOf = (...transactions: string[]): string =>
  refund('return').replace(/"transactions": \[[^\]]*\]/, `"transactions": [${transactions.join()}]`);
const withRefund = (one: string): string => orderAt('2026-11-23T09:00:01', `, "refunds": [${one}]`);

describe('a refund under way', () => {
  const books = (...calls: Parameters<typeof accepted>[1][]) =>
    calls.map((each) => booksOf(accepted(SHOPIFY, each)).figures['refunds-today']);
  const pending = told('refunds/create', refundOf(payment('pending')));
  const done = told('orders/updated', withRefund(refundOf(payment('success'))));
  const paid = told('order_transactions/create', payment('success'));

  it('counts once it succeeds: by what tells it first, and once', () => {
    expect(became(SHOPIFY, pending).map(({ type }) => type)).toEqual(['return.received']);
    const steps = [told('orders/create', order()), pending, done, paid];
    expectAnyOrder(SHOPIFY, steps);
    const money = (calls: Parameters<typeof accepted>[1]) =>
      accepted(SHOPIFY, calls).filter(({ type }) => type === 'return.refunded');
    expect(money([pending])).toEqual([]);
    expect(money([pending, done])).toMatchObject([
      { time: Date.parse('2026-11-23T09:00:00-03:00'), data: { amount_minor: 7_500, return_id: '890088186047892319' } }
    ]);
    expect(money([pending, paid])).toMatchObject([{ data: { amount_minor: 7_500, movement_id: TRANSACTION } }]);
    expect(
      new Set(books([pending, done], [pending, paid], steps, steps.toReversed()).map((each) => JSON.stringify(each)))
        .size
    ).toBe(1);
  });

  it('that fails, or of another kind, moves nothing', () => {
    for (const status of ['pending', 'failure', 'error'])
      expect(understand(SHOPIFY, told('order_transactions/create', payment(status))).events).toEqual([]);
    const sale = payment('success').replace('"refund"', '"sale"');
    expect(understand(SHOPIFY, told('order_transactions/create', sale)).events).toEqual([]);
  });

  it('is told by orders/updated in the very words of refunds/create: goods and money by the same ids', () => {
    const one = refundOf(payment('success'), payment('success').replace(TRANSACTION, '245135271310201195'));
    const alone = became(SHOPIFY, told('refunds/create', one));
    expect(alone).toHaveLength(3);
    for (const topic of ['orders/create', 'orders/updated', 'orders/fulfilled', 'orders/cancelled'])
      expect(became(SHOPIFY, told(topic, withRefund(one)))).toEqual(expect.arrayContaining(alone));
    const shelf = expectAnyOrder(SHOPIFY, [
      told('inventory_levels/update', level('8', '2026-11-20T09:00:01-03:00')),
      told('refunds/create', one),
      told('orders/updated', withRefund(one))
    ]);
    expect(shelf.stock).toContainEqual({ sku: 'CAFE-1KG', on_hand: 9, reserved: 2, kept: true });
  });

  it('carries Stripe’s own id wherever it is told', () => {
    const named = payment('success').replace('"authorization": null', '"authorization": "re_1"');
    expect(became(SHOPIFY, told('order_transactions/create', named))[0]?.data).toMatchObject({ movement_id: 're_1' });
    expect(became(SHOPIFY, told('refunds/create', refundOf(named)))[1]?.data).toMatchObject({ movement_id: 're_1' });
  });
});

describe('a test is no business', () => {
  it('its order, what was shipped of it, its payments and its refunds are ignored as such', () => {
    const testOrder = order(`, "test": true, "fulfillments": [${fulfillment()}]`);
    for (const topic of ['orders/create', 'orders/updated', 'orders/fulfilled', 'orders/cancelled'])
      expect(understand(SHOPIFY, told(topic, testOrder))).toMatchObject({ events: [], ignored: A_TEST });
    const sent = fulfillment().replace('{', '{"test": true,');
    expect(understand(SHOPIFY, told('fulfillments/create', sent))).toMatchObject({ events: [], ignored: A_TEST });
    const paid = payment('success', ', "test": true');
    expect(understand(SHOPIFY, told('order_transactions/create', paid))).toMatchObject({ ignored: A_TEST });
    expect(understand(SHOPIFY, told('refunds/create', refundOf(paid)))).toMatchObject({ events: [], ignored: A_TEST });
    expect(became(SHOPIFY, told('orders/updated', withRefund(refundOf(paid)))).map(({ type }) => type)).toEqual([
      'order.placed',
      'order.placed'
    ]);
    expect(became(SHOPIFY, told('orders/create', order(', "test": false')))).toHaveLength(1);
  });

  it('a payment of a test beside a real one is left out of the refund', () => {
    const test = payment('success', ', "test": true').replace(TRANSACTION, '245135271310201195');
    const [, ...money] = became(SHOPIFY, told('refunds/create', refundOf(test, payment('success'))));
    expect(money).toMatchObject([{ data: { movement_id: TRANSACTION } }]);
  });
});
