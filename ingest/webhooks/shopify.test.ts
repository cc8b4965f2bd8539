import { describe, expect, it } from 'vitest';
import { became, call, decode, expectAnyOrder, understand } from './calls.fixture.ts';
import { fulfillment, level, LINES, order, ORDER, refund, SHOPIFY, told } from './shopify.fixture.ts';

describe('what a topic becomes', () => {
  it('an order with every id as it was written, beyond 2^53', () => {
    expect(became(SHOPIFY, told('orders/create', order()))).toEqual([
      {
        type: 'order.placed',
        id: `order:${ORDER}:placed`,
        time: '2026-11-20T12:00:00.000Z',
        data: {
          order_id: ORDER,
          customer_id: '115310627314723954',
          currency: 'BRL',
          lines: [
            { sku: 'CAFE-1KG', quantity: 2, unit_price_minor: 19_990, discount_minor: 500 },
            { sku: 'shopify:808950811', quantity: 1, unit_price_minor: 3_000 }
          ],
          shipping_minor: 1_000,
          discount_minor: 2_000,
          channel: 'web',
          revision: 1
        }
      }
    ]);
  });

  it('a discount on the freight is none on the goods: told by its allocations, else by the discounted price', () => {
    const data = (freight: string) =>
      became(SHOPIFY, told('orders/create', order().replace('"price": "10.00"', `"price": "10.00", ${freight}`)))[0]
        ?.data;
    // 25.00 in all, 5.00 of it at a line
    for (const free of [
      '"discount_allocations": [{"amount": "10.00"}]',
      '"discounted_price": "0.00", "discount_allocations": []'
    ]) {
      expect(data(free)).toMatchObject({ discount_minor: 1_000 });
      expect(data(free)).not.toHaveProperty('shipping_minor');
    }
    expect(data('"discounted_price": "4.00"')).toMatchObject({ discount_minor: 1_400, shipping_minor: 400 });
    expect(data('"discounted_price": "10.00"')).toMatchObject({ discount_minor: 2_000, shipping_minor: 1_000 });
  });

  it('a refund: the goods that came back, and the money by the movement the gateway tells too', () => {
    expect(became(SHOPIFY, told('refunds/create', refund('return')))).toMatchObject([
      {
        type: 'return.received',
        data: {
          return_id: '890088186047892319',
          order_id: ORDER,
          warehouse: '24826418',
          lines: [{ sku: 'CAFE-1KG', quantity: 1, condition: 'saleable' }]
        }
      },
      { type: 'return.refunded', data: { amount_minor: 7_500, currency: 'BRL', movement_id: '245135271310201194' } }
    ]);
    const types = (restock: string) => became(SHOPIFY, told('refunds/create', refund(restock))).map(({ type }) => type);
    expect(types('no_restock')).toEqual(['return.requested', 'return.refunded']);
    expect(types('cancel')).toEqual(['return.refunded']);
    const withGateway = refund('cancel').replace(
      '"kind": "refund", "status": "success"',
      '"status": "success", "authorization": "re_1"'
    );
    expect(became(SHOPIFY, told('refunds/create', withGateway))[0]?.data).toMatchObject({ movement_id: 're_1' });
    // not every gateway's is one of the refund: two refunds of one payment would count once
    const ofPayment = withGateway.replace('re_1', 'authorization-key');
    expect(became(SHOPIFY, told('refunds/create', ofPayment))[0]?.data).toMatchObject({
      movement_id: '245135271310201194'
    });
  });

  it('a stock level under the sku of the table; one the table does not know waits in quarantine, and comes in once it does', () => {
    expect(became(SHOPIFY, told('inventory_levels/update', level('10', '2026-11-20T19:00:00-03:00')))).toMatchObject([
      { type: 'stock.counted', data: { sku: 'CAFE-1KG', quantity: 10, warehouse: '24826418' } }
    ]);
    const unmapped = told('inventory_levels/update', level('10', '2026-11-20T19:00:00-03:00', '271878346596884016'));
    const [waiting] = decode(understand(SHOPIFY, unmapped));
    expect(waiting).toMatchObject({
      kind: 'quarantined',
      type: 'stock.counted',
      code: 'invalid_data',
      fault: { path: '/data/sku' }
    });
    const mapped = { ...SHOPIFY, settings: { skus: { '271878346596884016': 'CHA-500G' } } };
    expect(became(mapped, unmapped)).toMatchObject([
      { id: waiting?.kind === 'quarantined' ? waiting.id : '', data: { sku: 'CHA-500G' } }
    ]);
  });

  it('a level below nothing, which no shelf has, waits in quarantine', () => {
    expect(
      decode(understand(SHOPIFY, told('inventory_levels/update', level('-2', '2026-11-20T19:00:00-03:00'))))
    ).toMatchObject([{ kind: 'quarantined', fault: { path: '/data/quantity' } }]);
  });

  it('what it does not keep count of, other topics and fulfilments under way are ignored; a call without a topic is kept', () => {
    expect(
      understand(SHOPIFY, told('inventory_levels/update', level('null', '2026-11-20T19:00:00-03:00'))).events
    ).toEqual([]);
    expect(understand(SHOPIFY, told('orders/paid', order()))).toMatchObject({ told: 'orders/paid', events: [] });
    expect(understand(SHOPIFY, told('fulfillments/create', fulfillment('pending'))).events).toEqual([]);
    expect(decode(understand(SHOPIFY, call(order())))).toMatchObject([
      { kind: 'quarantined', type: 'shopify.unknown' }
    ]);
  });

  it('an amount with more decimals than the currency has is not rounded: it waits', () => {
    expect(decode(understand(SHOPIFY, told('orders/create', order().replace('"199.90"', '"199.905"'))))).toMatchObject([
      { kind: 'quarantined', type: 'shopify.orders/create', fault: { path: '/data/line_items/0/price' } }
    ]);
  });
});

