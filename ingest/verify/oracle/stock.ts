/** Stock per sku and warehouse (domain.md section 3). Whole units. */
import type { AcceptedEvent, EventOf } from '#lib/contracts/events/registry.ts';
import { entities, ofType, sum } from './happened.ts';

export interface StockRow {
  readonly sku: string;
  /** '' = the default one */
  readonly warehouse: string;
  readonly bucket: 'on_hand' | 'quarantine';
  readonly quantity: number;
  readonly kind: 'received' | 'adjusted' | 'transferred' | 'shipped' | 'returned' | 'damaged';
  /** the event behind it, at whose time it counts */
  readonly event:
    | EventOf<'stock.received'>
    | EventOf<'stock.adjusted'>
    | EventOf<'stock.transferred'>
    | EventOf<'order.shipped'>
    | EventOf<'return.received'>;
}

export interface OracleSku {
  readonly sku: string;
  /** was counted or received: only then is its quantity known */
  readonly kept: boolean;
  /** not set inactive by the last product.updated that says */
  readonly active: boolean;
  readonly on_hand: number;
  readonly reserved: number;
  readonly quarantine: number;
  readonly name: string | undefined;
  /** of the last receipt that tells one, else of the product; minor units */
  readonly unit_cost: number | undefined;
  readonly lead_time_days: number | undefined;
}

export interface Reservation {
  readonly order_id: string;
  readonly sku: string;
  readonly quantity: number;
  /** the event that says what the order holds */
  readonly event: EventOf<'order.placed'>;
}

/** Every movement of goods. @param events in order */
export function stockRows(events: readonly AcceptedEvent[]): StockRow[] {
  const rows: StockRow[] = [];
  for (const event of ofType(events, 'stock.received')) {
    const { sku, quantity, warehouse = '' } = event.data;
    rows.push({ sku, warehouse, bucket: 'on_hand', quantity, kind: 'received', event });
  }
  for (const event of ofType(events, 'stock.adjusted')) {
    const { sku, quantity, warehouse = '' } = event.data;
    rows.push({ sku, warehouse, bucket: 'on_hand', quantity, kind: 'adjusted', event });
  }
  for (const event of ofType(events, 'stock.transferred')) {
    const { sku, quantity, from, to } = event.data;
    rows.push({ sku, warehouse: from, bucket: 'on_hand', quantity: -quantity, kind: 'transferred', event });
    rows.push({ sku, warehouse: to, bucket: 'on_hand', quantity, kind: 'transferred', event });
  }
  for (const event of ofType(events, 'order.shipped')) {
    const { lines, warehouse = '' } = event.data;
    for (const { sku, quantity } of lines)
      rows.push({ sku, warehouse, bucket: 'on_hand', quantity: -quantity, kind: 'shipped', event });
  }
  for (const event of ofType(events, 'return.received')) {
    const { lines, warehouse = '' } = event.data;
    for (const { sku, quantity, condition } of lines)
      if (condition === 'saleable') rows.push({ sku, warehouse, bucket: 'on_hand', quantity, kind: 'returned', event });
      else rows.push({ sku, warehouse, bucket: 'quarantine', quantity, kind: 'damaged', event });
  }
  return rows;
}

const quantityOf = (lines: readonly { readonly sku: string; readonly quantity: number }[], sku: string): number =>
  sum(
    lines.filter((line) => line.sku === sku),
    ({ quantity }) => quantity
  );

/** What orders hold back: placed − cancelled − shipped per order and sku, never below 0, nothing once cancelled. @param events in order */
export function reservations(events: readonly AcceptedEvent[]): Reservation[] {
  const cancelled = new Set(ofType(events, 'order.cancelled').map(({ data }) => data.order_id));
  const shipments = Map.groupBy(ofType(events, 'order.shipped'), ({ data }) => data.order_id);
  const found: Reservation[] = [];
  for (const [order_id, { content }] of entities(ofType(events, 'order.placed'), ({ data }) => data.order_id)) {
    if (cancelled.has(order_id)) continue;
    const shipped = (shipments.get(order_id) ?? []).flatMap(({ data }) => data.lines);
    for (const sku of new Set(content.data.lines.map((line) => line.sku))) {
      const cancelledOfIt = sum(
        content.data.lines.filter((line) => line.sku === sku),
        ({ cancelled_quantity }) => cancelled_quantity ?? 0
      );
      const quantity = Math.max(0, quantityOf(content.data.lines, sku) - cancelledOfIt - quantityOf(shipped, sku));
      if (quantity > 0) found.push({ order_id, sku, quantity, event: content });
    }
  }
  return found;
}

