/** What happened with one customer, newest first. */
import { compareEvents, type AcceptedEvent } from '#lib/contracts/events/registry.ts';
import type { TimelineRow } from '#lib/server/services.server.ts';
import { toRfc3339 } from './moment.server.ts';
import { entityOf } from './event-line.server.ts';

const ROWS_MAX = 200;

interface Concern {
  readonly customerId: string;
  readonly invoices: ReadonlySet<string>;
  readonly payments: ReadonlySet<string>;
}

function concerns(
  event: AcceptedEvent,
  { customerId, invoices, payments }: Concern,
  promises: ReadonlySet<string>
): boolean {
  if ('payment_id' in event.data) return payments.has(event.data.payment_id);
  if (event.type === 'promise.cancelled') return promises.has(event.data.promise_id);
  if ('customer_id' in event.data) return event.data.customer_id === customerId;
  return 'invoice_id' in event.data && event.data.invoice_id !== undefined && invoices.has(event.data.invoice_id);
}

/** The one word that tells this event from others of its type; a code, not a text. */
function detailOf(event: AcceptedEvent): string | null {
  switch (event.type) {
    case 'payment.confirmed':
    case 'payment.settled':
      return event.data.method;
    case 'payment.reversed':
    case 'payment.reinstated':
      return event.data.reason;
    case 'invoice.credited':
      return event.data.reason ?? null;
    case 'invoice.issued':
      return event.data.kind ?? 'sale';
    case 'collection.contacted':
      return event.data.outcome;
    case 'promise.made':
      return event.data.due_date;
    default:
      return null;
  }
}

function amountOf(event: AcceptedEvent): number | null {
  if (event.type === 'invoice.issued') return event.data.installments.reduce((sum, part) => sum + part.amount_minor, 0);
  return 'amount_minor' in event.data ? event.data.amount_minor : null;
}

export function timelineOf(events: readonly AcceptedEvent[], concern: Concern): TimelineRow[] {
  const promises = new Set(
    events
      .filter((event) => event.type === 'promise.made')
      .filter((event) => event.data.customer_id === concern.customerId)
      .map((event) => event.data.promise_id)
  );
  return events
    .filter((event) => concerns(event, concern, promises))
    .toSorted((a, b) => compareEvents(b, a))
    .slice(0, ROWS_MAX)
    .map((event) => ({
      time: toRfc3339(event.time),
      source: event.source,
      id: event.id,
      type: event.type,
      entity: entityOf(event),
      amount_minor: amountOf(event),
      currency: 'currency' in event.data ? event.data.currency : null,
      detail: detailOf(event)
    }));
}
