import { describe, expect, it } from 'vitest';
import { accepted, became, booksOf, decode, expectAnyOrder, understand } from './calls.fixture.ts';
import { fulfillment, level, LINES, order, ORDER, orderAt, SHOPIFY, told } from './shopify.fixture.ts';

const CREATED_AT = Date.parse('2026-11-20T09:00:00-03:00');
const CHANGED_AT = Date.parse('2026-11-22T10:00:00-03:00');
const of = (quantity: number): string => LINES.replace('"quantity": 1', `"quantity": ${quantity}`);
const made = told('orders/create', order());
const changed = told('orders/updated', orderAt('2026-11-22T10:00:00', '', of(3)));
const again = told('orders/updated', orderAt('2026-11-23T10:00:00', '', of(5)));

describe('the past stays as it was', () => {
  it('what is changed of an order counts from when it was changed, in any order of arrival', () => {
    expectAnyOrder(SHOPIFY, [made, changed, again]);
    const before = booksOf(accepted(SHOPIFY, [made]), 'BRL', CHANGED_AT - 1);
    const between = booksOf(accepted(SHOPIFY, [made, changed]), 'BRL', CHANGED_AT + 1);
    for (const calls of [
      [made, changed, again],
      [again, changed, made]
    ]) {
      const events = accepted(SHOPIFY, calls);
      expect(booksOf(events, 'BRL', CHANGED_AT - 1)).toEqual(before);
      expect(booksOf(events, 'BRL', CHANGED_AT + 1)).toEqual(between);
      expect(booksOf(events).stock).toContainEqual({
        sku: 'shopify:808950811',
        on_hand: 0,
        reserved: 5,
        kept: false
      });
    }
  });

  it('an order of which only changes are known exists since it was made, as the earliest of them tells it', () => {
    const reservedAt = (at: number, calls = [again, changed]) =>
      booksOf(accepted(SHOPIFY, calls), 'BRL', at).stock.find(({ sku }) => sku === 'shopify:808950811')?.reserved;
    expect(reservedAt(CREATED_AT - 1)).toBeUndefined();
    expect(reservedAt(CREATED_AT)).toBe(3);
    expect(reservedAt(CREATED_AT, [again])).toBe(5);
    expect(reservedAt(CHANGED_AT)).toBe(3);
    expectAnyOrder(SHOPIFY, [again, changed]);
  });

  it('one shipped, changed and cancelled ends at its own moment', () => {
    const end = ', "cancelled_at": "2026-11-23T10:00:00-03:00", "cancel_reason": "customer"';
    const sent = `, "fulfillments": [${fulfillment()}]`;
    const calls = [
      made,
      told('orders/updated', orderAt('2026-11-21T09:00:00', sent)),
      told('orders/updated', orderAt('2026-11-23T10:00:00', `${sent}${end}`)),
      told('orders/cancelled', orderAt('2026-11-23T10:00:00', `${sent}${end}`))
    ];
    expectAnyOrder(SHOPIFY, calls);
    const reservedAt = (at: number | null) =>
      booksOf(accepted(SHOPIFY, calls), 'BRL', at).stock.map(({ sku, reserved }) => [sku, reserved]);
    expect(reservedAt(CREATED_AT)).toEqual([
      ['CAFE-1KG', 2],
      ['shopify:808950811', 1]
    ]);
    expect(reservedAt(CHANGED_AT)).toContainEqual(['shopify:808950811', 1]);
    expect(reservedAt(null).every(([, reserved]) => reserved === 0)).toBe(true);
  });
});

describe('two states of one second', () => {
  it('of an order: the last counts where its parts tell it, else one of them, whichever came first', () => {
    const when = '2026-11-22T10:00:00';
    const one = told('orders/updated', orderAt(when, '', of(3)));
    const other = told('orders/updated', orderAt(when, '', of(4)));
    expectAnyOrder(SHOPIFY, [made, one, other]);
    const taken = LINES.replace('"quantity": 1', '"quantity": 9, "fulfillable_quantity": 2');
    const refunds = `, "refunds": [{"id": 1, "order_id": ${ORDER}, "created_at": "${when}-03:00"}]`;
    const later = told('orders/updated', orderAt(when, refunds, taken));
    expect(expectAnyOrder(SHOPIFY, [made, later, one, other]).stock).toContainEqual({
      sku: 'shopify:808950811',
      on_hand: 0,
      reserved: 2,
      kept: false
    });
  });

  it('the same state told again is the same event', () => {
    const ids = (body: string) => became(SHOPIFY, told('orders/updated', body)).map(({ id }) => id);
    const touched = orderAt('2026-11-22T10:00:00', ', "tags": "vip"', of(3));
    expect(ids(touched)).toEqual(ids(orderAt('2026-11-22T10:00:00', '', of(3))));
    expect(ids(touched)).not.toEqual(ids(orderAt('2026-11-22T10:00:00', '', of(4))));
  });

  it('of a stock level: one of them counts, whichever came first, and a state told by two topics is one', () => {
    const when = '2026-11-20T19:00:00-03:00';
    expectAnyOrder(SHOPIFY, [
      told('inventory_levels/update', level('10', when)),
      told('inventory_levels/update', level('8', when)),
      told('inventory_levels/connect', level('8', when))
    ]);
    expect(decode(understand(SHOPIFY, told('inventory_levels/connect', level('8', when))))).toEqual(
      decode(understand(SHOPIFY, told('inventory_levels/update', level('8', when))))
    );
  });
});
