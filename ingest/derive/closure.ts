/**
 * Which events one batch makes the receivables depend on. An instalment's open amount depends on its invoice, on the payments that name
 * the invoice, its order or its customer, and through orders and customers on further invoices: the closure is followed to its end.
 */
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { ok, type Result } from '#lib/contracts/result.ts';
import type { ClickHouseFailure } from '#sql/interface.server.ts';
import type { History } from './history.ts';
import { subjectKeys } from './keys.ts';

/** Reads subjects with what the running batch adds to them. */
export interface Subjects {
  /** distinct events of the keys, history and batch together */
  load(keys: Iterable<string>): Promise<Result<AcceptedEvent[], ClickHouseFailure>>;
}

export function createSubjects(
  history: History,
  batch: { readonly from: number; readonly events: readonly AcceptedEvent[] }
): Subjects {
  const added = new Map<string, AcceptedEvent[]>();
  for (const event of batch.events)
    for (const key of subjectKeys(event)) {
      const list = added.get(key);
      if (list) list.push(event);
      else added.set(key, [event]);
    }
  return {
    async load(keys) {
      const wanted = [...new Set(keys)];
      const past = await history.load(wanted, batch.from);
      if (!past.ok) return past;
      const events: AcceptedEvent[] = [];
      for (const key of wanted) events.push(...(past.value.get(key) ?? []), ...(added.get(key) ?? []));
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
  next: (event: AcceptedEvent) => readonly string[]
): Promise<Result<Map<number, AcceptedEvent>, ClickHouseFailure>> {
  const events = new Map<number, AcceptedEvent>();
  const known = new Set<string>(start);
  let frontier = [...known];
  while (frontier.length > 0) {
    const loaded = await subjects.load(frontier);
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

const tiesPayments = (key: string): boolean => key.startsWith('payment:') || key.startsWith('movement:');

/** Everything that ties an invoice to others. */
function invoiceKeys(event: AcceptedEvent): string[] {
  if (event.type !== 'invoice.issued') return [];
  const { invoice_id, customer_id, order_id, replaces } = event.data;
  return [
    ...subjectKeys(event),
    `pays-invoice:${invoice_id}`,
    `pays-customer:${customer_id}`,
    `replaces:${invoice_id}`,
    ...(order_id === undefined ? [] : [`pays-order:${order_id}`]),
    ...(replaces ?? []).map((old) => `invoice:${old.invoice_id}`)
  ];
}

/** What a payment touched by the batch names, or named before: the invoices it may have paid. */
function paidKeys(event: AcceptedEvent): string[] {
  if (event.type === 'payment.allocated')
    return event.data.allocations.flatMap(({ invoice_id }) => [`invoice:${invoice_id}`, `pays-invoice:${invoice_id}`]);
  if (event.type !== 'payment.confirmed' && event.type !== 'payment.settled') return [];
  const { invoice_id, order_id, customer_id } = event.data;
  return [
    ...(invoice_id === undefined ? [] : [`invoice:${invoice_id}`]),
    ...(order_id === undefined ? [] : [`bills-order:${order_id}`]),
    ...(customer_id === undefined ? [] : [`owes:${customer_id}`])
  ];
}

const isPayment = (event: AcceptedEvent): boolean => event.type.startsWith('payment.');
const isInvoice = (event: AcceptedEvent): boolean => event.type.startsWith('invoice.');

/** @returns the events, history and batch together, that decide every instalment the batch can change; empty: none */
export async function receivablesClosure(
  subjects: Subjects,
  batch: readonly AcceptedEvent[]
): Promise<Result<AcceptedEvent[], ClickHouseFailure>> {
  const touched = await follow(
    subjects,
    batch.filter(isPayment).flatMap((event) => subjectKeys(event).filter(tiesPayments)),
    (event) => subjectKeys(event).filter(tiesPayments)
  );
  if (!touched.ok) return touched;
  const start = [...batch.filter(isInvoice).flatMap(subjectKeys), ...[...touched.value.values()].flatMap(paidKeys)];
  const closure = await follow(subjects, start, (event) =>
    isPayment(event)
      ? subjectKeys(event).filter(tiesPayments)
      : isInvoice(event)
        ? [...subjectKeys(event), ...invoiceKeys(event)]
        : []
  );
  if (!closure.ok) return closure;
  const events = [...closure.value.values()];
  return ok(events.some((event) => event.type === 'invoice.issued') ? events : []);
}
