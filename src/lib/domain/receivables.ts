/**
 * Receivables per instalment with the allocation of payments in four passes (domain.md section 3).
 * Pure: a function of the set of events; used live on one closure of customers, for the past on everything that had happened.
 */
import { compareEvents, type AcceptedEvent, type EventOf } from '#lib/contracts/events/registry.ts';
import { allocate, comparePlaces, type Allocated, type Issued, type Room } from './allocation.ts';
import { groupBy, payments, pickContent, type Payment } from './payments.ts';

export type InstalmentState = 'open' | 'cancelled' | 'written_off' | 'replaced';

export interface Instalment {
  readonly invoice_id: string;
  readonly number: number;
  readonly customer_id: string;
  readonly order_id: string | undefined;
  readonly currency: string;
  readonly kind: 'sale' | 'agreement';
  readonly due_date: string;
  /** the invoice exists from here, epoch ms */
  readonly issued_time: number;
  readonly billed_minor: number;
  /** what credits took off, never more than billed */
  readonly credited_minor: number;
  readonly paid_minor: number;
  /** what is still asked for: 0 once cancelled, written off or replaced */
  readonly open_minor: number;
  /** `open` also when nothing is left to pay */
  readonly state: InstalmentState;
}
export interface Allocation {
  readonly payment_id: string;
  readonly exists_from: number;
  readonly currency: string;
  readonly customer_id: string;
  readonly invoice_id: string;
  readonly number: number;
  readonly due_date: string;
  readonly amount_minor: number;
}
/** Money that found no room, by payment: the customer's credit. */
export interface Unapplied {
  readonly payment_id: string;
  readonly customer_id: string | undefined;
  readonly currency: string;
  readonly amount_minor: number;
}
export interface Receivables extends Pick<Allocated, 'sealed' | 'reached'> {
  readonly instalments: readonly Instalment[];
  readonly allocations: readonly Allocation[];
  readonly unapplied: readonly Unapplied[];
}

/** The instalments in the order in which money fills them: (due date, invoice_id, number). */
function roomsOf(issued: readonly Issued[]): Room[] {
  const rooms = [...groupBy(issued, (event) => event.data.invoice_id).values()].flatMap((group) => {
    const { event, exists_from } = pickContent(group);
    return event.data.installments.map(({ number, due_date, amount_minor }): Room => ({
      invoice: event,
      invoice_id: event.data.invoice_id,
      issued_time: exists_from,
      number,
      due_date,
      billed: amount_minor,
      credited: 0,
      paid: 0,
      left: amount_minor
    }));
  });
  return rooms.toSorted(comparePlaces);
}

/** Credits work like passes 1 and 2: what names an instalment that exists, to it; the rest over the invoice, oldest due first. */
function credit(rooms: readonly Room[], credits: readonly EventOf<'invoice.credited'>[]): void {
  const byInvoice = groupBy(rooms, (room) => room.invoice_id);
  const take = (room: Room, amount: number): number => {
    const taken = Math.min(room.left, amount);
    room.left -= taken;
    room.credited += taken;
    return amount - taken;
  };
  const vague: EventOf<'invoice.credited'>[] = [];
  for (const event of credits) {
    const own =
      byInvoice.get(event.data.invoice_id)?.filter((room) => room.invoice.data.currency === event.data.currency) ?? [];
    const named = own.find((room) => room.number === event.data.installment);
    if (named) take(named, event.data.amount_minor);
    else vague.push(event);
  }
  for (const event of vague) {
    let rest = event.data.amount_minor;
    for (const room of byInvoice.get(event.data.invoice_id) ?? [])
      if (room.invoice.data.currency === event.data.currency) rest = take(room, rest);
  }
}

/** Ends of invoices: for good, or up to a revision, so that a content of a higher one is asked for again. */
function endedBy(ends: Iterable<EventOf<'invoice.cancelled'>>): (invoice: Issued) => boolean {
  const lastEnded = new Map<string, number>();
  for (const { data } of ends)
    lastEnded.set(data.invoice_id, Math.max(lastEnded.get(data.invoice_id) ?? 0, data.revision ?? Infinity));
  return ({ data }) => (data.revision ?? 0) <= (lastEnded.get(data.invoice_id) ?? -1);
}

