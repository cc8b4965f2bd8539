/**
 * Which events one batch makes the receivables depend on. An instalment's open amount depends on its invoice, on the payments that name
 * the invoice, its order or its customer, and through orders and customers on further invoices: the closure is followed to its end.
 */
import type { AcceptedEvent, EventData, EventOf } from '#lib/contracts/events/registry.ts';
import { ok, type Result } from '#lib/contracts/result.ts';
import { comparePlaces, type Place } from '#lib/domain/allocation.ts';
import type { ClickHouseFailure } from '#sql/interface.server.ts';
import type { History } from './history.ts';
import { customerOfKey, historyKeys, onlyCustomerKey, subjectKeys } from './keys.ts';

/** Which events of a key are looked for; null: all of them. */
type Choose = (key: string) => ((event: AcceptedEvent) => boolean) | null;
const chooseAll: Choose = () => null;

/** Reads subjects with what the running batch adds to them. */
export interface Subjects {
  /** events of the keys, history and batch together, without what `choose` leaves out */
  load(keys: Iterable<string>, choose?: Choose): Promise<Result<AcceptedEvent[], ClickHouseFailure>>;
}

export function createSubjects(
  history: History,
  batch: { readonly from: number; readonly events: readonly AcceptedEvent[] }
): Subjects {
  const added = new Map<string, AcceptedEvent[]>();
  for (const event of batch.events)
    for (const key of historyKeys(event)) {
      const list = added.get(key);
      if (list) list.push(event);
      else added.set(key, [event]);
    }
  return {
    async load(keys, choose = chooseAll) {
      const wanted = [...new Set(keys)];
      const past = await history.load(wanted, batch.from);
      if (!past.ok) return past;
      const events: AcceptedEvent[] = [];
      for (const key of wanted) {
        const isMeant = choose(key);
        for (const list of [past.value.get(key), added.get(key)])
          for (const event of list ?? []) if (!isMeant || isMeant(event)) events.push(event);
      }
      return ok(events);
    }
  };
}

interface Followed {
  /** distinct, by journal position */
  readonly events: Map<number, AcceptedEvent>;
  readonly keys: ReadonlySet<string>;
}

/**
 * Follows keys until no new one appears.
 * @param start first keys
 * @param next keys that an event makes necessary
 */
export async function follow(
  subjects: Subjects,
  start: Iterable<string>,
  next: (event: AcceptedEvent) => readonly string[],
  choose?: Choose
): Promise<Result<Followed, ClickHouseFailure>> {
  const events = new Map<number, AcceptedEvent>();
  const known = new Set<string>(start);
  let frontier = [...known];
  while (frontier.length > 0) {
    const loaded = await subjects.load(frontier, choose);
    if (!loaded.ok) return loaded;
    frontier = [];
    for (const event of loaded.value) {
      if (events.has(event.seq)) continue;
      events.set(event.seq, event);
      for (const key of next(event)) {
        if (known.has(key)) continue;
        known.add(key);
        frontier.push(key);
      }
    }
  }
  return ok({ events, keys: known });
}

const OWES = 'owes:';

/**
 * Of what a payment names only the narrowest counts: an invoice, else an order, else a customer. Nearly every payment names its invoice
 * and its customer; were the customer followed too, each payment would bring in all that its customer ever bought.
 * (An event that names no invoice is the only one that can make its payment an order's or a customer's: the contents that hold are
 * merged field by field.)
 */
type Made = EventOf<'payment.confirmed' | 'payment.settled'>;
const isMade = (event: AcceptedEvent): event is Made =>
  event.type === 'payment.confirmed' || event.type === 'payment.settled';

function paidKey({ data: { invoice_id, order_id, customer_id } }: Made, known: Known): string[] {
  if (invoice_id !== undefined) return [`invoice:${invoice_id}`];
  if (order_id !== undefined) return [`bills-order:${order_id}`];
  if (customer_id === undefined) return [];
  const owed = known.unsealedOf(customer_id)?.map((id) => `invoice:${id}`) ?? [`${OWES}${customer_id}`];
  return [...owed, onlyCustomerKey(customer_id)];
}

