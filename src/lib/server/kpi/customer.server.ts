/** One customer: debts, what paid them, habits, promises and everything that happened. */
import { compareEvents, type AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { fail, ok, type Result } from '#lib/contracts/result.ts';
import { bucketOf } from '#lib/domain/ageing.ts';
import { addDays, daysBetween } from '#lib/domain/calendar.ts';
import { groupBy, payments, pickContent, type Payment } from '#lib/domain/payments.ts';
import { receivables, type Instalment, type Receivables } from '#lib/domain/receivables.ts';
import type { AskFailure, CustomerInstalment, CustomerView } from '#lib/server/services.server.ts';
import { unavailable, type AskContext } from './asking.server.ts';
import { customerEvents } from './closure.server.ts';
import { timelineOf } from './customer-timeline.server.ts';
import { toRfc3339, type BusinessTime } from './moment.server.ts';
import { END_OF_TIME_MS } from './queries/question.server.ts';

const HABIT_DAYS = 365;

interface Debts extends Receivables {
  readonly paid: ReadonlyMap<string, Payment>;
}

const methodOf = (payment: Payment | undefined): string =>
  payment?.settled[0]?.event.data.method ?? payment?.confirmed?.event.data.method ?? 'other';

function stateOf(instalment: Instalment, isOverdue: boolean): CustomerInstalment['state'] {
  if (instalment.state !== 'open') return instalment.state;
  if (instalment.open_minor === 0) return 'paid';
  return isOverdue ? 'overdue' : 'open';
}

function toInstalment(instalment: Instalment, debts: Debts, time: BusinessTime, today: string): CustomerInstalment {
  const effective = time.calendar.effectiveDueDate(instalment.due_date);
  const { bucket, daysOverdue } = bucketOf({ dueDate: instalment.due_date, effectiveDueDate: effective, today });
  return {
    invoice_id: instalment.invoice_id,
    installment: instalment.number,
    currency: instalment.currency,
    due_date: instalment.due_date,
    effective_due_date: effective,
    billed_minor: instalment.billed_minor,
    credited_minor: instalment.credited_minor,
    paid_minor: instalment.paid_minor,
    open_minor: instalment.open_minor,
    days_overdue: instalment.open_minor > 0 ? daysOverdue : 0,
    state: stateOf(instalment, bucket !== 'not_due'),
    paid_by: debts.allocations
      .filter((part) => part.invoice_id === instalment.invoice_id && part.number === instalment.number)
      .map((part) => ({
        payment_id: part.payment_id,
        amount_minor: part.amount_minor,
        time: toRfc3339(part.exists_from),
        method: methodOf(debts.paid.get(part.payment_id))
      }))
  };
}

/** Mean days late of instalments fully paid within the last 12 months; on time (weekends and holidays given) is 0. */
function averageDaysLate(instalments: readonly CustomerInstalment[], time: BusinessTime, today: string): number | null {
  const late = instalments.flatMap((instalment) => {
    if (instalment.state !== 'paid' || instalment.paid_by.length === 0) return [];
    const paidOn = time.zone.dateOf(Math.max(...instalment.paid_by.map((part) => Date.parse(part.time))));
    if (paidOn < addDays(today, -HABIT_DAYS)) return [];
    return [paidOn <= instalment.effective_due_date ? 0 : daysBetween(instalment.due_date, paidOn)];
  });
  return late.length === 0 ? null : late.reduce((sum, days) => sum + days, 0) / late.length;
}

function nextPromise(events: readonly AcceptedEvent[], today: string, currency: string): CustomerView['next_promise'] {
  const made = events.filter((event) => event.type === 'promise.made');
  const cancelled = new Set(
    events.filter((event) => event.type === 'promise.cancelled').map((event) => event.data.promise_id)
  );
  const open = [...groupBy(made, (event) => event.data.promise_id).values()]
    .map((group) => pickContent(group).event.data)
    .filter((data) => !cancelled.has(data.promise_id) && data.due_date >= today && data.currency === currency)
    .sort((a, b) => (a.due_date < b.due_date ? -1 : 1));
  const [first] = open;
  return first ? { due_date: first.due_date, amount_minor: first.amount_minor } : null;
}

/** Field by field, the last in order that carries it. */
function profileOf(
  events: readonly AcceptedEvent[],
  customerId: string
): Pick<CustomerView, 'name' | 'tax_id' | 'state'> {
  const told = events
    .filter((event) => event.type === 'customer.updated')
    .filter((event) => event.data.customer_id === customerId)
    .toSorted(compareEvents);
  const last = (field: 'name' | 'tax_id' | 'state'): string | null =>
    told.findLast(({ data }) => data[field] !== undefined)?.data[field] ?? null;
  return { name: last('name'), tax_id: last('tax_id'), state: last('state') };
}

function lastPayment(paid: Iterable<Payment>): CustomerView['last_payment'] {
  const latest = [...paid].sort((a, b) => b.exists_from - a.exists_from)[0];
  return latest ? { time: toRfc3339(latest.exists_from), amount_minor: latest.gross_minor } : null;
}

/** @param asOf epoch ms; left out: live */
export async function viewCustomer(
  { reader, time, currency, now }: AskContext,
  customerId: string,
  asOf: number | undefined
): Promise<Result<CustomerView, AskFailure>> {
  const found = await customerEvents(reader, customerId, asOf ?? END_OF_TIME_MS);
  if (!found.ok) return unavailable(found.failure);
  const events = found.value;
  if (events.length === 0) return fail({ kind: 'not_found', retryable: false });
  const { date } = time.at(asOf ?? now());
  const debts: Debts = { ...receivables(events), paid: payments(events) };
  const own = debts.instalments.filter((instalment) => instalment.customer_id === customerId);
  const instalments = own
    .map((instalment) => toInstalment(instalment, debts, time, date))
    .sort((a, b) => (a.due_date < b.due_date ? 1 : -1));
  const inCurrency = instalments.filter((instalment) => instalment.currency === currency);
  const overdue = inCurrency.filter((instalment) => instalment.state === 'overdue');
  const payers = new Set(
    debts.allocations.filter((part) => part.customer_id === customerId).map((part) => part.payment_id)
  );
  const theirs = [...debts.paid.values()].filter(
    (payment) => payment.customer_id === customerId || payers.has(payment.payment_id)
  );
  return ok({
    customer_id: customerId,
    ...profileOf(events, customerId),
    currency,
    open_minor: inCurrency.reduce((sum, instalment) => sum + instalment.open_minor, 0),
    overdue_minor: overdue.reduce((sum, instalment) => sum + instalment.open_minor, 0),
    unapplied_minor: debts.unapplied
      .filter((rest) => rest.customer_id === customerId && rest.currency === currency)
      .reduce((sum, rest) => sum + rest.amount_minor, 0),
    oldest_overdue_days: Math.max(0, ...overdue.map((instalment) => instalment.days_overdue)),
    average_days_late: averageDaysLate(instalments, time, date),
    last_payment: lastPayment(theirs.filter((payment) => payment.currency === currency)),
    next_promise: nextPromise(
      events.filter((event) => isAbout(event, customerId)),
      date,
      currency
    ),
    instalments,
    timeline: timelineOf(events, {
      customerId,
      invoices: new Set(own.map((instalment) => instalment.invoice_id)),
      payments: new Set(theirs.map((payment) => payment.payment_id))
    })
  });
}

/** Promises of others come in with debts that hang together. */
const isAbout = (event: AcceptedEvent, customerId: string): boolean =>
  !('customer_id' in event.data) || event.data.customer_id === customerId;
