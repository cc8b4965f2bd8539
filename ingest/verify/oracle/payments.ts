/** Payments as domain.md section 3 defines them: gross, reversed, principal, pending, links. Minor units. */
import { compareEvents, type AcceptedEvent, type EventOf } from '#lib/contracts/events/registry.ts';
import { entities, movements, ofType, sum, within, type Entity } from './happened.ts';

type Confirmed = EventOf<'payment.confirmed'>;
export type Settled = EventOf<'payment.settled'>;
export type Reversed = EventOf<'payment.reversed'>;
export type Reinstated = EventOf<'payment.reinstated'>;

export interface OraclePayment {
  readonly payment_id: string;
  readonly exists_from: number;
  readonly currency: string;
  readonly confirmed: Entity<Confirmed> | undefined;
  /** one a parcel, in order of the events that count */
  readonly parcels: readonly Entity<Settled>[];
  readonly gross: number;
  readonly settled: number;
  readonly reversed: number;
  /** what it pays of debts */
  readonly principal: number;
  /** confirmed and not yet available */
  readonly pending: number;
  readonly customer_id: string | undefined;
  readonly invoice_id: string | undefined;
  readonly installment: number | undefined;
  readonly order_id: string | undefined;
  /** the parts of the last payment.allocated; undefined: none was told, the links decide */
  readonly told: EventOf<'payment.allocated'>['data']['allocations'] | undefined;
}

/** A field of the settled events, the first that carries it, else of the confirmed one. */
function told<T>(
  parcels: readonly Entity<Settled>[],
  confirmed: Entity<Confirmed> | undefined,
  read: (data: Settled['data'] | Confirmed['data']) => T | undefined
): T | undefined {
  for (const { content } of parcels) {
    const value = read(content.data);
    if (value !== undefined) return value;
  }
  return confirmed === undefined ? undefined : read(confirmed.content.data);
}

/** The reversals and the reinstatements that count, each in order: one movement_id counts once per type. */
export const reversals = (events: readonly AcceptedEvent[]): Reversed[] =>
  movements(ofType(events, 'payment.reversed'));
export const reinstatements = (events: readonly AcceptedEvent[]): Reinstated[] =>
  movements(ofType(events, 'payment.reinstated'));

interface Made {
  readonly firstTime: Map<string, number>;
  readonly confirmed: Map<string, Entity<Confirmed>>;
  readonly parcels: Map<string, Entity<Settled>[]>;
  readonly back: Map<string, number>;
  readonly allocated: Map<string, EventOf<'payment.allocated'>>;
}

function collect(events: readonly AcceptedEvent[]): Made {
  const settled = ofType(events, 'payment.settled');
  const confirmed = ofType(events, 'payment.confirmed');
  const firstTime = new Map<string, number>();
  for (const { time, data } of [...confirmed, ...settled])
    firstTime.set(data.payment_id, Math.min(time, firstTime.get(data.payment_id) ?? time));
  const parcels = new Map<string, Entity<Settled>[]>();
  const counted = [...entities(settled, ({ data }) => JSON.stringify([data.payment_id, data.parcel ?? 1])).values()];
  for (const parcel of counted.sort((a, b) => compareEvents(a.content, b.content))) {
    const { payment_id } = parcel.content.data;
    parcels.set(payment_id, [...(parcels.get(payment_id) ?? []), parcel]);
  }
  const back = new Map<string, number>();
  for (const { data } of reversals(events))
    back.set(data.payment_id, (back.get(data.payment_id) ?? 0) + data.amount_minor);
  for (const { data } of reinstatements(events))
    back.set(data.payment_id, (back.get(data.payment_id) ?? 0) - data.amount_minor);
  const allocated = new Map<string, EventOf<'payment.allocated'>>();
  for (const event of ofType(events, 'payment.allocated')) allocated.set(event.data.payment_id, event);
  return { firstTime, confirmed: entities(confirmed, ({ data }) => data.payment_id), parcels, back, allocated };
}

/**
 * Every payment that exists: one known by a reversal or an allocation alone does not yet.
 * @param events in order
 */
export function payments(events: readonly AcceptedEvent[]): Map<string, OraclePayment> {
  const made = collect(events);
  // of the events that count, the first in order gives the currency
  const currencies = new Map<string, string>();
  for (const event of events) {
    if (event.type !== 'payment.confirmed' && event.type !== 'payment.settled') continue;
    const { payment_id, currency } = event.data;
    const counts =
      made.confirmed.get(payment_id)?.content === event ||
      made.parcels.get(payment_id)?.some(({ content }) => content === event);
    if (counts && !currencies.has(payment_id)) currencies.set(payment_id, currency);
  }
  const result = new Map<string, OraclePayment>();
  for (const [payment_id, currency] of currencies) result.set(payment_id, payment(payment_id, currency, made));
  return result;
}

function payment(payment_id: string, currency: string, made: Made): OraclePayment {
  const confirmed = made.confirmed.get(payment_id);
  const parcels = made.parcels.get(payment_id) ?? [];
  const settled = sum(parcels, ({ content }) => content.data.amount_minor);
  const gross = Math.max(confirmed?.content.data.amount_minor ?? 0, settled);
  const reversed = within(0, made.back.get(payment_id) ?? 0, gross);
  const interest = told(parcels, confirmed, (data) => data.interest_minor) ?? 0;
  const fine = told(parcels, confirmed, (data) => data.fine_minor) ?? 0;
  const discount = told(parcels, confirmed, (data) => data.discount_minor) ?? 0;
  const isPending = confirmed !== undefined && confirmed.content.data.method !== 'store_credit';
  return {
    payment_id,
    exists_from: made.firstTime.get(payment_id) ?? 0,
    currency,
    confirmed,
    parcels,
    gross,
    settled,
    reversed,
    principal: reversed === gross ? 0 : Math.max(0, gross - interest - fine + discount - reversed),
    pending: isPending ? Math.max(0, gross - settled - reversed) : 0,
    customer_id: told(parcels, confirmed, (data) => data.customer_id),
    invoice_id: told(parcels, confirmed, (data) => data.invoice_id),
    installment: told(parcels, confirmed, (data) => data.installment),
    order_id: told(parcels, confirmed, (data) => data.order_id),
    told: made.allocated.get(payment_id)?.data.allocations
  };
}