/** Which instalments a live agreement replaces: `invoice_id` alone, or with a number. */
function replacedBy(rooms: readonly Room[], isEnded: (invoice: Issued) => boolean): (room: Room) => boolean {
  const replaced = new Set<string>();
  for (const { invoice } of rooms) {
    if ((invoice.data.kind ?? 'sale') !== 'agreement' || isEnded(invoice)) continue;
    for (const old of invoice.data.replaces ?? [])
      replaced.add(JSON.stringify([old.invoice_id, old.installment ?? null]));
  }
  return ({ invoice_id, number }) =>
    replaced.has(JSON.stringify([invoice_id, null])) || replaced.has(JSON.stringify([invoice_id, number]));
}

/** Whether a debtor's money: an order that nobody billed owes nothing, and what names nobody is nobody's credit. */
const isDebtors = (payment: Payment, billed: ReadonlySet<string | undefined>): boolean => {
  if (payment.allocated !== null || payment.invoice_id !== undefined) return true;
  return payment.order_id === undefined ? payment.customer_id !== undefined : billed.has(payment.order_id);
};

/** Payments by what of their principal found no room. `billed`: the orders that have invoices. */
function unappliedOf(
  paid: readonly Payment[],
  allocations: readonly Allocation[],
  billed: ReadonlySet<string | undefined>
): Unapplied[] {
  const applied = new Map<string, number>();
  for (const { payment_id, amount_minor } of allocations)
    applied.set(payment_id, (applied.get(payment_id) ?? 0) + amount_minor);
  return paid
    .filter((payment) => isDebtors(payment, billed))
    .map(({ payment_id, customer_id, currency, principal_minor }) => ({
      payment_id,
      customer_id,
      currency,
      amount_minor: principal_minor - (applied.get(payment_id) ?? 0)
    }))
    .filter(({ amount_minor }) => amount_minor > 0);
}

function allocationsOf(taken: ReadonlyMap<Room, ReadonlyMap<Payment, number>>): Allocation[] {
  return [...taken].flatMap(([{ invoice, invoice_id, number, due_date }, payers]) =>
    [...payers].map(([{ payment_id, exists_from, currency }, amount_minor]) => {
      const { customer_id } = invoice.data;
      return { payment_id, exists_from, currency, customer_id, invoice_id, number, due_date, amount_minor };
    })
  );
}

function instalmentOf(room: Room, state: InstalmentState): Instalment {
  const { customer_id, order_id, currency, kind } = room.invoice.data;
  return {
    invoice_id: room.invoice_id,
    number: room.number,
    customer_id,
    order_id,
    currency,
    kind: kind ?? 'sale',
    due_date: room.due_date,
    issued_time: room.issued_time,
    billed_minor: room.billed,
    credited_minor: room.credited,
    paid_minor: room.paid,
    open_minor: state === 'open' ? room.left : 0,
    state
  };
}

/**
 * Every instalment of the invoices among `events`, who paid what, and what found no room. Amounts in minor units.
 * @param events all events of the invoices and payments concerned (others are passed over); complete per closure:
 *   customers, their invoices, the orders these bill, the payments that name any of them
 */
export function receivables(events: Iterable<AcceptedEvent>): Receivables {
  const all = [...events];
  const rooms = roomsOf(all.filter((event) => event.type === 'invoice.issued'));
  const isEnded = endedBy(all.filter((event) => event.type === 'invoice.cancelled'));
  const writtenOff = new Set(
    all.flatMap((event) => (event.type === 'invoice.written_off' ? [event.data.invoice_id] : []))
  );
  const isReplaced = replacedBy(rooms, isEnded);
  credit(rooms, all.filter((event) => event.type === 'invoice.credited').toSorted(compareEvents));
  for (const room of rooms) if (isEnded(room.invoice)) room.left = 0;

  const paid = [...payments(all).values()];
  const { taken, sealed, reached } = allocate(rooms, paid);
  const allocations = allocationsOf(taken);
  const billed = new Set(rooms.map(({ invoice }) => invoice.data.order_id));
  const stateOf = (room: Room): InstalmentState => {
    if (isEnded(room.invoice)) return 'cancelled';
    if (writtenOff.has(room.invoice_id)) return 'written_off';
    return isReplaced(room) ? 'replaced' : 'open';
  };
  const instalments = rooms.map((room) => instalmentOf(room, stateOf(room)));
  return { instalments, allocations, unapplied: unappliedOf(paid, allocations, billed), sealed, reached };
}
