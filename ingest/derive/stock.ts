/** What events do to goods: the rule behind stock_movements_v1. Pure. */
import type { AcceptedEvent, EventOf } from '#lib/contracts/events/registry.ts';
import { groupBy, pickContent } from '#lib/domain/payments.ts';
import { replay, type Signed } from './signed.ts';

export interface StockEffect {
  readonly sku: string;
  /** '' = the default one */
  readonly warehouse: string;
  readonly bucket: 'on_hand' | 'quarantine' | 'reserved';
  readonly kind: 'received' | 'adjusted' | 'transferred' | 'shipped' | 'returned' | 'damaged' | 'reserved';
  readonly time: number;
  /** units */
  readonly amount: number;
  readonly entity: string;
  readonly source: string;
  readonly id: string;
}

type OrderEvent = EventOf<'order.placed' | 'order.shipped' | 'order.cancelled'>;
const isOrderEvent = (event: AcceptedEvent): event is OrderEvent =>
  event.type === 'order.placed' || event.type === 'order.shipped' || event.type === 'order.cancelled';

/** What one event moves, whatever else happened: nothing takes these back. */
export function directEffects(event: AcceptedEvent): StockEffect[] {
  const { source, id, time } = event;
  const about = { source, id, time, entity: '', bucket: 'on_hand' } as const;
  switch (event.type) {
    case 'stock.received':
      return [
        {
          ...about,
          kind: 'received',
          sku: event.data.sku,
          warehouse: event.data.warehouse ?? '',
          amount: event.data.quantity
        }
      ];
    case 'stock.adjusted':
      return [
        {
          ...about,
          kind: 'adjusted',
          sku: event.data.sku,
          warehouse: event.data.warehouse ?? '',
          amount: event.data.quantity
        }
      ];
    case 'stock.transferred':
      return [
        {
          ...about,
          kind: 'transferred',
          sku: event.data.sku,
          warehouse: event.data.from,
          amount: -event.data.quantity
        },
        { ...about, kind: 'transferred', sku: event.data.sku, warehouse: event.data.to, amount: event.data.quantity }
      ];
    case 'order.shipped':
      return event.data.lines.map((line) => ({
        ...about,
        kind: 'shipped',
        sku: line.sku,
        warehouse: event.data.warehouse ?? '',
        amount: -line.quantity,
        entity: event.data.order_id
      }));
    case 'return.received':
      return event.data.lines.map((line) => ({
        ...about,
        bucket: line.condition === 'saleable' ? 'on_hand' : 'quarantine',
        kind: line.condition === 'saleable' ? 'returned' : 'damaged',
        sku: line.sku,
        warehouse: event.data.warehouse ?? '',
        amount: line.quantity,
        entity: event.data.return_id
      }));
    default:
      return [];
  }
}

function sumBySku(lines: Iterable<{ readonly sku: string; readonly quantity: number }>): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { sku, quantity } of lines) sums.set(sku, (sums.get(sku) ?? 0) + quantity);
  return sums;
}

/** Per order and sku: placed − cancelled − shipped, never below 0, nothing once cancelled. Timeless: a balance, told when it changes. */
function reservedHolding(prefix: readonly OrderEvent[]): StockEffect[] {
  const [first, ...others] = prefix.filter((event) => event.type === 'order.placed');
  if (!first || prefix.some((event) => event.type === 'order.cancelled')) return [];
  const { event } = pickContent([first, ...others]);
  const shipped = sumBySku(
    prefix.flatMap((candidate) => (candidate.type === 'order.shipped' ? candidate.data.lines : []))
  );
  const wanted = event.data.lines.map(({ sku, quantity, cancelled_quantity = 0 }) => ({
    sku,
    quantity: quantity - cancelled_quantity
  }));
  return [...sumBySku(wanted)].flatMap(([sku, placed]) => {
    const amount = Math.max(0, placed - (shipped.get(sku) ?? 0));
    if (amount === 0) return [];
    return [
      {
        sku,
        warehouse: '',
        bucket: 'reserved',
        kind: 'reserved',
        time: 0,
        amount,
        entity: event.data.order_id,
        source: event.source,
        id: event.id
      }
    ];
  });
}

/**
 * The signed reservations of the orders among `events`.
 * @param events whole histories of the orders they name; others are passed over
 */
export function reservedEffects(events: Iterable<AcceptedEvent>): Signed<StockEffect>[] {
  const orders = groupBy([...events].filter(isOrderEvent), (event) => event.data.order_id);
  return [...orders.values()]
    .flatMap((group) => replay<OrderEvent, StockEffect>(group, reservedHolding))
    .map((row) => ({ ...row, time: row.known_from }));
}
