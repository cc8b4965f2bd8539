/** What events do to sales: the rule behind sales_movements_v1. Pure. */
import { compareEvents, type AcceptedEvent, type EventOf } from '#lib/contracts/events/registry.ts';
import { groupBy, pickContent } from '#lib/domain/payments.ts';
import { components, replay, type Signed } from './signed.ts';

export interface SalesEffect {
  readonly measure: 'order' | 'cancelled' | 'credit';
  readonly currency: string;
  readonly time: number;
  readonly amount: number;
  /** order_id; of a credit the invoice_id */
  readonly entity: string;
  readonly order_id: string;
  readonly return_id: string;
  readonly source: string;
  readonly id: string;
}

type OrderEvent = EventOf<'order.placed' | 'order.cancelled'>;
type InvoiceEvent = EventOf<'invoice.issued' | 'invoice.credited'>;
const isOrderEvent = (event: AcceptedEvent): event is OrderEvent =>
  event.type === 'order.placed' || event.type === 'order.cancelled';
const isInvoiceEvent = (event: AcceptedEvent): event is InvoiceEvent =>
  event.type === 'invoice.issued' || event.type === 'invoice.credited';

/** Σ lines (quantity × unit price − discount) − order discount, without shipping. Minor units; exact up to 2^53 − 1. */
export const orderValue = ({ lines, discount_minor }: EventOf<'order.placed'>['data']): number =>
  lines.reduce((sum, line) => sum + line.quantity * line.unit_price_minor - (line.discount_minor ?? 0), 0) -
  (discount_minor ?? 0);

function orderHolding(prefix: readonly OrderEvent[]): SalesEffect[] {
  const [first, ...others] = prefix.filter((event) => event.type === 'order.placed');
  if (!first) return [];
  const { event, exists_from } = pickContent([first, ...others]);
  const { order_id, currency } = event.data;
  const about = { currency, amount: orderValue(event.data), entity: order_id, order_id, return_id: '' };
  const effects: SalesEffect[] = [
    { ...about, measure: 'order', time: exists_from, source: event.source, id: event.id }
  ];
  const ended = prefix.find((candidate) => candidate.type === 'order.cancelled');
  if (ended) effects.push({ ...about, measure: 'cancelled', time: ended.time, source: ended.source, id: ended.id });
  return effects;
}

function invoiceHolding(prefix: readonly InvoiceEvent[]): SalesEffect[] {
  const [first, ...others] = prefix.filter((event) => event.type === 'invoice.issued');
  const orderId = first ? (pickContent([first, ...others]).event.data.order_id ?? '') : '';
  return prefix
    .filter((event) => event.type === 'invoice.credited')
    .filter((event) => event.data.reason === 'return')
    .map(({ data, time, source, id }) => ({
      measure: 'credit',
      currency: data.currency,
      time,
      amount: data.amount_minor,
      entity: data.invoice_id,
      order_id: orderId,
      return_id: data.return_id ?? '',
      source,
      id
    }));
}

/**
 * All signed sales rows of `events`.
 * @param events whole histories of the orders (`order:`) and invoices (`invoice:`) they name; others are passed over
 */
export function salesEffects(events: Iterable<AcceptedEvent>): Signed<SalesEffect>[] {
  const all = [...events].toSorted(compareEvents);
  const orders = groupBy(all.filter(isOrderEvent), (event) => event.data.order_id);
  const invoices = components(all.filter(isInvoiceEvent), (event) => [event.data.invoice_id]).filter((group) =>
    group.some((event) => event.type === 'invoice.credited')
  );
  return [
    ...[...orders.values()].flatMap((group) => replay<OrderEvent, SalesEffect>(group, orderHolding)),
    ...invoices.flatMap((group) => replay<InvoiceEvent, SalesEffect>(group, invoiceHolding))
  ];
}