/** On hand, over all warehouses: in each the last count, and what moved after it; without a count, all that moved. */
function onHandOf(counts: readonly EventOf<'stock.counted'>[], rows: readonly StockRow[]): Map<string, number> {
  const shelf = (sku: string, warehouse: string): string => JSON.stringify([sku, warehouse]);
  const lastCounts = new Map<string, EventOf<'stock.counted'>>();
  for (const event of counts) lastCounts.set(shelf(event.data.sku, event.data.warehouse ?? ''), event);
  const onHand = new Map<string, number>();
  for (const { data } of lastCounts.values()) onHand.set(data.sku, (onHand.get(data.sku) ?? 0) + data.quantity);
  for (const { sku, warehouse, bucket, quantity, event } of rows) {
    if (bucket !== 'on_hand') continue;
    const counted = lastCounts.get(shelf(sku, warehouse));
    const moves = counted === undefined || event.time > counted.time;
    onHand.set(sku, (onHand.get(sku) ?? 0) + (moves ? quantity : 0));
  }
  return onHand;
}

/** What is told of products, field by field: the last in order that carries it. */
function toldOf(events: readonly AcceptedEvent[]) {
  const active = new Map<string, boolean>();
  const name = new Map<string, string>();
  const cost = new Map<string, number>();
  const leadTime = new Map<string, number>();
  const receiptCost = new Map<string, number>();
  for (const { data } of ofType(events, 'product.updated')) {
    if (data.active !== undefined) active.set(data.sku, data.active);
    if (data.name !== undefined) name.set(data.sku, data.name);
    if (data.cost_minor !== undefined) cost.set(data.sku, data.cost_minor);
    if (data.lead_time_days !== undefined) leadTime.set(data.sku, data.lead_time_days);
  }
  for (const { data } of ofType(events, 'stock.received'))
    if (data.unit_cost_minor !== undefined) receiptCost.set(data.sku, data.unit_cost_minor);
  return { active, name, cost, leadTime, receiptCost };
}

/** Units by sku. */
function bySku(rows: readonly { readonly sku: string; readonly quantity: number }[]): Map<string, number> {
  const units = new Map<string, number>();
  for (const { sku, quantity } of rows) units.set(sku, (units.get(sku) ?? 0) + quantity);
  return units;
}

/** Every sku that anything was told of. @param events in order */
export function skus(events: readonly AcceptedEvent[]): Map<string, OracleSku> {
  const counts = ofType(events, 'stock.counted');
  const rows = stockRows(events);
  const kept = new Set([...counts, ...ofType(events, 'stock.received')].map(({ data }) => data.sku));
  const onHand = onHandOf(counts, rows);
  const reserved = bySku(reservations(events));
  const quarantine = bySku(rows.filter(({ bucket }) => bucket === 'quarantine'));
  const told = toldOf(events);
  const products = ofType(events, 'product.updated').map(({ data }) => data.sku);
  const named = new Set([...products, ...kept, ...onHand.keys(), ...reserved.keys(), ...quarantine.keys()]);
  const found = new Map<string, OracleSku>();
  for (const sku of named)
    found.set(sku, {
      sku,
      kept: kept.has(sku),
      active: told.active.get(sku) ?? true,
      on_hand: onHand.get(sku) ?? 0,
      reserved: reserved.get(sku) ?? 0,
      quarantine: quarantine.get(sku) ?? 0,
      name: told.name.get(sku),
      unit_cost: told.receiptCost.get(sku) ?? told.cost.get(sku),
      lead_time_days: told.leadTime.get(sku)
    });
  return found;
}
