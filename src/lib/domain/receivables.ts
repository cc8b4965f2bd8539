/**
 * Receivables per instalment with the allocation of payments in four passes (domain.md section 3).
 * Pure: a function of the set of events; used live on one closure of customers, for the past on everything that had happened.
 */
import { compareBytes, compareEvents, type AcceptedEvent, type EventOf } from '#lib/contracts/events/registry.ts';
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
export interface Receivables {
  readonly instalments: readonly Instalment[];
  readonly allocations: readonly Allocation[];
  readonly unapplied: readonly Unapplied[];
  /** invoices that were full before any payment that names but the customer: only what names them or their order can change them */
  readonly sealed: ReadonlySet<string>;
}

type Issued = EventOf<'invoice.issued'>;
interface Room {
  readonly invoice: Issued;
  readonly issued_time: number;
  readonly number: number;
  readonly due_date: string;
  readonly billed: number;
  credited: number;
  paid: number;
  /** what it may still take */
  left: number;
}
/** A payment, or one told part of it, with what it names. */
interface Part {
  readonly payment: Payment;
  readonly amount: number;
  readonly invoice_id: string | undefined;
  readonly number: number | undefined;
  readonly order_id: string | undefined;
  readonly customer_id: string | undefined;
}

// dates are ASCII: the native order is that of their bytes
const compareRooms = (a: Room, b: Room): number => {
  if (a.due_date !== b.due_date) return a.due_date < b.due_date ? -1 : 1;
  return compareBytes(a.invoice.data.invoice_id, b.invoice.data.invoice_id) || a.number - b.number;
};

/** The instalments in the order in which money fills them: (due date, invoice_id, number). */
function roomsOf(issued: readonly Issued[]): Room[] {
  const rooms = [...groupBy(issued, (event) => event.data.invoice_id).values()].flatMap((group) => {
    const { event, exists_from } = pickContent(group);
    return event.data.installments.map(({ number, due_date, amount_minor }): Room => ({
      invoice: event,
      issued_time: exists_from,
      number,
      due_date,
      billed: amount_minor,
      credited: 0,
      paid: 0,
      left: amount_minor
    }));
  });
  return rooms.toSorted(compareRooms);
}