describe('what cannot be read waits', () => {
  const waitsAs = (topic: string, body: string) => decode(understand(SHOPIFY, told(topic, body)));
  const ids = (topic: string, body: string) => became(SHOPIFY, told(topic, body)).map(({ id }) => id);

  it('under the id it will have once it is corrected, so that it closes by itself', () => {
    const payment = refund('cancel')
      .replace(/[^]*"transactions": \[/, '')
      .replace(/\},\s[^]*/, `, "order_id": ${ORDER}, "created_at": "2026-11-22T09:00:00-03:00"}`);
    for (const [topic, good, from, to] of [
      ['orders/create', order(), '"199.90"', '"199.905"'],
      ['orders/cancelled', order(', "cancelled_at": "2026-11-21T09:00:00-03:00"'), '"199.90"', '"199.905"'],
      ['fulfillments/create', fulfillment(), '"quantity": 2', '"quantity": 2.5'],
      ['refunds/create', refund('return'), '"quantity": 1', '"quantity": 1.5'],
      ['order_transactions/create', payment, '"created_at": "2026', '"created_at": "26']
    ] as const) {
      const [waiting] = waitsAs(topic, good.replace(from, to));
      expect(waiting).toMatchObject({ kind: 'quarantined', type: `shopify.${topic}` });
      expect(ids(topic, good)).toContain(waiting?.kind === 'quarantined' ? waiting.id : '');
    }
  });

  it('under one of its bytes where it tells several things, or another state of what may be known: none is taken for a copy', () => {
    const wrong = order(`, "fulfillments": [${fulfillment()}]`).replace('"199.90"', '"199.905"');
    for (const [topic, body] of [
      ['orders/updated', wrong],
      ['orders/fulfilled', wrong],
      ['fulfillments/update', fulfillment('cancelled').replace('"quantity": 2', '"quantity": 2.5')],
      ['inventory_levels/update', level('1.5', '2026-11-20T19:00:00-03:00')]
    ] as const)
      expect(waitsAs(topic, body).map((one) => one.kind === 'quarantined' && one.id.slice(0, 7))).toEqual(['sha256-']);
  });
});

