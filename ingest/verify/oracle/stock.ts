/** Stock per sku and warehouse (domain.md section 3). Whole units. */
import type { AcceptedEvent, EventOf } from '#lib/contracts/events/registry.ts';
import { entities, ofType, sum } from './happened.ts';

export interface StockRow {
  readonly time: number;
  readonly sku: string;
  /** '' = the default one */
  readonly warehouse: string;
  readonly bucket: 'on_hand' | 'quarantine';
  readonly quantity: number;
  readonly kind: 'received' | 'adjusted' | 'transferred' | 'shipped' | 'returned' | 'damaged';
  readonly source: string;
  readonly id: string;
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
}

export interface Reservation {
  readonly order_id: string;
  readonly sku: string;
  readonly quantity: number;
}

/** Every movement of goods. @param events in order */
export function stockRows(events: readonly AcceptedEvent[]): StockRow[] {
  const rows: StockRow[] = [];
  for (const { time, source, id, data } of ofType(events, 'stock.received'))
    rows.push({
      time,
      source,
      id,
      sku: data.sku,
      warehouse: data.warehouse ?? '',
      bucket: 'on_hand',
      quantity: data.quantity,
      kind: 'received'
    });
  for (const { time, source, id, data } of ofType(events, 'stock.adjusted'))
    rows.push({
      time,
      source,
      id,
      sku: data.sku,
      warehouse: data.warehouse ?? '',
      bucket: 'on_hand',
      quantity: data.quantity,
      kind: 'adjusted'
    });
  for (const { time, source, id, data } of ofType(events, 'stock.transferred')) {
    rows.push({
      time,
      source,
      id,
      sku: data.sku,
      warehouse: data.from,
      bucket: 'on_hand',
      quantity: -data.quantity,
      kind: 'transferred'
    });
    rows.push({
      time,
      source,
      id,
      sku: data.sku,
      warehouse: data.to,
      bucket: 'on_hand',
      quantity: data.quantity,
      kind: 'transferred'
    });
  }
  for (const { time, source, id, data } of ofType(events, 'order.shipped'))
    for (const { sku, quantity } of data.lines)
      rows.push({
        time,
        source,
        id,
        sku,
        warehouse: data.warehouse ?? '',
        bucket: 'on_hand',
        quantity: -quantity,
        kind: 'shipped'
      });
  for (const { time, source, id, data } of ofType(events, 'return.received'))
    for (const { sku, quantity, condition } of data.lines)
      rows.push(
        condition === 'saleable'
          ? { time, source, id, sku, warehouse: data.warehouse ?? '', bucket: 'on_hand', quantity, kind: 'returned' }
          : { time, source, id, sku, warehouse: data.warehouse ?? '', bucket: 'quarantine', quantity, kind: 'damaged' }
      );
  return rows;
}

const quantityOf = (lines: readonly { readonly sku: string; readonly quantity: number }[], sku: string): number =>
  sum(
    lines.filter((line) => line.sku === sku),
    ({ quantity }) => quantity
  );

/** What orders hold back: placed − shipped per order and sku, never below 0, nothing once cancelled. @param events in order */
export function reservations(events: readonly AcceptedEvent[]): Reservation[] {
  const cancelled = new Set(ofType(events, 'order.cancelled').map(({ data }) => data.order_id));
  const shipments = Map.groupBy(ofType(events, 'order.shipped'), ({ data }) => data.order_id);
  const found: Reservation[] = [];
  for (const [order_id, { content }] of entities(ofType(events, 'order.placed'), ({ data }) => data.order_id)) {
    if (cancelled.has(order_id)) continue;
    const shipped = (shipments.get(order_id) ?? []).flatMap(({ data }) => data.lines);
    for (const sku of new Set(content.data.lines.map((line) => line.sku))) {
      const quantity = Math.max(0, quantityOf(content.data.lines, sku) - quantityOf(shipped, sku));
      if (quantity > 0) found.push({ order_id, sku, quantity });
    }
  }
  return found;
}

/** On hand in every warehouse: the last count, and what moved after it; without a count, all that moved. */
function onHandOf(counts: readonly EventOf<'stock.counted'>[], rows: readonly StockRow[]): Map<string, number> {
  const shelf = (sku: string, warehouse: string): string => JSON.stringify([sku, warehouse]);
  const lastCounts = new Map<string, EventOf<'stock.counted'>>();
  for (const event of counts) lastCounts.set(shelf(event.data.sku, event.data.warehouse ?? ''), event);
  const onHand = new Map<string, number>();
  const add = (sku: string, quantity: number): Map<string, number> =>
    onHand.set(sku, (onHand.get(sku) ?? 0) + quantity);
  for (const { data } of lastCounts.values()) add(data.sku, data.quantity);
  for (const row of rows) {
    if (row.bucket !== 'on_hand') continue;
    const counted = lastCounts.get(shelf(row.sku, row.warehouse));
    if (counted === undefined || row.time > counted.time) add(row.sku, row.quantity);
  }
  return onHand;
}

/** Every sku that anything was told of. @param events in order */
export function skus(events: readonly AcceptedEvent[]): Map<string, OracleSku> {
  const counts = ofType(events, 'stock.counted');
  const rows = stockRows(events);
  const kept = new Set([...counts, ...ofType(events, 'stock.received')].map(({ data }) => data.sku));
  const active = new Map<string, boolean>();
  for (const { data } of ofType(events, 'product.updated'))
    if (data.active !== undefined) active.set(data.sku, data.active);
  const reserved = new Map<string, number>();
  for (const { sku, quantity } of reservations(events)) reserved.set(sku, (reserved.get(sku) ?? 0) + quantity);
  const quarantine = new Map<string, number>();
  for (const { sku, bucket, quantity } of rows)
    if (bucket === 'quarantine') quarantine.set(sku, (quarantine.get(sku) ?? 0) + quantity);
  const onHand = onHandOf(counts, rows);
  const named = [...kept, ...active.keys(), ...reserved.keys(), ...quarantine.keys(), ...onHand.keys()];
  return new Map(
    [...new Set(named)].map((sku) => [
      sku,
      {
        sku,
        kept: kept.has(sku),
        active: active.get(sku) ?? true,
        on_hand: onHand.get(sku) ?? 0,
        reserved: reserved.get(sku) ?? 0,
        quarantine: quarantine.get(sku) ?? 0
      }
    ])
  );
}