/** Credits work like passes 1 and 2: what names an instalment that exists, to it; the rest over the invoice, oldest due first. */
function credit(rooms: readonly Room[], credits: readonly EventOf<'invoice.credited'>[]): void {
  const byInvoice = groupBy(rooms, (room) => room.invoice.data.invoice_id);
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

/** A payment that was told its parts goes by them, in their order and up to its principal; else by its links. */
function partsOf(payment: Payment): Part[] {
  if (!payment.allocated) {
    const { invoice_id, installment, order_id, customer_id } = payment;
    return [{ payment, amount: payment.principal_minor, invoice_id, number: installment, order_id, customer_id }];
  }
  let rest = payment.principal_minor;
  return payment.allocated.data.allocations.map(({ invoice_id, installment, amount_minor }) => {
    const amount = Math.min(rest, amount_minor);
    rest -= amount;
    return { payment, amount, invoice_id, number: installment, order_id: undefined, customer_id: undefined };
  });
}

interface Allocated {
  readonly taken: ReadonlyMap<Room, ReadonlyMap<Payment, number>>;
  readonly sealed: ReadonlySet<string>;
}

/** The invoices with no room left. */
const fullOf = (byInvoice: ReadonlyMap<string, readonly Room[]>): Set<string> =>
  new Set([...byInvoice].filter(([, rooms]) => rooms.every(({ left }) => left === 0)).map(([id]) => id));

function allocate(rooms: readonly Room[], paid: Iterable<Payment>): Allocated {
  const byInvoice = groupBy(rooms, (room) => room.invoice.data.invoice_id);
  const byOrder = groupBy(rooms, (room) => room.invoice.data.order_id);
  const byCustomer = groupBy(rooms, (room) => room.invoice.data.customer_id);
  const passes: { readonly part: Part; readonly rooms: readonly Room[] }[][] = [[], [], [], []];
  const ordered = [...paid].toSorted(
    (a, b) => a.exists_from - b.exists_from || compareBytes(a.payment_id, b.payment_id)
  );
  for (const part of ordered.flatMap(partsOf)) {
    const own = part.invoice_id === undefined ? [] : (byInvoice.get(part.invoice_id) ?? []);
    const named = own.find((room) => part.number !== undefined && room.number === part.number);
    if (named) passes[0]?.push({ part, rooms: [named] });
    else if (part.invoice_id !== undefined) passes[1]?.push({ part, rooms: own });
    else if (part.order_id !== undefined) passes[2]?.push({ part, rooms: byOrder.get(part.order_id) ?? [] });
    else if (part.customer_id !== undefined) passes[3]?.push({ part, rooms: byCustomer.get(part.customer_id) ?? [] });
  }
  const taken = new Map<Room, Map<Payment, number>>();
  let sealed: ReadonlySet<string> = new Set();
  // rooms of one key are filled front to back: where the last payment of the key stopped, the next goes on
  for (const [number, pass] of passes.entries()) {
    if (number === 3) sealed = fullOf(byInvoice);
    const start = new Map<readonly Room[], Map<string, number>>();
    for (const { part, rooms: candidates } of pass) {
      const { currency } = part.payment;
      const starts = start.get(candidates) ?? new Map<string, number>();
      start.set(candidates, starts);
      let rest = part.amount;
      let index = starts.get(currency) ?? 0;
      for (; index < candidates.length && rest > 0; index++) {
        const room = candidates[index];
        if (!room || room.invoice.data.currency !== currency || room.left === 0) continue;
        const amount = Math.min(room.left, rest);
        room.left -= amount;
        room.paid += amount;
        rest -= amount;
        const payers = taken.get(room) ?? new Map<Payment, number>();
        taken.set(room, payers.set(part.payment, (payers.get(part.payment) ?? 0) + amount));
        if (room.left > 0) break;
      }
      starts.set(currency, index);
    }
  }
  return { taken, sealed };
}

/** Which instalments a live agreement replaces: `invoice_id` alone, or with a number. */
function replacedBy(rooms: readonly Room[], cancelled: ReadonlySet<string>): (room: Room) => boolean {
  const replaced = new Set<string>();
  for (const { invoice } of rooms) {
    if ((invoice.data.kind ?? 'sale') !== 'agreement' || cancelled.has(invoice.data.invoice_id)) continue;
    for (const old of invoice.data.replaces ?? [])
      replaced.add(JSON.stringify([old.invoice_id, old.installment ?? null]));
  }
  return ({ invoice, number }) =>
    replaced.has(JSON.stringify([invoice.data.invoice_id, null])) ||
    replaced.has(JSON.stringify([invoice.data.invoice_id, number]));
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
  return [...taken].flatMap(([{ invoice, number, due_date }, payers]) =>
    [...payers].map(([{ payment_id, exists_from, currency }, amount_minor]) => {
      const { invoice_id, customer_id } = invoice.data;
      return { payment_id, exists_from, currency, customer_id, invoice_id, number, due_date, amount_minor };
    })
  );
}

function instalmentOf(room: Room, state: InstalmentState): Instalment {
  const { invoice_id, customer_id, order_id, currency, kind } = room.invoice.data;
  return {
    invoice_id,
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
  const idsOf = (type: 'invoice.cancelled' | 'invoice.written_off'): Set<string> =>
    new Set(all.flatMap((event) => (event.type === type ? [event.data.invoice_id] : [])));
  const cancelled = idsOf('invoice.cancelled');
  const writtenOff = idsOf('invoice.written_off');
  const isReplaced = replacedBy(rooms, cancelled);
  credit(rooms, all.filter((event) => event.type === 'invoice.credited').toSorted(compareEvents));
  for (const room of rooms) if (cancelled.has(room.invoice.data.invoice_id)) room.left = 0;

  const paid = [...payments(all).values()];
  const { taken, sealed } = allocate(rooms, paid);
  const allocations = allocationsOf(taken);
  const billed = new Set(rooms.map(({ invoice }) => invoice.data.order_id));
  const stateOf = (room: Room): InstalmentState => {
    const { invoice_id } = room.invoice.data;
    if (cancelled.has(invoice_id)) return 'cancelled';
    if (writtenOff.has(invoice_id)) return 'written_off';
    return isReplaced(room) ? 'replaced' : 'open';
  };
  const instalments = rooms.map((room) => instalmentOf(room, stateOf(room)));
  return { instalments, allocations, unapplied: unappliedOf(paid, allocations, billed), sealed };
}
