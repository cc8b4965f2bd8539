/**
 * What a payment is, from all its events (domain.md section 3): gross, reversed, principal, links. Pure; order of input means nothing.
 */
import { compareEvents, type AcceptedEvent, type EventOf } from '#lib/contracts/events/registry.ts';

export type Confirmed = EventOf<'payment.confirmed'>;
export type Settled = EventOf<'payment.settled'>;
export type Undone = EventOf<'payment.reversed'> | EventOf<'payment.reinstated'>;

/** An entity-making event with the earliest moment its entity is known to exist. */
export interface Counted<E> {
  readonly event: E;
  readonly exists_from: number;
}

export interface Payment {
  readonly payment_id: string;
  /** earliest confirmed or settled event, epoch ms */
  readonly exists_from: number;
  /** its first event's */
  readonly currency: string;
  readonly confirmed: Counted<Confirmed> | null;
  /** one a parcel, in order of their own events */
  readonly settled: readonly Counted<Settled>[];
  /** reversals and reinstatements that count (one movement_id once), in order */
  readonly undone: readonly Undone[];
  readonly gross_minor: number;
  readonly settled_minor: number;
  /** Σ reversed − Σ reinstated, within 0..gross */
  readonly reversed_minor: number;
  /** what it pays of debts */
  readonly principal_minor: number;
  readonly customer_id: string | undefined;
  readonly invoice_id: string | undefined;
  readonly installment: number | undefined;
  readonly order_id: string | undefined;
  /** told or corrected: the last payment.allocated */
  readonly allocated: EventOf<'payment.allocated'> | null;
}

interface Revisable {
  readonly time: number;
  readonly source: string;
  readonly id: string;
  readonly data: { readonly revision?: number | undefined };
}

/**
 * Of the events that make one entity, the one whose content holds: the highest revision (absent = 0), among equals the first in order.
 * The entity exists from the earliest of them.
 * @param events at least one
 */
export function pickContent<E extends Revisable>(events: readonly [E, ...E[]]): Counted<E> {
  let [best] = events;
  let existsFrom = best.time;
  for (const event of events) {
    existsFrom = Math.min(existsFrom, event.time);
    const newer = (event.data.revision ?? 0) - (best.data.revision ?? 0);
    if (newer > 0 || (newer === 0 && compareEvents(event, best) < 0)) best = event;
  }
  return { event: best, exists_from: existsFrom };
}

/** Groups in first-seen order; every group holds at least one. */
export function groupBy<K, E>(items: Iterable<E>, keyOf: (item: E) => K): Map<K, [E, ...E[]]> {
  const groups = new Map<K, [E, ...E[]]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/**
 * Of movements with a movement_id the first in order counts, per event type, across all entities; those without one all count.
 * @returns the events that count, in order
 */
export function countedMovements<
  E extends AcceptedEvent & { readonly data: { readonly movement_id?: string | undefined } }
>(events: readonly E[]): E[] {
  const seen = new Set<string>();
  return events.toSorted(compareEvents).filter((event) => {
    const movement = event.data.movement_id;
    if (movement === undefined) return true;
    const key = `${event.type}\0${movement}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** What a payment names and what it paid beside the principal. */
interface Linked {
  readonly customer_id?: string | undefined;
  readonly invoice_id?: string | undefined;
  readonly installment?: number | undefined;
  readonly order_id?: string | undefined;
  readonly interest_minor?: number | undefined;
  readonly fine_minor?: number | undefined;
  readonly discount_minor?: number | undefined;
}

/** The first of the settled events in order that carries the field, else the confirmed's. */
function field<K extends keyof Linked>(
  name: K,
  settled: readonly Counted<Settled>[],
  confirmed: Counted<Confirmed> | null
): Linked[K] | undefined {
  const told: Linked[] = [...settled.map(({ event }) => event.data), ...(confirmed ? [confirmed.event.data] : [])];
  return told.find((data) => data[name] !== undefined)?.[name];
}

function resolve(
  paymentId: string,
  made: readonly (Confirmed | Settled)[],
  undone: readonly Undone[],
  allocated: EventOf<'payment.allocated'> | null
): Payment | null {
  const confirmations = made.filter((event) => event.type === 'payment.confirmed');
  const [first, ...others] = confirmations;
  const confirmed = first ? pickContent([first, ...others]) : null;
  const parcels = groupBy(
    made.filter((event) => event.type === 'payment.settled'),
    (event) => event.data.parcel ?? 1
  );
  const settled = [...parcels.values()].map(pickContent).toSorted((a, b) => compareEvents(a.event, b.event));
  const counted = [...(confirmed ? [confirmed.event] : []), ...settled.map(({ event }) => event)].toSorted(
    compareEvents
  );
  const [earliest] = counted;
  if (!earliest) return null;
  const settledMinor = settled.reduce((sum, { event }) => sum + event.data.amount_minor, 0);
  const gross = Math.max(confirmed?.event.data.amount_minor ?? 0, settledMinor);
  const back = undone.reduce(
    (sum, { type, data }) => sum + (type === 'payment.reversed' ? data.amount_minor : -data.amount_minor),
    0
  );
  const reversed = Math.min(Math.max(0, back), gross);
  const surcharge =
    (field('interest_minor', settled, confirmed) ?? 0) +
    (field('fine_minor', settled, confirmed) ?? 0) -
    (field('discount_minor', settled, confirmed) ?? 0);
  return {
    payment_id: paymentId,
    exists_from: made.reduce((from, { time }) => Math.min(from, time), earliest.time),
    currency: earliest.data.currency,
    confirmed,
    settled,
    undone,
    gross_minor: gross,
    settled_minor: settledMinor,
    reversed_minor: reversed,
    principal_minor: reversed === gross ? 0 : Math.max(0, gross - surcharge - reversed),
    customer_id: field('customer_id', settled, confirmed),
    invoice_id: field('invoice_id', settled, confirmed),
    installment: field('installment', settled, confirmed),
    order_id: field('order_id', settled, confirmed),
    allocated
  };
}

/**
 * All payments that exist among `events` (others are passed over). A payment known only by its reversal does not exist yet.
 * The events that share a movement_id must be complete for the result to be.
 */
export function payments(events: Iterable<AcceptedEvent>): Map<string, Payment> {
  const made: (Confirmed | Settled)[] = [];
  const undone: Undone[] = [];
  const told = new Map<string, EventOf<'payment.allocated'>>();
  for (const event of events) {
    if (event.type === 'payment.confirmed' || event.type === 'payment.settled') made.push(event);
    else if (event.type === 'payment.reversed' || event.type === 'payment.reinstated') undone.push(event);
    else if (event.type === 'payment.allocated') {
      const last = told.get(event.data.payment_id);
      if (!last || compareEvents(last, event) < 0) told.set(event.data.payment_id, event);
    }
  }
  const undoneByPayment = groupBy(countedMovements(undone), (event) => event.data.payment_id);
  const result = new Map<string, Payment>();
  for (const [id, group] of groupBy(made, (event) => event.data.payment_id)) {
    const payment = resolve(id, group, undoneByPayment.get(id) ?? [], told.get(id) ?? null);
    if (payment) result.set(id, payment);
  }
  return result;
}
