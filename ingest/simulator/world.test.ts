import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  eventSchemas,
  isEventType,
  type AcceptedEvent,
  type EventOf,
  type EventType
} from '#lib/contracts/events/registry.ts';
import { businessCalendar } from '#lib/domain/calendar.ts';
import { receivables, type Receivables } from '#lib/domain/receivables.ts';
import { cashOf, goodsOf, toAccepted } from './adding-up.ts';
import type { Emission } from './kernel.ts';
import { createWorld, type Books } from './world.ts';

const END = Date.parse('2026-11-24T17:05:00Z');
const DAY_MS = 86_400_000;
const history = (days: number, seed: number, scale = 1): Emission[] => [
  ...createWorld({ seed, start: END - days * DAY_MS, end: END, scenario: 'calm-day', scale }).until(END)
];
const hashOf = (emissions: readonly Emission[]): string =>
  createHash('sha256').update(JSON.stringify(emissions)).digest('hex');
const sum = <T>(list: Iterable<T>, of: (entry: T) => number): number =>
  [...list].reduce((total, entry) => total + of(entry), 0);

test('the same seed tells the same events with the same ids; another seed tells others', () => {
  const once = hashOf(history(20, 3, 0.3));
  expect(hashOf(history(20, 3, 0.3))).toBe(once);
  expect(hashOf(history(20, 4, 0.3))).not.toBe(once);
});

test('stopping anywhere in between changes nothing', () => {
  const world = createWorld({ seed: 3, start: END - 5 * DAY_MS, end: END, scenario: 'calm-day', scale: 0.3 });
  const pieces: Emission[] = [];
  for (let moment = END - 5 * DAY_MS; moment <= END; moment += 3 * 3_600_000 + 1234)
    pieces.push(...world.until(moment));
  pieces.push(...world.until(END));
  expect(hashOf(pieces)).toBe(hashOf(history(5, 3, 0.3)));
});

