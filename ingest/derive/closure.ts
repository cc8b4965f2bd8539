/**
 * Which events one batch makes the receivables depend on. An instalment's open amount depends on its invoice, on the payments that name
 * the invoice, its order or its customer, and through orders and customers on further invoices: the closure is followed to its end.
 */
import type { AcceptedEvent, EventOf } from '#lib/contracts/events/registry.ts';
import { ok, type Result } from '#lib/contracts/result.ts';
import type { ClickHouseFailure } from '#sql/interface.server.ts';
import type { History } from './history.ts';
import { historyKeys, onlyCustomerKey, subjectKeys } from './keys.ts';

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

/**
 * Follows keys until no new one appears.
 * @param start first keys
 * @param next keys that an event makes necessary
 * @returns distinct events by journal position
 */
export async function follow(
  subjects: Subjects,
  start: Iterable<string>,
  next: (event: AcceptedEvent) => readonly string[],
  choose?: Choose
): Promise<Result<Map<number, AcceptedEvent>, ClickHouseFailure>> {
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
  return ok(events);
}

/**
 * Of what a payment names only the narrowest counts: an invoice, else an order, else a customer. Nearly every payment names its invoice
 * and its customer; were the customer followed too, each payment would bring in all that its customer ever bought.
 * (An event that names no invoice is the only one that can make its payment an order's or a customer's: the contents that hold are
 * merged field by field.)
 */
type Made = EventOf<'payment.confirmed' | 'payment.settled'>;
const isMade = (event: AcceptedEvent): event is Made =>
  event.type === 'payment.confirmed' || event.type === 'payment.settled';

function paidKey({ data: { invoice_id, order_id, customer_id } }: Made): string[] {
  if (invoice_id !== undefined) return [`invoice:${invoice_id}`];
  if (order_id !== undefined) return [`bills-order:${order_id}`];
  return customer_id === undefined ? [] : [`owes:${customer_id}`];
}

const namesNoInvoice = (event: AcceptedEvent): boolean => !isMade(event) || event.data.invoice_id === undefined;

/** What an event makes necessary: the rest of its payment or invoice, and what shares money with it. */
function tiedKeys(event: AcceptedEvent): string[] {
  switch (event.type) {
    case 'payment.confirmed':
    case 'payment.settled':
      return [`payment:${event.data.payment_id}`, ...paidKey(event)];
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
        onlyCustomerKey(customer_id),
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

/**
 * @param isSealed whether an invoice, before the batch, was full without the payments that name but its customer: these then pass it by,
 *   and it is left out unless the batch names it, one of its payments or its order
 * @returns the events, history and batch together, that decide every instalment the batch can change; empty: none
 */
export async function receivablesClosure(
  subjects: Subjects,
  batch: readonly AcceptedEvent[],
  isSealed: (invoiceId: string) => boolean
): Promise<Result<AcceptedEvent[], ClickHouseFailure>> {
  const isUnsealed = (event: AcceptedEvent): boolean =>
    event.type !== 'invoice.issued' || !isSealed(event.data.invoice_id);
  const choose: Choose = (key) => {
    if (key.startsWith('pays-order:')) return namesNoInvoice;
    return key.startsWith('owes:') ? isUnsealed : null;
  };
  const closure = await follow(subjects, batch.flatMap(tiedKeys), tiedKeys, choose);
  if (!closure.ok) return closure;
  const events = [...closure.value.values()];
  return ok(events.some((event) => event.type === 'invoice.issued') ? events : []);
}
