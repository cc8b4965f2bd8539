/** Invoices of Stripe. */
import { z } from 'zod';
import type { SourceSettings } from '#lib/contracts/sources.ts';
import { SAO_PAULO, secondsToInstant } from './local-time.ts';
import { isNone, PlatformId, Whole } from './payload.ts';
import { told, type Told } from './platform.ts';
import { became, Currency, minorOf, paymentOf, Ref, unread, type Means, type StripeEvent } from './stripe-money.ts';

const Invoice = z.object({
  id: PlatformId,
  customer: Ref.nullish(),
  currency: Currency,
  amount_due: Whole,
  amount_paid: Whole.nullish(),
  /** what credit notes took off before anything was paid; amount_due is without it already */
  pre_payment_credit_notes_amount: Whole.nullish(),
  due_date: Whole.nullish(),
  created: Whole,
  number: z.string().max(200).nullish(),
  status: z.string().nullish(),
  charge: Ref.nullish(),
  payment_intent: Ref.nullish(),
  status_transitions: z.object({ finalized_at: Whole.nullish() }).nullish()
});
type Invoice = z.output<typeof Invoice>;

/**
 * Revisions of an invoice. What is known only from later events of how it was at first gives way to what invoice.finalized tells, and
 * that to the second it was changed in.
 */
const AT_FIRST = 0;
const FINALIZED = 1;

/** It exists from then. */
const finalizedAt = ({ status_transitions, created }: Invoice): number => status_transitions?.finalized_at ?? created;

/** @param time when it came to be as it is told; one charged at once is due on the day it was made final */
const issued = (invoice: Invoice, id: string, time: string, revision: number): Told =>
  told('invoice.issued', id, time, {
    invoice_id: invoice.id,
    customer_id: invoice.customer ?? '',
    currency: invoice.currency,
    installments: [
      {
        number: 1,
        due_date: SAO_PAULO.dateOf((invoice.due_date ?? finalizedAt(invoice)) * 1_000),
        amount_minor: minorOf(invoice.amount_due, invoice.currency)
      }
    ],
    document: invoice.number ?? undefined,
    revision
  });

/** The invoice as it is from now on. It is asked for since it was final, whether or not invoice.finalized came or will come. */
const asOfNow = (invoice: Invoice, { id, time, seconds }: StripeEvent): Told[] => [
  issued(invoice, id, time, seconds),
  // by the second first: of what is known the earliest is nearest to how it was
  issued(invoice, `${invoice.id}:at-first:${seconds}:${id}`, secondsToInstant(finalizedAt(invoice)), AT_FIRST)
];

const about =
  (means: (invoice: Invoice, event: StripeEvent, settings: SourceSettings) => ReturnType<Means>): Means =>
  (event, settings) => {
    const read = Invoice.safeParse(event.object);
    return read.success ? means(read.data, event, settings) : unread(read.error);
  };

const NOTHING_DUE = 'nothing is due';
export const invoiceIssued: Means = about((invoice, event) =>
  invoice.amount_due === 0
    ? became([], NOTHING_DUE)
    : became([issued(invoice, event.id, secondsToInstant(finalizedAt(invoice)), FINALIZED)])
);

/** From when it is final: a draft asks for nothing yet, a voided one never again. */
const STANDING: ReadonlySet<string> = new Set(['open', 'paid', 'uncollectible']);

/**
 * A due date moved, an amount corrected: the later event is the higher revision, from when it happened. A credit note over all of it,
 * before anything was paid, makes it `paid` with nothing due: it asks for nothing any more.
 */
export const invoiceUpdated: Means = about((invoice, event) => {
  if (!STANDING.has(invoice.status ?? '')) return became([], 'a draft, or no longer asked for');
  if (invoice.amount_due !== 0) return became(asOfNow(invoice, event));
  if ((invoice.pre_payment_credit_notes_amount ?? 0) === 0) return became([], NOTHING_DUE);
  return became([told('invoice.cancelled', event.id, event.time, { invoice_id: invoice.id, reason: 'credited' })]);
});

const allocated = ({ id, time }: StripeEvent, payment_id: string, invoice_id: string, amount_minor: number): Told =>
  told('payment.allocated', id, time, { payment_id, allocations: [{ invoice_id, amount_minor }] });

/** The charge that paid it may not name it: then this does. */
export const invoicePaid: Means = about(({ id, charge, payment_intent, amount_paid, currency }, event) => {
  const amount = minorOf(amount_paid ?? 0, currency);
  if (isNone(charge) || amount <= 0) return became([], 'its payment is told elsewhere, or there was none');
  return became([allocated(event, paymentOf(payment_intent, charge), id, amount)]);
});

const InvoicePayment = z.object({
  invoice: Ref,
  amount_paid: Whole.nullish(),
  currency: Currency,
  payment: z.object({ charge: Ref.nullish(), payment_intent: Ref.nullish() })
});

/** Since the versions of 2025 (basil) neither charge nor invoice name the other: this is where they meet, once a payment. */
export const invoicePaymentPaid: Means = (event) => {
  const read = InvoicePayment.safeParse(event.object);
  if (!read.success) return unread(read.error);
  const { invoice, amount_paid, currency, payment } = read.data;
  const amount = minorOf(amount_paid ?? 0, currency);
  const payment_id = payment.payment_intent ?? payment.charge;
  if (isNone(payment_id) || amount <= 0) return became([], 'not paid through Stripe');
  return became([allocated(event, payment_id, invoice, amount)]);
};

export const invoiceVoided: Means = about(({ id }, event) =>
  became([told('invoice.cancelled', event.id, event.time, { invoice_id: id, reason: 'voided' })])
);
export const invoiceWrittenOff: Means = about(({ id }, event) =>
  became([told('invoice.written_off', event.id, event.time, { invoice_id: id, reason: 'uncollectible' })])
);
