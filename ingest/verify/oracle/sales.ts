/** Sales: orders, cancellations and credits for returned goods (domain.md section 4). Minor units. */
import type { AcceptedEvent, EventOf } from '#lib/contracts/events/registry.ts';
import { entities, ofType, sum } from './happened.ts';

export interface OracleOrder {
  readonly order_id: string;
  /** when it came to exist */
  readonly time: number;
  readonly currency: string;
  /** Σ lines less their discounts − the order's discount, without shipping */
  readonly value: number;
  /** the event that says what it holds */
  readonly event: EventOf<'order.placed'>;
  /** its first cancellation; undefined: none */
  readonly cancelled: EventOf<'order.cancelled'> | undefined;
}

export interface ReturnCredit {
  readonly time: number;
  readonly currency: string;
  readonly amount: number;
  readonly invoice_id: string;
  /** of the invoice */
  readonly order_id: string | undefined;
  readonly return_id: string | undefined;
  readonly event: EventOf<'invoice.credited'>;
}

const valueOf = ({ lines, discount_minor }: EventOf<'order.placed'>['data']): number =>
  sum(lines, (line) => line.quantity * line.unit_price_minor - (line.discount_minor ?? 0)) - (discount_minor ?? 0);

/** The orders that were placed. @param events in order */
export function orders(events: readonly AcceptedEvent[]): OracleOrder[] {
  const cancelled = new Map<string, EventOf<'order.cancelled'>>();
  for (const event of ofType(events, 'order.cancelled'))
    if (!cancelled.has(event.data.order_id)) cancelled.set(event.data.order_id, event);
  const found: OracleOrder[] = [];
  const placed = entities(ofType(events, 'order.placed'), ({ data }) => data.order_id);
  for (const [order_id, { content: event, exists_from: time }] of placed) {
    const { currency } = event.data;
    found.push({ order_id, time, currency, value: valueOf(event.data), event, cancelled: cancelled.get(order_id) });
  }
  return found;
}

/** Orders told to be cancelled, placed or not. */
export const cancelledOrders = (events: readonly AcceptedEvent[]): Set<string> =>
  new Set(ofType(events, 'order.cancelled').map(({ data }) => data.order_id));

/** Returns with a refund of any kind, also one that the PSP told too. */
export const refundedReturns = (events: readonly AcceptedEvent[]): Set<string> =>
  new Set(ofType(events, 'return.refunded').map(({ data }) => data.return_id));

/** The credits given because goods came back. @param events in order */
export function returnCredits(events: readonly AcceptedEvent[]): ReturnCredit[] {
  const invoices = entities(ofType(events, 'invoice.issued'), ({ data }) => data.invoice_id);
  return ofType(events, 'invoice.credited')
    .filter(({ data }) => data.reason === 'return')
    .map((event) => ({
      time: event.time,
      currency: event.data.currency,
      amount: event.data.amount_minor,
      invoice_id: event.data.invoice_id,
      order_id: invoices.get(event.data.invoice_id)?.content.data.order_id,
      return_id: event.data.return_id,
      event
    }));
}
