/** Charges, disputes and payouts of Stripe. */
import { z } from 'zod';
import { CURRENCIES, minorDigits } from '#lib/contracts/money.ts';
import type { SourceSettings } from '#lib/contracts/sources.ts';
import { secondsToInstant } from './local-time.ts';
import { feeOf, PlatformId, Whole } from './payload.ts';
import { told, type Told } from './platform.ts';

export interface StripeEvent {
  readonly id: string;
  /** when the event happened */
  readonly time: string;
  readonly seconds: number;
  readonly object: unknown;
}
export type Meant =
  | { readonly kind: 'events'; readonly events: readonly Told[]; readonly why: string }
  | { readonly kind: 'unread'; readonly error: z.ZodError; readonly id: string | undefined };
export type Means = (event: StripeEvent, settings: SourceSettings) => Meant;

export const became = (events: readonly Told[], why = ''): Meant => ({ kind: 'events', events, why });
/** @param id that of the event it should have become; left out: the event's own */
export const unread = (error: z.ZodError, id?: string): Meant => ({ kind: 'unread', error, id });

export const Currency = z.string().transform((code) => code.toUpperCase());
/** Ids come alone, or as the whole object when the account asks for that. */
export const Ref = z.union([PlatformId, z.object({ id: PlatformId }).transform(({ id }) => id)]);

/** Kept by Stripe with two decimals that the currency no longer has. */
const WITH_TWO_DECIMALS: ReadonlySet<string> = new Set(['ISK', 'UGX']);

/** Told by Stripe in whole units, though the currency has two decimals. */
const WITHOUT_DECIMALS: ReadonlySet<string> = new Set(['MGA']);

/** Stripe's amount in the currency's own minor units. @returns a fraction where it holds half a unit: no schema takes that */
export function minorOf(amount: number, currency: string): number {
  if (!CURRENCIES.has(currency)) return amount;
  if (WITHOUT_DECIMALS.has(currency) && minorDigits(currency) === 2) return amount * 100;
  return WITH_TWO_DECIMALS.has(currency) && minorDigits(currency) === 0 ? amount / 100 : amount;
}

export const accountOf = ({ account }: SourceSettings): string => account ?? 'stripe';

/**
 * What a payment is called: its PaymentIntent, which charge, refund, dispute and invoice payment all name; since the versions of 2025
 * (basil) an invoice's payment names nothing else. A charge without one is called by its own id, everywhere.
 */
export const paymentOf = (intent: string | null | undefined, charge: string): string => intent ?? charge;

const BalanceTransaction = z.object({ id: PlatformId, fee: Whole, currency: Currency });
const Charge = z.object({
  id: PlatformId,
  amount: Whole,
  amount_captured: Whole.nullish(),
  captured: z.boolean().nullish(),
  paid: z.boolean().nullish(),
  currency: Currency,
  customer: Ref.nullish(),
  payment_intent: Ref.nullish(),
  invoice: Ref.nullish(),
  application_fee_amount: Whole.nullish(),
  balance_transaction: z.union([z.string(), BalanceTransaction]).nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  payment_method_details: z
    .object({ type: z.string().nullish(), card: z.object({ funding: z.string().nullish() }).nullish() })
    .nullish()
});
type Charge = z.output<typeof Charge>;

function methodOf({ payment_method_details: details }: Charge) {
  switch (details?.type) {
    case 'card':
    case 'card_present':
      return details.card?.funding === 'debit' ? 'debit_card' : 'credit_card';
    case 'pix':
      return 'pix';
    case 'boleto':
      return 'boleto';
    default:
      return 'other';
  }
}

/** What the charge names by its metadata, where the source says so. */
function linksOf({ metadata, invoice, customer }: Charge, { reference }: SourceSettings) {
  const named = (key: string): string | undefined => {
    const value = metadata?.[key];
    return typeof value === 'string' && value !== '' && value.length <= 128 ? value : undefined;
  };
  return {
    customer_id: customer ?? undefined,
    invoice_id: reference === 'invoice' ? (named('invoice_id') ?? invoice ?? undefined) : (invoice ?? undefined),
    order_id: reference === 'order' ? named('order_id') : undefined
  };
}

