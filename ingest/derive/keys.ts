/**
 * Under which subject keys an event is kept in events_by_key_v1. A key is `<relation>:<business id>`:
 * the whole history of a subject is then one range read, whatever its streams.
 *
 * | key | holds |
 * |---|---|
 * | `order:O` | order.* of the order |
 * | `return:R` | return.* of the return |
 * | `payment:P`, `payout:X` | payment.* of the payment, payout.* of the payout |
 * | `movement:M` | every event with that movement_id, whatever its type |
 * | `pays-invoice:I`, `pays-order:O`, `pays-customer:C` | payment events that name it as what is paid |
 * | `invoice:I` | invoice.* and dispute.* of the invoice |
 * | `owes:C`, `bills-order:O`, `replaces:J` | invoice.issued to the customer, for the order, replacing invoice J |
 * | `profile:C`, `activity:C` | customer.updated; contacts and promises |
 * | `promise:P`, `sku:S` | promise.*; product.updated |
 *
 * Adding a key needs a rebuild of events_by_key_v1, so relations are chosen for all figures of domain.md.
 */
import type { AcceptedEvent, EventData } from '#lib/contracts/events/registry.ts';

const named = (relation: string, id: string | undefined): string[] => (id === undefined ? [] : [`${relation}:${id}`]);

const paymentSubjects = ({
  payment_id,
  invoice_id,
  order_id,
  customer_id
}: EventData<'payment.confirmed'>): string[] => [
  `payment:${payment_id}`,
  ...named('pays-invoice', invoice_id),
  ...named('pays-order', order_id),
  ...named('pays-customer', customer_id)
];

const invoiceSubjects = ({ invoice_id, customer_id, order_id, replaces }: EventData<'invoice.issued'>): string[] => [
  `invoice:${invoice_id}`,
  `owes:${customer_id}`,
  ...named('bills-order', order_id),
  ...new Set((replaces ?? []).map((old) => `replaces:${old.invoice_id}`))
];

/** @returns the distinct keys of one event; empty for events that no look-up by subject needs */
export function subjectKeys(event: AcceptedEvent): string[] {
  switch (event.type) {
    case 'order.placed':
    case 'order.shipped':
    case 'order.cancelled':
      return [`order:${event.data.order_id}`];
    case 'return.requested':
    case 'return.received':
      return [`return:${event.data.return_id}`];
    case 'return.refunded':
      return [`return:${event.data.return_id}`, ...named('movement', event.data.movement_id)];
    case 'payment.confirmed':
    case 'payment.settled':
      return paymentSubjects(event.data);
    case 'payment.reversed':
    case 'payment.reinstated':
      return [`payment:${event.data.payment_id}`, ...named('movement', event.data.movement_id)];
    case 'payment.allocated':
      return [
        `payment:${event.data.payment_id}`,
        ...new Set(event.data.allocations.map((part) => `pays-invoice:${part.invoice_id}`))
      ];
    case 'payout.scheduled':
    case 'payout.sent':
    case 'payout.cancelled':
      return [`payout:${event.data.payout_id}`];
    case 'payout.returned':
      return [`payout:${event.data.payout_id}`, ...named('movement', event.data.movement_id)];
    case 'account.moved':
      return named('movement', event.data.movement_id);
    case 'account.balance_reported':
      return [];
    case 'invoice.issued':
      return invoiceSubjects(event.data);
    case 'invoice.credited':
    case 'invoice.cancelled':
    case 'invoice.written_off':
    case 'dispute.opened':
    case 'dispute.closed':
      return [`invoice:${event.data.invoice_id}`];
    case 'collection.contacted':
      return [`activity:${event.data.customer_id}`];
    case 'promise.made':
      return [`promise:${event.data.promise_id}`, `activity:${event.data.customer_id}`];
    case 'promise.cancelled':
      return [`promise:${event.data.promise_id}`];
    case 'customer.updated':
      return [`profile:${event.data.customer_id}`];
    case 'product.updated':
      return [`sku:${event.data.sku}`];
    case 'stock.counted':
    case 'stock.adjusted':
    case 'stock.received':
    case 'stock.transferred':
      return [];
  }
}

/**
 * The relations that deriving looks back on (history.ts). One is no relation of its own in events_by_key_v1: `pays-only-customer:C` is
 * what of `pays-customer:C` names neither an invoice nor an order. Nearly every payment names its invoice, so it is short, where the
 * other grows with all that a customer ever paid.
 */
export const HISTORY_RELATIONS = [
  'order',
  'payment',
  'payout',
  'movement',
  'invoice',
  'pays-invoice',
  'pays-order',
  'owes',
  'bills-order',
  'replaces'
] as const;
/** Of no event: a sku that has a row in sku_state_v1, as every one has that any event told of. */
export const SKU_STATE = 'sku-state:';
const historyRelations: ReadonlySet<string> = new Set(HISTORY_RELATIONS);
const ONLY_CUSTOMER = 'pays-only-customer:';
export const onlyCustomerKey = (customerId: string): string => `${ONLY_CUSTOMER}${customerId}`;
/** @returns null: a key as events_by_key_v1 has it */
export const customerOfKey = (key: string): string | null =>
  key.startsWith(ONLY_CUSTOMER) ? key.slice(ONLY_CUSTOMER.length) : null;

/** @returns the distinct keys under which deriving may look for the event */
export function historyKeys(event: AcceptedEvent): string[] {
  const keys = subjectKeys(event).filter((key) => historyRelations.has(key.slice(0, key.indexOf(':'))));
  if (event.type !== 'payment.confirmed' && event.type !== 'payment.settled') return keys;
  const { invoice_id, order_id, customer_id } = event.data;
  if (customer_id !== undefined && invoice_id === undefined && order_id === undefined)
    keys.push(onlyCustomerKey(customer_id));
  return keys;
}

/** The currency an event speaks of; '' for events of units, names and contacts. */
export const eventCurrency = (event: AcceptedEvent): string => ('currency' in event.data ? event.data.currency : '');