describe('lifecycles: the same books in any order, whatever comes twice', () => {
  it('an order is placed, changed, shipped, refunded', () => {
    const changed = order(
      `, "fulfillments": [${fulfillment()}]`,
      LINES.replace('"quantity": 1', '"quantity": 3')
    ).replace('"updated_at": "2026-11-20T09:00:00-03:00"', '"updated_at": "2026-11-21T09:00:01-03:00"');
    const books = expectAnyOrder(SHOPIFY, [
      told('orders/create', order()),
      told('inventory_levels/update', level('8', '2026-11-20T09:00:01-03:00')),
      told('fulfillments/create', fulfillment()),
      told('orders/updated', changed),
      told('refunds/create', refund('return'))
    ]);
    expect(books.stock).toContainEqual({ sku: 'CAFE-1KG', on_hand: 7, reserved: 0, kept: true });
    expect(books.stock).toContainEqual({ sku: 'shopify:808950811', on_hand: 0, reserved: 3, kept: false });
  });

  it('an order cancelled keeps nothing reserved', () => {
    const gone = order(', "cancelled_at": "2026-11-21T09:00:00-03:00", "cancel_reason": "customer"');
    const books = expectAnyOrder(SHOPIFY, [
      told('orders/create', order()),
      told('orders/cancelled', gone),
      told('orders/updated', gone)
    ]);
    expect(books.stock.every(({ reserved }) => reserved === 0)).toBe(true);
  });

  it('goods taken off an order before they were shipped are not reserved, nor are those under way', () => {
    const changed = (second: number, fulfillable: number, sent = '') =>
      order(
        `, "fulfillments": [${sent}]`,
        LINES.replace('"quantity": 2', `"quantity": 2, "fulfillable_quantity": ${fulfillable}`)
      ).replace('"updated_at": "2026-11-20T09:00:00-03:00"', `"updated_at": "2026-11-21T09:00:0${second}-03:00"`);
    const one = fulfillment().replace('"quantity": 2', '"quantity": 1');
    const steps = [
      told('orders/create', order()),
      told('inventory_levels/update', level('8', '2026-11-20T09:00:01-03:00')),
      told('refunds/create', refund('cancel')),
      told('orders/updated', changed(1, 1))
    ];
    const coffee = { sku: 'CAFE-1KG', on_hand: 8, reserved: 1, kept: true };
    expect(expectAnyOrder(SHOPIFY, steps).stock).toContainEqual(coffee);
    const sent = [...steps, told('orders/updated', changed(2, 0, one))];
    expect(expectAnyOrder(SHOPIFY, sent).stock).toContainEqual({ ...coffee, on_hand: 7, reserved: 0 });
    const underWay = one.replace('"success"', '"pending"');
    const pending = [...steps, told('orders/updated', changed(2, 0, underWay))];
    expect(expectAnyOrder(SHOPIFY, pending).stock).toContainEqual(coffee);
  });

  it('a fulfilment that was cancelled and made again leaves the shelf once, and its part refund gives back once', () => {
    const cancelled = fulfillment('cancelled').replace(
      '"created_at"',
      '"updated_at": "2026-11-21T10:00:00-03:00", "created_at"'
    );
    const again = fulfillment().replace('255858046', '255858047').replace('T09:00', 'T11:00');
    const updated = order(`, "fulfillments": [${cancelled}, ${again}]`).replace(
      '"updated_at": "2026-11-20T09:00:00-03:00"',
      '"updated_at": "2026-11-21T11:00:01-03:00"'
    );
    const books = expectAnyOrder(SHOPIFY, [
      told('orders/create', order()),
      told('inventory_levels/update', level('8', '2026-11-20T09:00:01-03:00')),
      told('fulfillments/create', fulfillment()),
      told('fulfillments/update', cancelled),
      told('orders/updated', updated),
      told('refunds/create', refund('no_restock'))
    ]);
    expect(books.stock).toContainEqual({ sku: 'CAFE-1KG', on_hand: 6, reserved: 0, kept: true });
    // the gateway tells the cash
    expect(books.accounts).toEqual({});
    // 720 orders, each at every moment
  }, 30_000);
});
