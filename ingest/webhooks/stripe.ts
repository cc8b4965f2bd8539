/**
 * Stripe: charges settle in Stripe's own account, as far as its webhooks tell (they name no day of availability); refunds and disputes
 * take from there, payouts carry it to the bank. Amounts are whole numbers in minor units already.
 */
import { z } from 'zod';
import type { SourceSettings } from '#lib/contracts/sources.ts';
import { secondsToInstant } from './local-time.ts';
import { payloadFault, PlatformId, readPayload, unusable, Whole } from './payload.ts';
import { ignored, NOT_JSON, type Call, type Told, type Understood, type WebhookPlatform } from './platform.ts';
import { hmacSha256, isSame, isTimely } from './signatures.ts';
import {
  invoiceIssued,
  invoicePaid,
  invoicePaymentPaid,
  invoiceUpdated,
  invoiceVoided,
  invoiceWrittenOff
} from './stripe-invoices.ts';
import { charged, disputeFunds, payoutFailed, payoutPaid, type Means } from './stripe-money.ts';
import { refundsOfCharge, refundTold } from './stripe-refunds.ts';

const Event = z.object({
  id: PlatformId,
  type: z.string().min(1).max(100),
  created: Whole,
  data: z.object({ object: z.object({ id: z.string().max(100).nullish() }).loose() })
});

const Named = Event.pick({ id: true, type: true });
const idOf = ({ id, type }: z.output<typeof Named>): string => `${id}:${type}`;

/** Every other event of Stripe moves neither money nor a debt that these do not tell. */
const MEANS: Readonly<Record<string, Means>> = {
  'charge.succeeded': charged,
  'charge.captured': charged,
  'charge.refunded': refundsOfCharge,
  'charge.refund.updated': refundTold(),
  'refund.created': refundTold(),
  'refund.updated': refundTold(),
  'refund.failed': refundTold('failed'),
  'charge.dispute.funds_withdrawn': disputeFunds('payment.reversed'),
  'charge.dispute.funds_reinstated': disputeFunds('payment.reinstated'),
  'payout.paid': payoutPaid,
  'payout.failed': payoutFailed,
  'invoice.finalized': invoiceIssued,
  'invoice.updated': invoiceUpdated,
  'invoice.paid': invoicePaid,
  'invoice_payment.paid': invoicePaymentPaid,
  'invoice.voided': invoiceVoided,
  'invoice.marked_uncollectible': invoiceWrittenOff
};

/** `t=…,v1=…,v1=…`: HMAC-SHA256 in hex over `t.body`, with the whole secret as the key. */
function verify(call: Call, secret: string): boolean {
  const parts = (call.header('stripe-signature') ?? '').split(',').map((part): [string, string] => {
    const [name = '', value = ''] = part.split('=', 2);
    return [name.trim(), value];
  });
  const timestamp = parts.find(([name]) => name === 't')?.[1];
  if (timestamp === undefined || !isTimely(timestamp, call.now)) return false;
  const expected = hmacSha256(secret, `${timestamp}.`, call.raw).toString('hex');
  let isOurs = false;
  for (const [name, value] of parts) if (name === 'v1' && isSame(value, expected)) isOurs = true;
  return isOurs;
}

function toEvents(call: Call, settings: SourceSettings): Understood | typeof NOT_JSON {
  const payload = readPayload(call.raw);
  if (payload === NOT_JSON) return NOT_JSON;
  const event = Event.safeParse(payload);
  if (!event.success) {
    const named = Named.safeParse(payload).data;
    const id = named && idOf(named);
    const about = { told: '', subject: '', type: 'stripe.unknown', raw: call.raw, id };
    return unusable(about, payloadFault(event.error, payload));
  }
  const { type, created, data } = event.data;
  const subject = data.object.id ?? '';
  const means = Object.hasOwn(MEANS, type) ? MEANS[type] : undefined;
  if (!means) return ignored(type, subject, 'nothing that moves money or a debt');
  const event_id = idOf(event.data);
  const meant = means(
    { id: event_id, time: secondsToInstant(created), seconds: created, object: data.object },
    settings
  );
  if (meant.kind === 'unread') {
    const about = { told: type, subject, type: `stripe.${type}`, raw: call.raw, id: meant.id ?? event_id };
    const { path, message } = payloadFault(meant.error, data.object);
    return unusable(about, { path: path.replace('/data', '/data/data/object'), message });
  }
  const events: readonly Told[] = meant.events;
  return { told: type, subject, events, ignored: events.length === 0 ? meant.why : undefined };
}

export const stripe: WebhookPlatform = {
  signsBody: true,
  verify,
  toEvents,
  newSecret: null,
  isSecret: (secret) => secret.trim().length > 0
};
