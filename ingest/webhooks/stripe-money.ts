/** Charges, refunds, disputes and payouts of Stripe. */
import { z } from 'zod';
import { CURRENCIES, minorDigits } from '#lib/contracts/money.ts';
import type { SourceSettings } from '#lib/contracts/sources.ts';
import { secondsToInstant } from './local-time.ts';
import { feeOf, isNone, PlatformId, Whole } from './payload.ts';
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
  | { readonly kind: 'unread'; readonly error: z.ZodError };
export type Means = (event: StripeEvent, settings: SourceSettings) => Meant;

export const became = (events: readonly Told[], why = ''): Meant => ({ kind: 'events', events, why });
export const unread = (error: z.ZodError): Meant => ({ kind: 'unread', error });

export const Currency = z.string().transform((code) => code.toUpperCase());
/** Ids come alone, or as the whole object when the account asks for that. */
export const Ref = z.union([PlatformId, z.object({ id: PlatformId }).transform(({ id }) => id)]);

/** Kept by Stripe with two decimals that the currency no longer has. */
const WITH_TWO_DECIMALS: ReadonlySet<string> = new Set(['ISK', 'UGX']);

/** Stripe's amount in the currency's own minor units. @returns a fraction where it holds half a unit: no schema takes that */
export const minorOf = (amount: number, currency: string): number =>
  WITH_TWO_DECIMALS.has(currency) && CURRENCIES.has(currency) && minorDigits(currency) === 0 ? amount / 100 : amount;

export const accountOf = ({ account }: SourceSettings): string => account ?? 'stripe';

const BalanceTransaction = z.object({ id: PlatformId, fee: Whole, currency: Currency });
const Charge = z.object({
  id: PlatformId,
  amount: Whole,
  amount_captured: Whole.nullish(),
  captured: z.boolean().nullish(),
  paid: z.boolean().nullish(),
  currency: Currency,
  customer: Ref.nullish(),
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
      payment_id: id,
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

const Refund = z.object({
  id: PlatformId,
  amount: Whole,
  currency: Currency,
  created: Whole,
  charge: Ref,
  status: z.string().nullish()
});
type Refund = z.output<typeof Refund>;

/** Told by several events, each time the same: by its own id and its own moment. */
function refundOf(refund: Refund, settings: SourceSettings): Told {
  return told('payment.reversed', refund.id, secondsToInstant(refund.created), {
    payment_id: refund.charge,
    amount_minor: minorOf(refund.amount, refund.currency),
    currency: refund.currency,
    reason: 'refund',
    account: accountOf(settings),
    movement_id: refund.id
  });
}

/** The customer's bank sent it back: it is told with the refund itself, so that both or neither count. */
const sentBack = (refund: Refund, settings: SourceSettings, { id, time }: StripeEvent): Told[] => [
  refundOf(refund, settings),
  told('payment.reinstated', `${id}:${refund.id}`, time, {
    payment_id: refund.charge,
    amount_minor: minorOf(refund.amount, refund.currency),
    currency: refund.currency,
    reason: 'returned',
    account: accountOf(settings),
    movement_id: `${refund.id}:failed`
  })
];

function refundEvents(refund: Refund, settings: SourceSettings, event: StripeEvent): Told[] {
  if (refund.status === 'failed') return sentBack(refund, settings, event);
  return refund.status === 'succeeded' || isNone(refund.status) ? [refundOf(refund, settings)] : [];
}

export const refundTold: Means = (event, settings) => {
  const read = Refund.safeParse(event.object);
  return read.success ? became(refundEvents(read.data, settings, event), 'not final yet') : unread(read.error);
};
export const refundFailed: Means = (event, settings) => {
  const read = Refund.safeParse(event.object);
  return read.success ? became(sentBack(read.data, settings, event)) : unread(read.error);
};

/** Newer versions of the API leave the refunds out of the charge: then `refund.created` tells them. */
export const refundsOfCharge: Means = (event, settings) => {
  const read = z.object({ refunds: z.object({ data: z.array(Refund) }).nullish() }).safeParse(event.object);
  if (!read.success) return unread(read.error);
  const events = (read.data.refunds?.data ?? []).flatMap((refund) => refundEvents(refund, settings, event));
  return became(events, 'its refunds come as refund.created');
};

const Dispute = z.object({
  id: PlatformId,
  amount: Whole,
  currency: Currency,
  charge: Ref,
  balance_transactions: z.array(z.object({ id: PlatformId, fee: Whole, currency: Currency, created: Whole })).nullish()
});

/** Money of a chargeback leaves or comes back; what Stripe charges for it is the bank's fee, once a transaction. */
export const disputeFunds =
  (type: 'payment.reversed' | 'payment.reinstated'): Means =>
  ({ object, id, time }, settings) => {
    const read = Dispute.safeParse(object);
    if (!read.success) return unread(read.error);
    const { id: dispute, amount, currency, charge, balance_transactions } = read.data;
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
      payment_id: charge,
      amount_minor: minorOf(amount, currency),
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
