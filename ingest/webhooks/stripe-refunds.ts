/** Refunds of Stripe. */
import { z } from 'zod';
import type { SourceSettings } from '#lib/contracts/sources.ts';
import { secondsToInstant } from './local-time.ts';
import { isNone, PlatformId, Whole } from './payload.ts';
import { told, type Told } from './platform.ts';
import { accountOf, became, Currency, minorOf, Ref, unread, type Means, type StripeEvent } from './stripe-money.ts';

const Refund = z.object({
  id: PlatformId,
  amount: Whole,
  currency: Currency,
  created: Whole,
  charge: Ref.nullish(),
  payment_intent: Ref.nullish(),
  status: z.string().nullish(),
  /** null: it moved nothing in Stripe's account */
  balance_transaction: z.union([z.string(), z.object({})]).nullish()
});
type Refund = z.output<typeof Refund>;

/** Of one sent back what is told with it, for the refund may be known already. */
const sentBackId = (refundId: string, eventId: string): string => `${eventId}:${refundId}`;

const Named = z.object({ id: PlatformId, status: z.string().nullish() });
/** What a refund that cannot be read should have become, so that it waits for no other than that. */
function nameOf(refund: unknown, eventId: string, state?: 'failed'): string | undefined {
  const named = Named.safeParse(refund).data;
  return named && ((state ?? named.status) === 'failed' ? sentBackId(named.id, eventId) : named.id);
}

/** Told by several events, each time the same: by its own id and its own moment. */
function refundOf(refund: Refund, payment_id: string, settings: SourceSettings): Told {
  return told('payment.reversed', refund.id, secondsToInstant(refund.created), {
    payment_id,
    amount_minor: minorOf(refund.amount, refund.currency),
    currency: refund.currency,
    reason: 'refund',
    account: accountOf(settings),
    movement_id: refund.id
  });
}

/** The customer's bank sent it back: it is told with the refund itself, so that both or neither count. */
const sentBack = (refund: Refund, payment_id: string, settings: SourceSettings, { id, time }: StripeEvent): Told[] => [
  refundOf(refund, payment_id, settings),
  told('payment.reinstated', sentBackId(refund.id, id), time, {
    payment_id,
    amount_minor: minorOf(refund.amount, refund.currency),
    currency: refund.currency,
    reason: 'returned',
    account: accountOf(settings),
    movement_id: `${refund.id}:failed`
  })
];

interface Counted {
  readonly events: readonly Told[];
  /** why there are none */
  readonly why: string;
}

/** Only final states count: `pending` and `requires_action` may still end either way, `canceled` took nothing. */
function refundEvents(refund: Refund, settings: SourceSettings, event: StripeEvent): Counted {
  const payment_id = refund.payment_intent ?? refund.charge;
  if (isNone(payment_id)) return { events: [], why: 'a customer’s own balance, which paid for nothing' };
  if (refund.status === 'failed') return { events: sentBack(refund, payment_id, settings, event), why: '' };
  if (refund.status !== 'succeeded' && !isNone(refund.status)) return { events: [], why: 'not final yet' };
  // what was authorised and never captured is let go as a "refund", too
  if (refund.balance_transaction === null) return { events: [], why: 'of money that was never taken' };
  return { events: [refundOf(refund, payment_id, settings)], why: '' };
}

/** @param state what the event says by its name, whatever the object says */
export const refundTold =
  (state?: 'failed'): Means =>
  (event, settings) => {
    const read = Refund.safeParse(event.object);
    if (!read.success) return unread(read.error, nameOf(event.object, event.id, state));
    const { events, why } = refundEvents({ ...read.data, status: state ?? read.data.status }, settings, event);
    return became(events, why);
  };

const Listed = z.object({ refunds: z.object({ data: z.array(z.unknown()) }) });

/** Newer versions of the API leave the refunds out of the charge: then `refund.created` tells them. */
export const refundsOfCharge: Means = (event, settings) => {
  const Refunded = z.object({ payment_intent: Ref.nullish(), refunds: z.object({ data: z.array(Refund) }).nullish() });
  const read = Refunded.safeParse(event.object);
  if (!read.success) {
    // the newest comes first: the one that the event is about
    const [newest] = Listed.safeParse(event.object).data?.refunds.data ?? [];
    return unread(read.error, nameOf(newest, event.id));
  }
  const { refunds, payment_intent: intent } = read.data;
  const counted = (refunds?.data ?? []).map((refund) =>
    // old versions name the PaymentIntent at the charge alone
    refundEvents({ ...refund, payment_intent: refund.payment_intent ?? intent }, settings, event)
  );
  const why = counted[0]?.why ?? 'its refunds come as refund.created';
  return became(
    counted.flatMap(({ events }) => events),
    why
  );
};
