/** Receivables per instalment, and which payment paid what: the four passes of domain.md section 3. Minor units. */
import { compareBytes, type AcceptedEvent, type EventOf } from '#lib/contracts/events/registry.ts';
import { entities, ofType } from './happened.ts';
import { payments, type OraclePayment } from './payments.ts';

export interface OracleInstalment {
  readonly invoice_id: string;
  readonly number: number;
  readonly customer_id: string;
  readonly order_id: string | undefined;
  readonly currency: string;
  readonly kind: 'sale' | 'agreement';
  readonly due_date: string;
  /** when its invoice came to exist */
  readonly issued_time: number;
  readonly billed: number;
  credited: number;
  paid: number;
  state: 'open' | 'cancelled' | 'written_off' | 'replaced';
  /** asked for: 0 unless `state` is open */
  open: number;
}

interface OracleAllocation {
  readonly payment_id: string;
  readonly exists_from: number;
  readonly currency: string;
  readonly invoice_id: string;
  readonly number: number;
  readonly customer_id: string;
  readonly due_date: string;
  readonly amount: number;
}

export interface OracleReceivables {
  readonly instalments: readonly OracleInstalment[];
  /** one a (payment, instalment), summed over the payment's parts */
  readonly allocations: readonly OracleAllocation[];
  /** by payment_id: what found no room */
  readonly unapplied: ReadonlyMap<string, number>;
}

/** What is left to take: nothing of a cancelled invoice. */
const room = (instalment: OracleInstalment): number =>
  instalment.state === 'cancelled' ? 0 : instalment.billed - instalment.credited - instalment.paid;

function instalmentsOf(events: readonly AcceptedEvent[]): OracleInstalment[] {
  const found: OracleInstalment[] = [];
  for (const { content, exists_from } of entities(
    ofType(events, 'invoice.issued'),
    ({ data }) => data.invoice_id
  ).values()) {
    const { invoice_id, customer_id, order_id, currency, kind, installments } = content.data;
    for (const { number, due_date, amount_minor } of installments)
      found.push({
        invoice_id,
        number,
        customer_id,
        order_id,
        currency,
        due_date,
        kind: kind ?? 'sale',
        issued_time: exists_from,
        billed: amount_minor,
        credited: 0,
        paid: 0,
        state: 'open',
        open: 0
      });
  }
  return found.sort(
    (a, b) => compareBytes(a.due_date, b.due_date) || compareBytes(a.invoice_id, b.invoice_id) || a.number - b.number
  );
}

/** Invoices whose content stands under an end: one for good, or one of the content's revision or a higher. */
function cancelledInvoices(events: readonly AcceptedEvent[]): Set<string> {
  const contents = entities(ofType(events, 'invoice.issued'), ({ data }) => data.invoice_id);
  const cancelled = new Set<string>();
  for (const { data } of ofType(events, 'invoice.cancelled')) {
    const revision = contents.get(data.invoice_id)?.content.data.revision ?? 0;
    if (data.revision === undefined || data.revision >= revision) cancelled.add(data.invoice_id);
  }
  return cancelled;
}

/** Cancelled before written off before replaced: a cancelled invoice takes nothing, the others still take money. */
function setStates(events: readonly AcceptedEvent[], instalments: readonly OracleInstalment[]): void {
  const cancelled = cancelledInvoices(events);
  const writtenOff = new Set(ofType(events, 'invoice.written_off').map(({ data }) => data.invoice_id));
  const replaced = new Set<string>();
  for (const { content } of entities(ofType(events, 'invoice.issued'), ({ data }) => data.invoice_id).values()) {
    const { invoice_id, kind, replaces } = content.data;
    if (kind !== 'agreement' || cancelled.has(invoice_id)) continue;
    for (const old of replaces ?? []) replaced.add(JSON.stringify([old.invoice_id, old.installment ?? 'all']));
  }
  for (const instalment of instalments) {
    const { invoice_id, number } = instalment;
    if (cancelled.has(invoice_id)) instalment.state = 'cancelled';
    else if (writtenOff.has(invoice_id)) instalment.state = 'written_off';
    else if (replaced.has(JSON.stringify([invoice_id, 'all'])) || replaced.has(JSON.stringify([invoice_id, number])))
      instalment.state = 'replaced';
  }
}

type Credit = EventOf<'invoice.credited'>;

/** First the credits that name an instalment that exists, then the others, oldest due first. The rest is lost. */
function credit(credits: readonly Credit[], byInvoice: ReadonlyMap<string, OracleInstalment[]>): void {
  const ofInvoice = ({ data }: Credit): OracleInstalment[] =>
    (byInvoice.get(data.invoice_id) ?? []).filter(({ currency }) => currency === data.currency);
  const named = (event: Credit): OracleInstalment[] =>
    ofInvoice(event).filter(({ number }) => number === event.data.installment);
  const take = (event: Credit, targets: readonly OracleInstalment[]): void => {
    let rest = event.data.amount_minor;
    for (const instalment of targets) {
      const taken = Math.min(rest, instalment.billed - instalment.credited);
      instalment.credited += taken;
      rest -= taken;
    }
  };
  for (const event of credits) if (named(event).length > 0) take(event, named(event));
  for (const event of credits) if (named(event).length === 0) take(event, ofInvoice(event));
}