describe('ninety days', () => {
  let emissions: Emission[];
  let events: AcceptedEvent[];
  let books: Books;
  /** all accounts together at the same time of each day */
  let cashByDay: number[];
  let debts: Receivables;
  const of = <T extends EventType>(type: T): EventOf<T>[] =>
    events.filter((event): event is EventOf<T> => event.type === type);
  beforeAll(() => {
    const world = createWorld({ seed: 7, start: END - 90 * DAY_MS, end: END, scenario: 'calm-day' });
    emissions = [];
    cashByDay = [];
    for (let moment = END - 89 * DAY_MS; moment <= END; moment += DAY_MS) {
      for (const emission of world.until(moment)) emissions.push(emission);
      cashByDay.push(sum(Object.values(world.books().accounts), (minor) => minor));
    }
    books = world.books();
    // parses each event by its contract
    events = toAccepted(emissions);
    debts = receivables(events);
  }, 120_000);

  test('are at least 300,000 events, each with an identity of its own', () => {
    expect(events.length).toBeGreaterThan(300_000);
    expect(new Set(events.map(({ source, id }) => `${source} ${id}`)).size).toBe(events.length);
  });

  test('hold every event type there is', () => {
    const missing = Object.keys(eventSchemas).filter((type) => isEventType(type) && of(type).length === 0);
    expect(missing).toEqual([]);
  });

  test('are delivered in the order in which they happen, none before it happens', () => {
    expect(emissions.every(({ at, time }, index) => at >= time && at >= (emissions[index - 1]?.at ?? 0))).toBe(true);
  });

  test('leave receivables that the rules of the house compute to the cent as the business itself keeps them', () => {
    expect(sum(debts.instalments, ({ open_minor }) => open_minor)).toBe(books.receivablesOpenMinor);
  });

  test('leave cash by account as the banks hold it, with a rare small drift', () => {
    const { balances, drifts } = cashOf(events);
    expect(Object.fromEntries(balances)).toEqual(books.accounts);
    expect(drifts.length).toBeGreaterThan(0);
    expect(drifts.length).toBeLessThan(of('account.balance_reported').length * 0.03);
    expect(Math.max(...drifts.map(Math.abs))).toBeLessThan(20_000);
  });

  test('never ship what is not on the shelf, and leave the shelves as the business counts them', () => {
    const { shelves, lowest } = goodsOf(events);
    expect(lowest).toBe(0);
    expect(sum(shelves.values(), (units) => units)).toBe(books.unitsOnHand);
  });

  test('invoice only what was ordered and shipped before, and never more than the order is worth', () => {
    const shippedAt = new Map<string, number>();
    for (const { data, time } of of('order.shipped'))
      shippedAt.set(data.order_id, Math.min(time, shippedAt.get(data.order_id) ?? Infinity));
    const worth = new Map<string, number>();
    for (const { data } of of('order.placed'))
      worth.set(
        data.order_id,
        sum(data.lines, (line) => line.quantity * line.unit_price_minor - (line.discount_minor ?? 0)) -
          (data.discount_minor ?? 0) +
          (data.shipping_minor ?? 0)
      );
    const cancelled = new Set(of('invoice.cancelled').map(({ data }) => data.invoice_id));
    const billed = new Map<string, number>();
    for (const { data, time } of of('invoice.issued')) {
      if (data.order_id === undefined || (data.revision ?? 0) > 0) continue;
      expect(shippedAt.get(data.order_id)).toBeLessThan(time);
      if (!cancelled.has(data.invoice_id))
        billed.set(data.order_id, (billed.get(data.order_id) ?? 0) + sum(data.installments, (one) => one.amount_minor));
    }
    expect(billed.size).toBeGreaterThan(10_000);
    expect([...billed].filter(([order, minor]) => minor > (worth.get(order) ?? 0))).toEqual([]);
  });

  test('are paid in the instalments and parcels of the country', () => {
    const instalments = new Set(of('invoice.issued').map(({ data }) => data.installments.length));
    expect([...instalments].sort()).toEqual(expect.arrayContaining([1, 2, 3, 4]));
    const parcels = of('payment.settled').filter(({ data }) => data.method === 'credit_card' && (data.parcel ?? 1) > 1);
    expect(parcels.length).toBeGreaterThan(500);
    expect(parcels.every(({ data }) => data.fees?.some(({ kind }) => kind === 'mdr'))).toBe(true);
  });

  test('leave little money that finds no debt: what is paid ahead of its invoice, and hardly more', () => {
    const unapplied = sum(
      debts.unapplied.filter(({ customer_id }) => customer_id !== undefined),
      ({ amount_minor }) => amount_minor
    );
    expect(unapplied).toBeGreaterThan(0);
    expect(unapplied).toBeLessThan(books.receivablesOpenMinor * 0.02);
  });

  test('tell a refund by shop and provider with one movement_id', () => {
    const told = new Set(
      of('payment.reversed')
        .filter(({ data }) => data.reason === 'refund')
        .map(({ data }) => data.movement_id)
    );
    const shop = of('return.refunded').filter(({ data }) => data.movement_id !== undefined);
    expect(shop.length).toBeGreaterThan(500);
    expect(shop.every(({ data }) => told.has(data.movement_id))).toBe(true);
  });

  test('keep some promises and break others', () => {
    const paid = new Map<string, { time: number; minor: number }[]>();
    for (const { data, time } of of('payment.confirmed'))
      if (data.customer_id !== undefined)
        paid.set(data.customer_id, [...(paid.get(data.customer_id) ?? []), { time, minor: data.amount_minor }]);
    const due = of('promise.made').filter(({ data }) => Date.parse(data.due_date) < END - 5 * DAY_MS);
    const kept = due.filter(({ data, time }) => {
      const until = Date.parse(data.due_date) + 3 * DAY_MS;
      const got = sum(
        (paid.get(data.customer_id) ?? []).filter((one) => one.time >= time && one.time < until),
        ({ minor }) => minor
      );
      return got >= data.amount_minor * 0.95;
    });
    expect(kept.length / due.length).toBeGreaterThan(0.3);
    expect(kept.length / due.length).toBeLessThan(0.9);
  });

  test('let cash move by a part of itself from one day to the next, never by half', () => {
    const changes = cashByDay.slice(1).map((minor, index) => minor / (cashByDay[index] ?? minor) - 1);
    expect(Math.min(...changes)).toBeGreaterThan(-0.3);
    expect(Math.max(...changes)).toBeLessThan(0.3);
  });

  test('sell no sku further ahead of its delivery than about a day of it', () => {
    const cancelled = new Set(of('order.cancelled').map(({ data }) => data.order_id));
    const ordered = new Map<string, EventOf<'order.placed'>>();
    for (const event of of('order.placed')) ordered.set(event.data.order_id, event);
    const { shelves } = goodsOf(events);
    const free = new Map<string, number>();
    const daily = new Map<string, number>();
    const add = (to: Map<string, number>, sku: string, units: number): void =>
      void to.set(sku, (to.get(sku) ?? 0) + units);
    for (const [key, units] of shelves) add(free, key.split('|')[0] ?? key, units);
    for (const { data } of ordered.values())
      for (const line of cancelled.has(data.order_id) ? [] : data.lines) add(free, line.sku, -line.quantity);
    for (const { data } of of('order.shipped'))
      for (const line of data.lines) {
        if (!cancelled.has(data.order_id)) add(free, line.sku, line.quantity);
        add(daily, line.sku, line.quantity / 90);
      }
    const far = [...free].filter(([sku, units]) => units < -1.5 * (daily.get(sku) ?? 0) - 5);
    expect(far).toEqual([]);
  });

  test('end in figures of a going concern', () => {
    const calendar = businessCalendar('BR');
    const open = debts.instalments.filter(({ open_minor }) => open_minor > 0);
    const overdue = open.filter(({ due_date }) => calendar.effectiveDueDate(due_date) < '2026-11-24');
    const rate = sum(overdue, ({ open_minor }) => open_minor) / books.receivablesOpenMinor;
    expect(rate).toBeGreaterThan(0.1);
    expect(rate).toBeLessThan(0.17);
    const cash = sum(Object.values(books.accounts), (minor) => minor) / 100;
    expect(cash).toBeGreaterThan(500_000);
    expect(cash).toBeLessThan(6_000_000);
    expect(books.stockOuts).toBeGreaterThan(0);
    expect(books.stockOuts).toBeLessThan(30);
    const back = sum(of('return.received'), ({ data }) => sum(data.lines, ({ quantity }) => quantity));
    const shipped = sum(of('order.shipped'), ({ data }) => sum(data.lines, ({ quantity }) => quantity));
    expect(back / shipped).toBeGreaterThan(0.02);
    expect(back / shipped).toBeLessThan(0.04);
  });
});
