import { describe, expect, test } from 'vitest';
import type { EventType } from '#lib/contracts/events/registry.ts';
import type { Emission } from './kernel.ts';
import { createWorld, type World } from './world.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NIGHT = Date.parse('2026-11-24T05:00:00Z');
const MORNING = Date.parse('2026-11-24T13:00:00Z');

const worldUntil = (end: number): World => {
  const world = createWorld({ seed: 5, start: end - 12 * DAY_MS, end, scenario: 'calm-day', scale: 0.5 });
  for (const _ of world.until(end)) continue;
  return world;
};
const liveHour = (end: number, rateMin: number): Emission[] => {
  const world = worldUntil(end);
  world.live(end + 1, rateMin).extend(end + HOUR_MS);
  return [...world.until(end + HOUR_MS - 1)];
};
const perSecond = (emissions: readonly Emission[], from: number): number[] => {
  const counts = new Array<number>(3599).fill(0);
  for (const { at } of emissions) {
    const second = Math.floor((at - from - 1) / 1000);
    if (second >= 0 && second < counts.length) counts[second] = (counts[second] ?? 0) + 1;
  }
  return counts;
};

/** what each tile of the overview needs to move */
const MOVERS: readonly EventType[] = [
  'payment.confirmed',
  'payment.settled',
  'payment.reversed',
  'account.moved',
  'order.placed',
  'order.shipped',
  'return.received',
  'return.refunded',
  'stock.counted',
  'stock.adjusted',
  'collection.contacted'
];

describe.each([
  ['at night', NIGHT],
  ['in the morning', MORNING]
])('live traffic %s', (_, from) => {
  const hour = liveHour(from, 1);

  test('never falls below one event a second', () => {
    expect(Math.min(...perSecond(hour, from))).toBeGreaterThanOrEqual(1);
  });

  test('moves every tile', () => {
    const types = new Set(hour.map(({ event }) => event.type));
    expect(MOVERS.filter((type) => !types.has(type))).toEqual([]);
  });

  test('pays parts of debts, so that receivables move', () => {
    const paid = hour.filter(
      ({ event }) =>
        event.type === 'payment.confirmed' && 'invoice_id' in event.data && event.data.invoice_id !== undefined
    );
    expect(paid.length).toBeGreaterThan(3);
  });
});

test('the day has a rhythm: the morning is busier than the night', () => {
  expect(liveHour(MORNING, 1).length).toBeGreaterThan(liveHour(NIGHT, 1).length * 1.5);
});

test('a higher rate is kept in every second', () => {
  expect(Math.min(...perSecond(liveHour(NIGHT, 20), NIGHT))).toBeGreaterThanOrEqual(20);
});

test('the same spans tell the same events, however they were extended and the world was stepped', () => {
  const spans = [
    { from: NIGHT + 1, to: NIGHT + 200_500 },
    { from: NIGHT + 900_000, to: NIGHT + 1_000_000 }
  ];
  const end = NIGHT + 1_200_000;
  const grown = worldUntil(NIGHT);
  const atOnce: Emission[] = [];
  for (const { from, to } of spans) {
    atOnce.push(...grown.until(from - 1));
    grown.live(from, 1).extend(to);
  }
  atOnce.push(...grown.until(end));

  const stepped = worldUntil(NIGHT);
  const inSteps: Emission[] = [];
  for (const { from, to } of spans) {
    inSteps.push(...stepped.until(from - 1));
    const lease = stepped.live(from, 1);
    for (let leased = from; leased < to;) {
      leased = Math.min(to, leased + 20_000);
      lease.extend(leased);
      for (let moment = leased - 20_000; moment < leased - 5_000; moment += 217) inSteps.push(...stepped.until(moment));
    }
  }
  inSteps.push(...stepped.until(end));
  expect(inSteps.map(({ event }) => event)).toEqual(atOnce.map(({ event }) => event));
});
