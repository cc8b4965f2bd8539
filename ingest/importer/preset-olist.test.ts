import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitMinor } from './parcels.ts';
import { olist } from './preset-olist.ts';
import { convertAll, inputOf } from './test-conversion.ts';

const STAMPS =
  'order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date';
const convert = (tables: { orders: string[]; items?: string[]; payments?: string[] }, now = Date.UTC(2026, 0, 1)) =>
  convertAll(
    olist.convert,
    [
      inputOf('orders.csv', [`order_id,customer_id,order_status,${STAMPS}`, ...tables.orders].join('\n')),
      inputOf(
        'order_items.csv',
        [
          'order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value',
          ...(tables.items ?? [])
        ].join('\n')
      ),
      inputOf(
        'order_payments.csv',
        [
          'order_id,payment_sequential,payment_type,payment_installments,payment_value',
          ...(tables.payments ?? [])
        ].join('\n')
      ),
      inputOf(
        'customers.csv',
        'customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state\nc1,u1,1,x,SP\n'
      )
    ],
    { zone: 'America/Sao_Paulo', now }
  );
const DELIVERED =
  'o1,c1,delivered,2018-01-05 10:00:00,2018-01-05 11:00:00,2018-01-07 12:00:00,2018-01-09 09:00:00,2018-02-01 00:00:00';

describe('an Olist order', () => {
  it('is placed by the customer’s own id, and shipped at the carrier’s date', async () => {
    const { events } = await convert({
      orders: [DELIVERED],
      items: ['o1,1,p1,s,x,44.99,2.83', 'o1,2,p1,s,x,44.99,2.83']
    });
    expect(events.map(({ id, time, data }) => ({ id, time, data }))).toEqual([
      {
        id: 'o1/placed',
        time: Date.parse('2018-01-05T10:00:00-02:00'),
        data: {
          order_id: 'o1',
          customer_id: 'u1',
          currency: 'BRL',
          shipping_minor: 566,
          lines: [
            { sku: 'p1', quantity: 1, unit_price_minor: 4499 },
            { sku: 'p1', quantity: 1, unit_price_minor: 4499 }
          ]
        }
      },
      {
        id: 'o1/shipped',
        time: Date.parse('2018-01-07T12:00:00-02:00'),
        data: {
          order_id: 'o1',
          lines: [
            { sku: 'p1', quantity: 1 },
            { sku: 'p1', quantity: 1 }
          ]
        }
      }
    ]);
  });

  it.each(['canceled', 'unavailable'])(
    '%s is cancelled at its latest known stamp, not at the promised delivery',
    async (status) => {
      const { events } = await convert({
        orders: [`o1,c1,${status},2018-01-05 10:00:00,2018-01-05 11:00:00,,,2018-02-01 00:00:00`]
      });
      expect(events.at(-1)).toMatchObject({
        type: 'order.cancelled',
        time: Date.parse('2018-01-05T11:00:00-02:00'),
        data: { order_id: 'o1', reason: status }
      });
    }
  );

  it('is paid by its methods: a voucher moves no cash, an unknown one is other, 0 is listed', async () => {
    const payments = ['o1,1,boleto,1,29.99', 'o1,2,voucher,1,10.00', 'o1,3,not_defined,1,1.00', 'o1,4,voucher,1,0.00'];
    const { events, skips } = await convert({ orders: [DELIVERED], payments });
    const time = Date.parse('2018-01-05T11:00:00-02:00');
    const common = { fee_minor: 0, currency: 'BRL', customer_id: 'u1', order_id: 'o1' };
    expect(events.slice(1).map(({ id, time: at, data }) => ({ id, at, data }))).toEqual([
      {
        id: 'o1/1/settled',
        at: time,
        data: { payment_id: 'o1/1', account: 'import', amount_minor: 2999, method: 'boleto', ...common }
      },
      {
        id: 'o1/2/settled',
        at: time,
        data: { payment_id: 'o1/2', amount_minor: 1000, method: 'store_credit', ...common }
      },
      {
        id: 'o1/3/settled',
        at: time,
        data: { payment_id: 'o1/3', account: 'import', amount_minor: 100, method: 'other', ...common }
      }
    ]);
    expect(skips.list('payment_zero')).toMatchObject([{ file: 'order_payments.csv', line: 5 }]);
  });

  it('paid by card is confirmed at once and settled in parcels 30 days apart, those ahead left out and listed', async () => {
    const tables = { orders: [DELIVERED], payments: ['o1,1,credit_card,3,100.00'] };
    const { events, skips } = await convert(tables, Date.parse('2018-03-10T00:00:00-03:00'));
    const approved = Date.parse('2018-01-05T11:00:00-02:00');
    const days = (n: number) => approved + n * 86_400_000;
    expect(events.slice(1).map(({ type, time, data }) => [type, time, data.amount_minor, data.parcel])).toEqual([
      ['payment.confirmed', approved, 10_000, undefined],
      ['payment.settled', days(30), 3334, 1],
      ['payment.settled', days(60), 3333, 2]
    ]);
    expect(skips.list('parcel_in_future')).toMatchObject([{ file: 'order_payments.csv', line: 2 }]);
  });

  it('missing from the folder leaves its payments and items listed', async () => {
    const { events, skips } = await convert({
      orders: [],
      items: ['o9,1,p1,s,x,1,1'],
      payments: ['o9,1,boleto,1,5.00']
    });
    expect(events).toEqual([]);
    expect(skips.counts.get('no_such_order')).toBe(2);
  });
});

it('parcels add up exactly, differ by at most one cent and are never 0', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000_000 }), fc.integer({ min: 1, max: 24 }), (total, count) => {
      const parts = splitMinor(total, count);
      expect(parts.reduce((sum, part) => sum + part, 0)).toBe(total);
      expect(Math.max(...parts) - Math.min(...parts)).toBeLessThanOrEqual(1);
      expect(Math.min(...parts)).toBeGreaterThan(0);
      expect(parts.length).toBe(Math.min(count, total));
    })
  );
});
