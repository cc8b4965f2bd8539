import { describe, expect, it } from 'vitest';
import type { KpiId } from '#lib/contracts/kpi.ts';
import { businessCalendar } from '#lib/domain/calendar.ts';
import { teller, type Teller } from './events.fixture.ts';
import { recompute } from './recompute.ts';

/** Local noon of a Tuesday in São Paulo. */
const NOW = Date.parse('2026-02-24T12:00:00-03:00');
const told = (fill: (tell: Teller['tell']) => void, asOf: number | null = null) => {
  const { tell, events } = teller();
  fill(tell);
  const moment = { asOf, now: NOW, timezone: 'America/Sao_Paulo', calendar: businessCalendar('BR') };
  const result = recompute(events, moment, 'BRL');
  return {
    ...result,
    of: (id: KpiId) => result.figures.get(id)?.value,
    why: (id: KpiId) => result.figures.get(id)?.reason
  };
};
const brl = (minor: number) => ({ minor, currency: 'BRL' });

describe('empty', () => {
  it('nothing delivered: every figure, and why', () => {
    const { figures } = told(() => undefined);
    for (const [id, { value, reason }] of figures) expect([id, value, reason]).toEqual([id, null, 'no_data']);
  });

  it('a stream that delivered in another currency leaves money empty, in this one 0', () => {
    const { of, otherCurrencies } = told((tell) => {
      tell('account.moved', NOW - 1, { account: 'a', amount_minor: 5, currency: 'USD', category: 'other' });
      tell('order.placed', NOW - 1, { order_id: 'o', currency: 'BRL', lines: [] });
    });
    expect(of('cash-position')).toBeNull();
    expect(otherCurrencies.get('cash-position')).toEqual([{ currency: 'USD', value: { minor: 5, currency: 'USD' } }]);
    expect(of('sales-today')).toEqual(brl(0));
    expect(of('orders-today')).toBe(1);
  });

  it('a share of nothing, and stock of skus nobody keeps', () => {
    const { why, of } = told((tell) => {
      tell('return.received', NOW - 1, { return_id: 'r', lines: [{ sku: 's', quantity: 1, condition: 'saleable' }] });
      tell('customer.updated', NOW - 1, { customer_id: 'c' });
      tell('promise.made', NOW - 1, {
        promise_id: 'p',
        customer_id: 'c',
        collector: 'x',
        amount_minor: 1,
        currency: 'BRL',
        due_date: '2026-03-01'
      });
    });
    expect(why('return-rate')).toBe('no_denominator');
    expect(why('delinquency-rate')).toBe('no_denominator');
    expect(why('stock-on-hand')).toBe('no_kept_sku');
    expect(of('receivables-open')).toEqual(brl(0));
  });
});

it('today is from local midnight to the moment, both included, by the effect’s time', () => {
  const midnight = Date.parse('2026-02-24T00:00:00-03:00');
  const settle = (tell: Teller['tell'], payment_id: string, time: number) =>
    tell('payment.settled', time, {
      payment_id,
      account: 'a',
      amount_minor: 100,
      fee_minor: 1,
      currency: 'BRL',
      method: 'pix'
    });
  const fill = (tell: Teller['tell']) => {
    settle(tell, 'before', midnight - 1);
    settle(tell, 'first', midnight);
    settle(tell, 'last', NOW);
    tell('payout.sent', NOW, {
      payout_id: 'x',
      payee: 'p',
      category: 'rent',
      account: 'a',
      amount_minor: 60,
      fee_minor: 1,
      currency: 'BRL',
      method: 'ted'
    });
    tell('account.moved', NOW, {
      account: 'a',
      counter_account: 'b',
      amount_minor: 7,
      currency: 'BRL',
      category: 'transfer'
    });
  };
  const live = told(fill);
  expect([live.of('cash-in-today'), live.of('cash-out-today'), live.of('net-cash-today')]).toEqual([
    brl(198),
    brl(61),
    brl(137)
  ]);
  expect(live.of('cash-position')).toEqual(brl(236));
  expect(live.of('fee-rate')).toBeCloseTo(0.01, 12);
  expect(told(fill, NOW - 1).of('cash-in-today')).toEqual(brl(99));
});

