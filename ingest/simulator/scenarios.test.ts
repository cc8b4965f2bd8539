import { describe, expect, test } from 'vitest';
import type { AcceptedEvent, EventOf, EventType } from '#lib/contracts/events/registry.ts';
import { businessCalendar } from '#lib/domain/calendar.ts';
import { receivables } from '#lib/domain/receivables.ts';
import { toAccepted } from './adding-up.ts';
import type { Emission } from './kernel.ts';
import { outageSpan, type ScenarioName } from './scenarios.ts';
import { createWorld } from './world.ts';

/** a Tuesday, five in the afternoon in São Paulo */
const END = Date.parse('2026-11-24T20:00:00Z');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const TODAY = Date.parse('2026-11-24T03:00:00Z');

const play = (scenario: ScenarioName, days = 45): { emissions: Emission[]; stockOuts: number } => {
  const world = createWorld({ seed: 11, start: END - days * DAY_MS, end: END, scenario, scale: 0.4 });
  const emissions = [...world.until(END)];
  return { emissions, stockOuts: world.books().stockOuts };
};
const only = <T extends EventType>(events: readonly AcceptedEvent[], type: T): EventOf<T>[] =>
  events.filter((event): event is EventOf<T> => event.type === type);
const ordersBetween = (emissions: readonly Emission[], from: number, to: number): number =>
  new Set(
    only(toAccepted(emissions.filter(({ time }) => time >= from && time <= to)), 'order.placed').map(
      ({ data }) => data.order_id
    )
  ).size;
/** the same hours of the Tuesdays before */
const usualOrders = (emissions: readonly Emission[]): number =>
  [7, 14, 28].reduce((sum, back) => sum + ordersBetween(emissions, TODAY - back * DAY_MS, END - back * DAY_MS), 0) / 3;
const overdueShare = (emissions: readonly Emission[]): number => {
  const calendar = businessCalendar('BR');
  let open = 0;
  let overdue = 0;
  for (const { open_minor, due_date } of receivables(toAccepted(emissions)).instalments) {
    open += open_minor;
    if (calendar.effectiveDueDate(due_date) < '2026-11-24') overdue += open_minor;
  }
  return overdue / open;
};

const calm = play('calm-day');

describe('calm-day', () => {
  test('is a day like its weekday, with no chargeback, no mishap on the shelf and no drift at the bank', () => {
    const today = calm.emissions.filter(({ time }) => time >= TODAY);
    expect(ordersBetween(calm.emissions, TODAY, END) / usualOrders(calm.emissions)).toBeGreaterThan(0.8);
    expect(ordersBetween(calm.emissions, TODAY, END) / usualOrders(calm.emissions)).toBeLessThan(1.2);
    const events = toAccepted(today);
    expect(only(events, 'payment.reversed').filter(({ data }) => data.reason === 'chargeback')).toEqual([]);
    expect(only(events, 'payment.settled').length).toBeGreaterThan(50);
    expect(calm.emissions.every(({ at, time }) => at === time || time < END - 45 * DAY_MS)).toBe(true);
  });
});

describe('black-friday', () => {
  const rush = play('black-friday');

  test('brings three times the orders of that weekday, at a discount', () => {
    expect(ordersBetween(rush.emissions, TODAY, END) / usualOrders(rush.emissions)).toBeGreaterThan(2.5);
    const lines = only(toAccepted(rush.emissions.filter(({ time }) => time >= TODAY)), 'order.placed').flatMap(
      ({ data }) => data.lines
    );
    const off = lines.reduce((sum, line) => sum + (line.discount_minor ?? 0), 0);
    const price = lines.reduce((sum, line) => sum + line.quantity * line.unit_price_minor, 0);
    expect(off / price).toBeGreaterThan(0.15);
  });

  test('empties more shelves and changes nothing of the days before', () => {
    expect(rush.stockOuts).toBeGreaterThan(calm.stockOuts);
    const before = ({ emissions }: typeof rush): string[] =>
      emissions.filter(({ at }) => at < TODAY - 5 * DAY_MS).map(({ event }) => event.id);
    expect(before(rush)).toEqual(before(calm));
  });
});

describe('delinquency-wave', () => {
  test('lifts the overdue share of what is open by half', () => {
    const usual = overdueShare(calm.emissions);
    expect(overdueShare(play('delinquency-wave').emissions)).toBeGreaterThan(usual * 1.5);
  });
});

describe('bank-outage', () => {
  const { from, to } = outageSpan(END);
  const world = createWorld({ seed: 11, start: END - 10 * DAY_MS, end: END, scenario: 'bank-outage', scale: 0.4 });
  const during = [...world.until(to - 1)].filter(({ at }) => at >= from);
  const after = [...world.until(to + HOUR_MS)];

  test('lets no payment through for two hours while the rest of the business goes on', () => {
    expect(to - from).toBe(2 * HOUR_MS);
    expect(during.length).toBeGreaterThan(50);
    expect(during.filter(({ stream }) => stream === 'payments')).toEqual([]);
  });

  test('then delivers what was held back, in order, with the times at which it happened', () => {
    const late = after.filter(({ at, time }) => at > time);
    expect(late.length).toBeGreaterThan(30);
    for (const { stream, time, at, event } of late) {
      expect(stream).toBe('payments');
      expect(time).toBeGreaterThanOrEqual(from);
      expect(time).toBeLessThan(to);
      expect(at).toBeGreaterThanOrEqual(to);
      expect(Date.parse(event.time)).toBe(time);
    }
    expect(late.map(({ time }) => time)).toEqual(late.map(({ time }) => time).sort((a, b) => a - b));
  });
});
