/** One event as a line of the live feed. */
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { may, type Role } from '#lib/contracts/roles.ts';
import type { FeedEvent } from '#lib/contracts/push.ts';
import { toRfc3339 } from './moment.server.ts';

/** The event's own business id. */
export function entityOf({ data, type }: AcceptedEvent): string {
  if ('payment_id' in data) return data.payment_id;
  if ('payout_id' in data) return data.payout_id;
  if ('return_id' in data && data.return_id !== undefined && type.startsWith('return.')) return data.return_id;
  if ('promise_id' in data) return data.promise_id;
  if ('invoice_id' in data && data.invoice_id !== undefined) return data.invoice_id;
  if ('order_id' in data && data.order_id !== undefined) return data.order_id;
  if ('sku' in data) return data.sku;
  if ('account' in data && data.account !== undefined) return data.account;
  return 'customer_id' in data && data.customer_id !== undefined ? data.customer_id : '';
}

function amountOf(event: AcceptedEvent): number | null {
  switch (event.type) {
    case 'order.placed':
      return (
        event.data.lines.reduce(
          (sum, line) => sum + line.quantity * line.unit_price_minor - (line.discount_minor ?? 0),
          0
        ) - (event.data.discount_minor ?? 0)
      );
    case 'invoice.issued':
      return event.data.installments.reduce((sum, part) => sum + part.amount_minor, 0);
    case 'account.balance_reported':
      return event.data.balance_minor;
    default:
      return 'amount_minor' in event.data ? event.data.amount_minor : null;
  }
}

/** Which way cash goes; money that is confirmed and not yet available has not come in. */
function flowOf(event: AcceptedEvent): FeedEvent['flow'] {
  switch (event.type) {
    case 'payment.settled':
      return event.data.account === undefined ? 'none' : 'in';
    case 'payment.reinstated':
    case 'payout.returned':
      return 'in';
    case 'payment.reversed':
    case 'payout.sent':
      return 'out';
    case 'return.refunded':
      return event.data.account === undefined ? 'none' : 'out';
    case 'account.moved':
      if (event.data.category === 'transfer') return 'none';
      return event.data.amount_minor > 0 ? 'in' : 'out';
    default:
      return 'none';
  }
}

function unitsOf({ data }: AcceptedEvent): number | null {
  if ('lines' in data) return data.lines.reduce((sum, line) => sum + line.quantity, 0);
  return 'quantity' in data ? data.quantity : null;
}

const customerOf = ({ data }: AcceptedEvent): string | null =>
  'customer_id' in data ? (data.customer_id ?? null) : null;

/** @param names by customer id */
export function toFeedEvent(event: AcceptedEvent, names: ReadonlyMap<string, string>): FeedEvent {
  const minor = amountOf(event);
  const customer = customerOf(event);
  return {
    seq: event.seq,
    source: event.source,
    id: event.id,
    type: event.type,
    time: toRfc3339(event.time),
    received_at: toRfc3339(event.received_at),
    entity: entityOf(event),
    customer_id: customer,
    customer_name: customer === null ? null : (names.get(customer) ?? null),
    amount: minor !== null && 'currency' in event.data ? { minor, currency: event.data.currency } : null,
    flow: flowOf(event),
    method: 'method' in event.data ? event.data.method : null,
    units: unitsOf(event)
  };
}

/** Cash is what accounts and payouts tell; what customers pay belongs to collection too. */
const isCash = ({ type }: FeedEvent): boolean =>
  type.startsWith('account.') || type.startsWith('payout.') || type === 'return.refunded';

/** What of the feed a role may see (design.md section 5). */
export function feedFor(role: Role, events: readonly FeedEvent[]): FeedEvent[] {
  if (!may(role, 'people:read')) return [];
  return may(role, 'feed:cash') ? [...events] : events.filter((event) => !isCash(event));
}