/** A charge that is not captured yet took nothing; its capture tells it again. */
export const charged: Means = ({ object, time }, settings) => {
  const read = Charge.safeParse(object);
  if (!read.success) return unread(read.error);
  const charge = read.data;
  if (charge.captured === false || charge.paid === false) return became([], 'not captured yet');
  const { id, currency, balance_transaction: balance } = charge;
  const amount_minor = minorOf(charge.amount_captured ?? charge.amount, currency);
  const isTold = typeof balance === 'object' && balance !== null && balance.currency === currency;
  const mdr = isTold ? minorOf(balance.fee, currency) : feeOf(Math.floor(amount_minor), settings);
  // what a platform takes of its own is part of the balance's fee already
  const commission = isTold ? 0 : minorOf(charge.application_fee_amount ?? 0, currency);
  const fees = [
    ...(mdr === 0 ? [] : [{ kind: 'mdr' as const, minor: mdr }]),
    ...(commission === 0 ? [] : [{ kind: 'commission' as const, minor: commission }])
  ];
  return became([
    told('payment.settled', id, time, {
      payment_id: paymentOf(charge.payment_intent, id),
      account: accountOf(settings),
      amount_minor,
      fee_minor: mdr + commission,
      ...(fees.length > 0 && { fees }),
      currency,
      method: methodOf(charge),
      ...linksOf(charge, settings)
    })
  ]);
};

const Dispute = z.object({
  id: PlatformId,
  amount: Whole,
  currency: Currency,
  charge: Ref,
  payment_intent: Ref.nullish(),
  balance_transactions: z
    .array(z.object({ id: PlatformId, amount: Whole.nullish(), fee: Whole, currency: Currency, created: Whole }))
    .nullish()
});
type Dispute = z.output<typeof Dispute>;

/** What left or came back by the account itself, where it is in the dispute's currency: less than disputed where part was refunded. */
function disputedMinor({ amount, currency, balance_transactions }: Dispute, sign: 1 | -1): number {
  let moved = 0;
  for (const one of balance_transactions ?? []) {
    if (one.currency !== currency) return minorOf(amount, currency);
    moved += Math.max(0, sign * (one.amount ?? 0));
  }
  return minorOf(moved === 0 ? amount : moved, currency);
}

/** Money of a chargeback leaves or comes back; what Stripe charges for it is the bank's fee, once a transaction. */
export const disputeFunds =
  (type: 'payment.reversed' | 'payment.reinstated'): Means =>
  ({ object, id, time }, settings) => {
    const read = Dispute.safeParse(object);
    if (!read.success) return unread(read.error);
    const { id: dispute, currency, charge, payment_intent, balance_transactions } = read.data;
    const account = accountOf(settings);
    const fees = (balance_transactions ?? [])
      .filter(({ fee }) => fee !== 0)
      .map((one) =>
        told('account.moved', one.id, secondsToInstant(one.created), {
          account,
          amount_minor: -minorOf(one.fee, one.currency),
          currency: one.currency,
          category: 'bank_fee',
          movement_id: one.id,
          memo: `dispute ${dispute}`
        })
      );
    const data = {
      payment_id: paymentOf(payment_intent, charge),
      amount_minor: disputedMinor(read.data, type === 'payment.reversed' ? -1 : 1),
      currency,
      reason: 'chargeback' as const,
      account,
      movement_id: dispute
    };
    return became([told(type, id, time, data), ...fees]);
  };

const Payout = z.object({ id: PlatformId, amount: Whole, currency: Currency, created: Whole });

function carried(
  payout: z.output<typeof Payout>,
  settings: SourceSettings,
  { id, time }: StripeEvent,
  isBack = false
): Told {
  const amount = minorOf(payout.amount, payout.currency);
  return told('account.moved', isBack ? `${id}:back` : id, time, {
    account: accountOf(settings),
    amount_minor: isBack ? amount : -amount,
    currency: payout.currency,
    category: 'transfer',
    counter_account: settings.bank_account,
    movement_id: isBack ? `${payout.id}:failed` : payout.id
  });
}

/** From Stripe's account to the bank's: nothing is spent. */
export const payoutPaid: Means = (event, settings) => {
  const read = Payout.safeParse(event.object);
  return read.success ? became([carried(read.data, settings, event)]) : unread(read.error);
};
/** One that fails may have counted as paid before: both ways are told, so that nothing is left of it. */
export const payoutFailed: Means = (event, settings) => {
  const read = Payout.safeParse(event.object);
  if (!read.success) return unread(read.error);
  return became([carried(read.data, settings, event), carried(read.data, settings, event, true)]);
};