it('overdue after the effective due date, aged from the original one, and the buckets sum to what is open', () => {
  const { of } = told((tell) => {
    for (const [invoice_id, due_date] of [
      ['a', '2026-02-24'],
      ['b', '2026-02-23'],
      ['c', '2026-01-24'],
      ['d', '2025-12-01'],
      ['e', '2025-11-20']
    ] as const)
      tell('invoice.issued', NOW - 9, {
        invoice_id,
        customer_id: 'c',
        currency: 'BRL',
        installments: [{ number: 1, due_date, amount_minor: 100 }]
      });
    tell('payment.confirmed', NOW - 5, {
      payment_id: 'p',
      invoice_id: 'b',
      amount_minor: 30,
      currency: 'BRL',
      method: 'pix'
    });
    tell('payment.confirmed', NOW - 5, {
      payment_id: 'q',
      invoice_id: 'a',
      amount_minor: 10,
      currency: 'BRL',
      method: 'pix'
    });
  });
  const bucket = (name: string, minor: number, count: number) => ({ bucket: name, minor, count, currency: 'BRL' });
  expect(of('ageing')).toEqual([
    bucket('not_due', 90, 1),
    bucket('1_30', 70, 1),
    bucket('31_60', 100, 1),
    bucket('61_90', 100, 1),
    bucket('over_90', 100, 1)
  ]);
  expect(of('receivables-open')).toEqual(brl(460));
  expect(of('receivables-overdue')).toEqual(brl(370));
  expect(of('delinquency-rate')).toBeCloseTo(370 / 460, 12);
  expect(of('collected-today')).toEqual(brl(40));
  expect(of('recovered-today')).toEqual(brl(30));
});

it('collected today is what the payments that came to exist today pay now', () => {
  const { of } = told((tell) => {
    tell('invoice.issued', NOW - 9, {
      invoice_id: 'a',
      customer_id: 'c',
      currency: 'BRL',
      installments: [{ number: 1, due_date: '2026-03-01', amount_minor: 100 }]
    });
    tell('payment.confirmed', NOW - 86_400_000, {
      payment_id: 'old',
      invoice_id: 'a',
      amount_minor: 20,
      currency: 'BRL',
      method: 'pix'
    });
    tell('payment.settled', NOW - 1, {
      payment_id: 'old',
      invoice_id: 'a',
      account: 'b',
      fee_minor: 0,
      amount_minor: 20,
      currency: 'BRL',
      method: 'pix'
    });
    tell('payment.confirmed', NOW - 1, {
      payment_id: 'new',
      invoice_id: 'a',
      amount_minor: 500,
      currency: 'BRL',
      method: 'pix'
    });
  });
  expect(of('collected-today')).toEqual(brl(80));
});

it('stock: counts re-base by warehouse, the last of two at one time holds, damaged goods stand apart', () => {
  const { of, books } = told((tell) => {
    tell('stock.received', NOW - 90, { sku: 's', quantity: 50 });
    tell('stock.counted', NOW - 80, { sku: 's', quantity: 10 }, { id: 'a' });
    tell('stock.counted', NOW - 80, { sku: 's', quantity: 12 }, { id: 'b' });
    tell('stock.adjusted', NOW - 80, { sku: 's', quantity: 100, reason: 'same moment as the count' });
    tell('stock.transferred', NOW - 70, { sku: 's', quantity: 20, from: 'x', to: 'y' });
    tell('order.placed', NOW - 60, {
      order_id: 'o',
      currency: 'BRL',
      lines: [
        { sku: 's', quantity: 6, unit_price_minor: 1 },
        { sku: 's', quantity: 2, unit_price_minor: 1 }
      ]
    });
    tell('order.shipped', NOW - 50, { order_id: 'o', lines: [{ sku: 's', quantity: 3 }] });
    tell('order.shipped', NOW - 50, { order_id: 'unknown', lines: [{ sku: 't', quantity: 3 }] });
    tell('return.received', NOW - 40, {
      return_id: 'r',
      lines: [
        { sku: 's', quantity: 2, condition: 'saleable' },
        { sku: 's', quantity: 1, condition: 'damaged' }
      ]
    });
  });
  expect(books.skus.get('s')).toMatchObject({ kept: true, active: true, on_hand: 11, reserved: 5, quarantine: 1 });
  expect(books.skus.get('t')).toMatchObject({ kept: false, on_hand: -3 });
  expect([of('stock-on-hand'), of('stock-free'), of('stock-outs'), of('returns-today')]).toEqual([11, 6, 0, 1]);
  expect(of('return-rate')).toBe(3 / 6);
});