const namesNoInvoice = (event: AcceptedEvent): boolean => !isMade(event) || event.data.invoice_id === undefined;

/** What is known of the receivables before the batch. Whatever is not known costs time and never truth. */
export interface Known {
  /** Whether an invoice was full without the payments that name but its customer: these then pass it by. */
  isSealed(invoiceId: string): boolean;
  /** All invoices of the customer that are not; null: not known. */
  unsealedOf(customerId: string): readonly string[] | null;
  /** The last instalment that such payments of the customer changed; null: not known, or some of the money found no room. */
  reachedOf(customerId: string): Place | null;
}

/** Whether money that names but the customer came to an end before it reached the invoice. */
function isBeyond({ customer_id, invoice_id, installments }: EventData<'invoice.issued'>, known: Known): boolean {
  const reached = known.reachedOf(customer_id);
  return (
    reached !== null &&
    installments.every(({ due_date, number }) => comparePlaces({ due_date, invoice_id, number }, reached) > 0)
  );
}

/** What an event makes necessary: the rest of its payment or invoice, and what shares money with it. */
function tiedKeys(event: AcceptedEvent, known: Known): string[] {
  switch (event.type) {
    case 'payment.confirmed':
    case 'payment.settled':
      return [`payment:${event.data.payment_id}`, ...paidKey(event, known)];
    case 'payment.allocated':
      return [
        `payment:${event.data.payment_id}`,
        ...event.data.allocations.map(({ invoice_id }) => `invoice:${invoice_id}`)
      ];
    case 'payment.reversed':
    case 'payment.reinstated':
      return subjectKeys(event);
    case 'invoice.issued': {
      const { invoice_id, customer_id, order_id, replaces } = event.data;
      return [
        `invoice:${invoice_id}`,
        `pays-invoice:${invoice_id}`,
        ...(isBeyond(event.data, known) ? [] : [onlyCustomerKey(customer_id)]),
        `replaces:${invoice_id}`,
        ...(order_id === undefined ? [] : [`pays-order:${order_id}`]),
        ...(replaces ?? []).map((old) => `invoice:${old.invoice_id}`)
      ];
    }
    case 'invoice.credited':
    case 'invoice.cancelled':
    case 'invoice.written_off':
      return [`invoice:${event.data.invoice_id}`];
    default:
      return [];
  }
}

export interface Closure {
  /** history and batch together; empty: the batch changes no instalment */
  readonly events: readonly AcceptedEvent[];
  /** with all the money that names but them, and all that they owe but for what is sealed */
  readonly customers: readonly string[];
  /** of these, whose invoices were read anew */
  readonly readAnew: readonly string[];
}

/**
 * Left out is what cannot change, though it shares a customer with what does: sealed invoices that the batch does not name, by
 * themselves, a payment or their order; and of an invoice beyond the reach of money that names but its customer, that money. Whatever
 * moves that reach names such a payment or an instalment within it, and so brings in the whole customer.
 * @returns the events that decide every instalment the batch can change
 */
export async function receivablesClosure(
  subjects: Subjects,
  batch: readonly AcceptedEvent[],
  known: Known
): Promise<Result<Closure, ClickHouseFailure>> {
  const isUnsealed = (event: AcceptedEvent): boolean =>
    event.type !== 'invoice.issued' || !known.isSealed(event.data.invoice_id);
  const choose: Choose = (key) => {
    if (key.startsWith('pays-order:')) return namesNoInvoice;
    return key.startsWith(OWES) ? isUnsealed : null;
  };
  const next = (event: AcceptedEvent): string[] => tiedKeys(event, known);
  const followed = await follow(subjects, batch.flatMap(next), next, choose);
  if (!followed.ok) return followed;
  const events = [...followed.value.events.values()];
  const keys = [...followed.value.keys];
  const customers = keys.map(customerOfKey).filter((customer) => customer !== null);
  const readAnew = keys.filter((key) => key.startsWith(OWES)).map((key) => key.slice(OWES.length));
  return ok({ events: events.some((event) => event.type === 'invoice.issued') ? events : [], customers, readAnew });
}
