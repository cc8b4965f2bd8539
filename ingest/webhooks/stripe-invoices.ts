/** Invoices of Stripe. */
import { z } from 'zod';
import type { SourceSettings } from '#lib/contracts/sources.ts';
import { SAO_PAULO, secondsToInstant } from './local-time.ts';
import { isNone, PlatformId, Whole } from './payload.ts';
import { told, type Told } from './platform.ts';
import { became, Currency, minorOf, Ref, unread, type Means, type StripeEvent } from './stripe-money.ts';

const Invoice = z.object({
  id: PlatformId,
  customer: Ref.nullish(),
  currency: Currency,
  amount_due: Whole,
  amount_paid: Whole.nullish(),
  due_date: Whole.nullish(),
  created: Whole,
  number: z.string().max(200).nullish(),
  status: z.string().nullish(),
  charge: Ref.nullish(),
  status_transitions: z.object({ finalized_at: Whole.nullish() }).nullish()
});
type Invoice = z.output<typeof Invoice>;

/** It exists from when it was made final; one charged at once is due on that day. */
function issuedOf(invoice: Invoice, event: StripeEvent, revision: number): Told {
  const finalized = invoice.status_transitions?.finalized_at ?? invoice.created;
  return told('invoice.issued', event.id, secondsToInstant(finalized), {
    invoice_id: invoice.id,
    customer_id: invoice.customer ?? '',
    currency: invoice.currency,
    installments: [
      {
        number: 1,
        due_date: SAO_PAULO.dateOf((invoice.due_date ?? finalized) * 1_000),
        amount_minor: minorOf(invoice.amount_due, invoice.currency)
      }
    ],
    document: invoice.number ?? undefined,
    revision
  });
}

const about =
  (means: (invoice: Invoice, event: StripeEvent, settings: SourceSettings) => ReturnType<Means>): Means =>
  (event, settings) => {
    const read = Invoice.safeParse(event.object);
    return read.success ? means(read.data, event, settings) : unread(read.error);
  };

const NOTHING_DUE = 'nothing is due';
export const invoiceIssued: Means = about((invoice, event) =>
  invoice.amount_due === 0 ? became([], NOTHING_DUE) : became([issuedOf(invoice, event, 0)])
);

/** A due date moved, an amount corrected: the later event is the higher revision. Drafts are no invoices yet. */
export const invoiceUpdated: Means = about((invoice, event) => {
  if (invoice.status !== 'open') return became([], 'not an open invoice');
  return invoice.amount_due === 0 ? became([], NOTHING_DUE) : became([issuedOf(invoice, event, event.seconds)]);
});

/** The charge that paid it may not name it: then this does. */
export const invoicePaid: Means = about(({ id, charge, amount_paid, currency }, event) => {
  const amount = minorOf(amount_paid ?? 0, currency);
  if (isNone(charge) || amount <= 0) return became([], 'paid without a charge');
  return became([
    told('payment.allocated', event.id, event.time, {
      payment_id: charge,
      allocations: [{ invoice_id: id, amount_minor: amount }]
    })
  ]);
});

export const invoiceVoided: Means = about(({ id }, event) =>
  became([told('invoice.cancelled', event.id, event.time, { invoice_id: id, reason: 'voided' })])
);
export const invoiceWrittenOff: Means = about(({ id }, event) =>
  became([told('invoice.written_off', event.id, event.time, { invoice_id: id, reason: 'uncollectible' })])
);
