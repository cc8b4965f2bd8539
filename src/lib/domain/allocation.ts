/** How payments fill instalments, in four passes (domain.md section 3): an instalment, an invoice, an order, a customer. Pure. */
import { compareBytes, type EventOf } from '#lib/contracts/events/registry.ts';
import { groupBy, type Payment } from './payments.ts';

/** An instalment's place in the order in which money fills them. */
export interface Place {
  readonly due_date: string;
  readonly invoice_id: string;
  readonly number: number;
}

export type Issued = EventOf<'invoice.issued'>;
export interface Room extends Place {
  readonly invoice: Issued;
  readonly issued_time: number;
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

/** The order in which money fills instalments. */
export const comparePlaces = (a: Place, b: Place): number => {
  // dates are ASCII: the native order is that of their bytes
  if (a.due_date !== b.due_date) return a.due_date < b.due_date ? -1 : 1;
  return compareBytes(a.invoice_id, b.invoice_id) || a.number - b.number;
};

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

export interface Allocated {
  readonly taken: ReadonlyMap<Room, ReadonlyMap<Payment, number>>;
  /** invoices that were full before any payment that names but the customer: only what names them or their order can change them */
  readonly sealed: ReadonlySet<string>;
  /**
   * By customer, how far the payments that name but the customer came: the last instalment that took of them, none behind it is changed
   * by them; null: some found no room, any new instalment takes it. A customer without such money is missing.
   */
  readonly reached: ReadonlyMap<string, Place | null>;
}

/** The invoices with no room left. */
const fullOf = (byInvoice: ReadonlyMap<string, readonly Room[]>): Set<string> =>
  new Set([...byInvoice].filter(([, rooms]) => rooms.every(({ left }) => left === 0)).map(([id]) => id));

/** The last pass: money that names but its customer. */
const BY_CUSTOMER = 3;

/** @param rooms in the order of comparePlaces; what each may take is changed */
export function allocate(rooms: readonly Room[], paid: Iterable<Payment>): Allocated {
  const byInvoice = groupBy(rooms, (room) => room.invoice_id);
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
  const reached = new Map<string, Place | null>();
  const reach = ({ customer_id }: Part, last: Room | null, rest: number): void => {
    if (customer_id === undefined) return;
    const before = reached.get(customer_id);
    if (rest > 0) reached.set(customer_id, null);
    // one currency may have come further than another
    else if (last && (before === undefined || (before && comparePlaces(before, last) < 0)))
      reached.set(customer_id, last);
  };
  // rooms of one key are filled front to back: where the last payment of the key stopped, the next goes on
  for (const [number, pass] of passes.entries()) {
    if (number === BY_CUSTOMER) sealed = fullOf(byInvoice);
    const start = new Map<readonly Room[], Map<string, number>>();
    for (const { part, rooms: candidates } of pass) {
      const { currency } = part.payment;
      const starts = start.get(candidates) ?? new Map<string, number>();
      start.set(candidates, starts);
      let rest = part.amount;
      let last: Room | null = null;
      let index = starts.get(currency) ?? 0;
      for (; index < candidates.length && rest > 0; index++) {
        const room = candidates[index];
        if (!room || room.invoice.data.currency !== currency || room.left === 0) continue;
        const amount = Math.min(room.left, rest);
        room.left -= amount;
        room.paid += amount;
        rest -= amount;
        last = room;
        const payers = taken.get(room) ?? new Map<Payment, number>();
        taken.set(room, payers.set(part.payment, (payers.get(part.payment) ?? 0) + amount));
        if (room.left > 0) break;
      }
      starts.set(currency, index);
      if (number === BY_CUSTOMER) reach(part, last, rest);
    }
  }
  return { taken, sealed, reached };
}
