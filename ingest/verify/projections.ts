/** What the derived tables must hold that is an event told again, or a sum of other tables. */
import { streamOf, type AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { ofType } from './oracle/happened.ts';
import { stockRows } from './oracle/stock.ts';
import { add, type Tally } from './tally.ts';
import { z } from 'zod';

/** currency, account, time, source, id, balance → 1 a report */
export function accountReports(events: readonly AcceptedEvent[]): Tally {
  const tally: Tally = new Map();
  for (const { time, source, id, data } of ofType(events, 'account.balance_reported'))
    add(tally, [data.currency, data.account, time, source, id, data.balance_minor], [1]);
  return tally;
}

/** sku, warehouse, time, source, id, quantity → 1 a count */
export function stockCounts(events: readonly AcceptedEvent[]): Tally {
  const tally: Tally = new Map();
  for (const { time, source, id, data } of ofType(events, 'stock.counted'))
    add(tally, [data.sku, data.warehouse ?? '', time, source, id, data.quantity], [1]);
  return tally;
}

/** time, return_id, order_id, sku, condition, quantity, source, id → lines */
export function returnReceipts(events: readonly AcceptedEvent[]): Tally {
  const tally: Tally = new Map();
  for (const { time, source, id, data } of ofType(events, 'return.received'))
    for (const line of data.lines)
      add(tally, [time, data.return_id, data.order_id ?? '', line.sku, line.condition, line.quantity, source, id], [1]);
  return tally;
}

/** sku, time, source, id, received, name, category, active, price, cost, unit cost, lead time, reorder point → 1 an event */
export function productFacts(events: readonly AcceptedEvent[]): Tally {
  const tally: Tally = new Map();
  for (const { time, source, id, data } of ofType(events, 'stock.received'))
    add(
      tally,
      [data.sku, time, source, id, 1, null, null, null, null, null, data.unit_cost_minor ?? null, null, null],
      [1]
    );
  for (const { time, source, id, data } of ofType(events, 'product.updated')) {
    const active = data.active === undefined ? null : Number(data.active);
    const told = [
      data.name ?? null,
      data.category ?? null,
      active,
      data.price_minor ?? null,
      data.cost_minor ?? null,
      null
    ];
    add(tally, [data.sku, time, source, id, 0, ...told, data.lead_time_days ?? null, data.reorder_point ?? null], [1]);
  }
  return tally;
}

/** stream, currency, first time, last time → events */
export function streamsSeen(events: readonly AcceptedEvent[]): Tally {
  const tally: Tally = new Map();
  const groups = Map.groupBy(events, ({ type, data }) =>
    JSON.stringify([streamOf(type), 'currency' in data ? data.currency : ''])
  );
  for (const [key, group] of groups) {
    let first = Infinity;
    let last = -Infinity;
    for (const { time } of group) {
      first = Math.min(first, time);
      last = Math.max(last, time);
    }
    const [stream, currency] = z.tuple([z.string(), z.string()]).parse(JSON.parse(key));
    add(tally, [stream, currency, first, last], [group.length]);
  }
  return tally;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const startOf = (time: number, grainMs: number): number => Math.floor(time / grainMs) * grainMs;

interface Summed {
  readonly measure: string;
  readonly currency: string;
  readonly time: number;
  readonly knownFrom: number;
  /** account, flow, kind, method */
  readonly dimensions: readonly string[];
  /** amount, base, rows */
  readonly values: readonly number[];
}

const MoneyKey = z.tuple(
  [z.string(), z.string(), z.int(), z.string(), z.string(), z.string(), z.string()],
  z.union([z.string(), z.int()])
);
const SalesKey = z.tuple([z.string(), z.string(), z.int()], z.union([z.string(), z.int()]));
const KnownFrom = z.int();
const NO_DIMENSIONS = ['', '', '', ''];

function* summed(money: Tally, sales: Tally, events: readonly AcceptedEvent[]): Generator<Summed> {
  for (const [key, values] of money) {
    const columns = MoneyKey.parse(JSON.parse(key));
    const [measure, currency, time, ...rest] = columns;
    yield {
      measure,
      currency,
      time,
      knownFrom: KnownFrom.parse(columns.at(-1)),
      dimensions: rest.slice(0, 4).map(String),
      values
    };
  }
  for (const [key, [amount = 0, sign = 0]] of sales) {
    const columns = SalesKey.parse(JSON.parse(key));
    const [measure, currency, time] = columns;
    yield {
      measure,
      currency,
      time,
      knownFrom: KnownFrom.parse(columns.at(-1)),
      dimensions: NO_DIMENSIONS,
      values: [amount, 0, sign]
    };
  }
  for (const { kind, quantity, event } of stockRows(events)) {
    if (kind !== 'shipped' && kind !== 'returned' && kind !== 'damaged') continue;
    const measure = kind === 'shipped' ? 'units_shipped' : 'units_returned';
    yield {
      measure,
      currency: '',
      time: event.time,
      knownFrom: event.time,
      dimensions: NO_DIMENSIONS,
      values: [Math.abs(quantity), 0, 1]
    };
  }
}

/**
 * measure, currency, grain, start, known_start, account, flow, kind, method → amount, base, rows. Starts in epoch ms.
 * @param money moneyMovements  @param sales salesMovements  @param events distinct, for the units
 */
export function movementSums(money: Tally, sales: Tally, events: readonly AcceptedEvent[]): Tally {
  const tally: Tally = new Map();
  for (const { measure, currency, time, knownFrom, dimensions, values } of summed(money, sales, events)) {
    const day = startOf(time, DAY_MS);
    add(
      tally,
      [measure, currency, 'minute', startOf(time, MINUTE_MS), startOf(knownFrom, MINUTE_MS), ...dimensions],
      values
    );
    add(tally, [measure, currency, 'day', day, day, ...dimensions], values);
  }
  return tally;
}