/** A payment, or one part of it that was told: how much, in which pass, and to which instalments in order. */
interface Demand {
  readonly payment: OraclePayment;
  readonly amount: number;
  readonly pass: 1 | 2 | 3 | 4 | 'none';
  readonly targets: readonly OracleInstalment[];
}

interface Keyed {
  readonly byInvoice: ReadonlyMap<string, OracleInstalment[]>;
  readonly byOrder: ReadonlyMap<string | undefined, OracleInstalment[]>;
  readonly byCustomer: ReadonlyMap<string, OracleInstalment[]>;
}

function toInvoice(
  payment: OraclePayment,
  amount: number,
  invoiceId: string,
  number: number | undefined,
  keyed: Keyed
): Demand {
  const all = keyed.byInvoice.get(invoiceId) ?? [];
  const named = all.filter((instalment) => instalment.number === number);
  return named.length > 0 ? { payment, amount, pass: 1, targets: named } : { payment, amount, pass: 2, targets: all };
}

function demandsOf(payment: OraclePayment, keyed: Keyed): Demand[] {
  const { told, principal, invoice_id, installment, order_id, customer_id } = payment;
  if (told !== undefined) {
    let rest = principal;
    return told.map((part) => {
      const amount = Math.min(rest, part.amount_minor);
      rest -= amount;
      return toInvoice(payment, amount, part.invoice_id, part.installment, keyed);
    });
  }
  if (invoice_id !== undefined) return [toInvoice(payment, principal, invoice_id, installment, keyed)];
  if (order_id !== undefined)
    return [{ payment, amount: principal, pass: 3, targets: keyed.byOrder.get(order_id) ?? [] }];
  if (customer_id !== undefined)
    return [{ payment, amount: principal, pass: 4, targets: keyed.byCustomer.get(customer_id) ?? [] }];
  return [{ payment, amount: principal, pass: 'none', targets: [] }];
}

/** Every instalment at the moment, who paid it, and what found no room. @param events in order */
export function receivables(events: readonly AcceptedEvent[]): OracleReceivables {
  const instalments = instalmentsOf(events);
  setStates(events, instalments);
  const keyed: Keyed = {
    byInvoice: Map.groupBy(instalments, ({ invoice_id }) => invoice_id),
    byOrder: Map.groupBy(instalments, ({ order_id }) => order_id),
    byCustomer: Map.groupBy(instalments, ({ customer_id }) => customer_id)
  };
  credit(ofType(events, 'invoice.credited'), keyed.byInvoice);

  const inOrder = [...payments(events).values()].sort(
    (a, b) => a.exists_from - b.exists_from || compareBytes(a.payment_id, b.payment_id)
  );
  const demands = inOrder.flatMap((payment) => demandsOf(payment, keyed));
  const allocations = new Map<string, OracleAllocation>();
  for (const pass of [1, 2, 3, 4]) for (const demand of demands) if (demand.pass === pass) pay(demand, allocations);
  for (const instalment of instalments) instalment.open = instalment.state === 'open' ? room(instalment) : 0;
  return { instalments, allocations: [...allocations.values()], unapplied: unappliedOf(inOrder, keyed, allocations) };
}

/** Of a payment's principal what paid nothing; of an order without invoices, and of money that names nobody: nothing. */
function unappliedOf(
  paid: readonly OraclePayment[],
  keyed: Keyed,
  allocations: ReadonlyMap<string, OracleAllocation>
): Map<string, number> {
  const unapplied = new Map<string, number>();
  for (const payment of paid) {
    const { told, invoice_id, order_id, customer_id, payment_id } = payment;
    const isDebtors =
      told !== undefined ||
      invoice_id !== undefined ||
      (order_id !== undefined ? keyed.byOrder.has(order_id) : customer_id !== undefined);
    if (isDebtors && payment.principal > 0) unapplied.set(payment_id, payment.principal);
  }
  for (const { payment_id, amount } of allocations.values())
    unapplied.set(payment_id, (unapplied.get(payment_id) ?? 0) - amount);
  return new Map([...unapplied].filter(([, amount]) => amount > 0));
}

/** Pays the demand's instalments of its currency one after the other. */
function pay({ payment, amount, targets }: Demand, allocations: Map<string, OracleAllocation>): void {
  let rest = amount;
  for (const instalment of targets) {
    if (instalment.currency !== payment.currency) continue;
    const taken = Math.min(rest, room(instalment));
    if (taken <= 0) continue;
    instalment.paid += taken;
    rest -= taken;
    const { payment_id, exists_from, currency } = payment;
    const { invoice_id, number, customer_id, due_date } = instalment;
    const key = JSON.stringify([payment_id, invoice_id, number]);
    const before = allocations.get(key)?.amount ?? 0;
    allocations.set(key, {
      payment_id,
      exists_from,
      currency,
      invoice_id,
      number,
      customer_id,
      due_date,
      amount: before + taken
    });
  }
}