it('a stock-out is a kept active sku with nothing free', () => {
  const { of } = told((tell) => {
    for (const sku of ['out', 'inactive', 'again', 'short']) tell('stock.counted', NOW - 9, { sku, quantity: 0 });
    tell('product.updated', NOW - 8, { sku: 'inactive', active: false });
    tell('product.updated', NOW - 7, { sku: 'inactive', name: 'still inactive' });
    tell('product.updated', NOW - 8, { sku: 'again', active: false });
    tell('product.updated', NOW - 7, { sku: 'again', active: true });
    tell('order.placed', NOW - 6, {
      order_id: 'o',
      currency: 'BRL',
      lines: [{ sku: 'short', quantity: 1, unit_price_minor: 1 }]
    });
    tell('order.cancelled', NOW - 5, { order_id: 'o' });
  });
  expect(of('stock-outs')).toBe(3);
  expect(of('stock-free')).toBe(0);
});

describe('net sales', () => {
  const place = (tell: Teller['tell'], order_id: string, unit_price_minor: number, time = NOW - 9) =>
    tell('order.placed', time, {
      order_id,
      currency: 'BRL',
      discount_minor: 5,
      shipping_minor: 999,
      lines: [{ sku: 's', quantity: 2, unit_price_minor, discount_minor: 10 }]
    });

  it('value is lines less discounts without shipping; an order counts on the day it came to exist, by its last content', () => {
    const { of } = told((tell) => {
      place(tell, 'o', 100);
      place(tell, 'old', 100, NOW - 90_000_000);
      tell('order.placed', NOW - 1, {
        order_id: 'old',
        currency: 'BRL',
        revision: 1,
        lines: [{ sku: 's', quantity: 1, unit_price_minor: 9999 }]
      });
    });
    expect([of('orders-today'), of('sales-today'), of('net-sales-today')]).toEqual([1, brl(185), brl(185)]);
  });

  it('a cancelled order takes its value once: its refunds and credits are not taken again', () => {
    const { of } = told((tell) => {
      place(tell, 'o', 100);
      tell('order.cancelled', NOW - 8, { order_id: 'o' });
      tell('order.cancelled', NOW - 7, { order_id: 'o' });
      tell('order.cancelled', NOW - 7, { order_id: 'never placed' });
      tell('return.refunded', NOW - 6, {
        return_id: 'r',
        order_id: 'o',
        amount_minor: 50,
        currency: 'BRL',
        method: 'pix'
      });
      tell('payment.confirmed', NOW - 6, {
        payment_id: 'p',
        order_id: 'o',
        amount_minor: 50,
        currency: 'BRL',
        method: 'pix'
      });
      tell('payment.reversed', NOW - 5, { payment_id: 'p', amount_minor: 50, currency: 'BRL', reason: 'refund' });
      tell('invoice.issued', NOW - 9, {
        invoice_id: 'i',
        customer_id: 'c',
        order_id: 'o',
        currency: 'BRL',
        installments: [{ number: 1, due_date: '2026-03-01', amount_minor: 100 }]
      });
      tell('invoice.credited', NOW - 4, { invoice_id: 'i', amount_minor: 9, currency: 'BRL', reason: 'return' });
    });
    expect([of('sales-today'), of('net-sales-today'), of('refunds-today')]).toEqual([brl(185), brl(0), brl(100)]);
  });

  it('refunds and return credits lower it, a credit not when its return was also refunded', () => {
    const { of } = told((tell) => {
      place(tell, 'o', 1000);
      tell('return.refunded', NOW - 6, {
        return_id: 'r',
        amount_minor: 50,
        currency: 'BRL',
        method: 'pix',
        movement_id: 'm'
      });
      tell('payment.reversed', NOW - 5, {
        payment_id: 'nobody',
        amount_minor: 60,
        currency: 'BRL',
        reason: 'refund',
        movement_id: 'm'
      });
      const credit = { invoice_id: 'unknown', currency: 'BRL', reason: 'return' } as const;
      tell('invoice.credited', NOW - 4, { ...credit, amount_minor: 1000, return_id: 'r' });
      tell('invoice.credited', NOW - 4, { ...credit, amount_minor: 7, return_id: 'r2' });
      tell('invoice.credited', NOW - 4, { ...credit, amount_minor: 3 });
      tell('invoice.credited', NOW - 4, { ...credit, amount_minor: 500, reason: 'discount' });
    });
    expect(of('net-sales-today')).toEqual(brl(1985 - 60 - 7 - 3));
  });
});
