/**
 * Asaas: a charge (`payment`) is at once what is owed and how it was paid. CONFIRMED: the customer has paid; RECEIVED: the money is
 * in the account. A static token in `asaas-access-token`; only 200 counts for it, and it sends again until then.
 */
import { z } from 'zod';
import type { SourceSettings } from '#lib/contracts/sources.ts';
import { billEvents, transferEvents } from './asaas-outgoing.ts';
import {
  created,
  deleted,
  Payment,
  paymentData,
  restored,
  settledData,
  updated,
  type AsaasEvent
} from './asaas-payment.ts';
import { sharesBack } from './asaas-split.ts';
import { cashUndone, chargedBack, partlyRefunded, refunded, refunds, wonBack } from './asaas-taken-back.ts';
import { instantIn, SAO_PAULO } from './local-time.ts';
import { idOfBody, isNone, Optional, payloadFault, PlatformId, readPayload, unusable } from './payload.ts';
import { ignored, NOT_JSON, told, type Call, type Told, type Understood, type WebhookPlatform } from './platform.ts';
import { isSame, newToken } from './signatures.ts';

const Local = z.string().transform((text, context) => {
  const instant = instantIn(SAO_PAULO, text);
  if (instant !== undefined) return instant;
  context.addIssue({ code: 'custom', message: 'expected a time such as 2024-06-12 16:45:03' });
  return z.NEVER;
});
const Head = z.object({
  /** older events have none */
  id: Optional(PlatformId),
  event: z.string().min(1).max(100),
  dateCreated: Optional(Local)
});

type Means = (event: AsaasEvent, settings: SourceSettings) => readonly Told[];

const confirmed: Means = (event, settings) => [
  told('payment.confirmed', event.id, event.time, paymentData(event.payment, settings)),
  ...wonBack(event),
  ...refunds(event, settings)
];

const received: Means = (event, settings) => [
  told('payment.settled', event.id, event.time, settledData(event, settings)),
  ...wonBack(event),
  ...refunds(event, settings)
];

/** Of a charge that was settled once: with it, what others had of it may have come back. */
const shared =
  (means: Means): Means =>
  (event, settings) => [...means(event, settings), ...sharesBack(event, settings)];

/** What a charge's events mean; every other event of a charge (seen, overdue, asked to dun …) moves nothing. */
const PAYMENT_EVENTS: Readonly<Record<string, Means>> = {
  PAYMENT_CREATED: created,
  PAYMENT_UPDATED: updated,
  PAYMENT_DELETED: deleted,
  PAYMENT_RESTORED: restored,
  PAYMENT_CONFIRMED: confirmed,
  PAYMENT_RECEIVED: shared(received),
  // paid after the debtor was reported to a bureau; no RECEIVED follows, and one that did would be the same payment
  PAYMENT_DUNNING_RECEIVED: shared(received),
  PAYMENT_REFUNDED: shared(refunded),
  PAYMENT_PARTIALLY_REFUNDED: shared(partlyRefunded),
  PAYMENT_CHARGEBACK_REQUESTED: chargedBack,
  PAYMENT_RECEIVED_IN_CASH_UNDONE: cashUndone
};

/** Its place among the events that take a charge away and bring it back is all it says. */
const NEEDS_MOMENT = 'PAYMENT_RESTORED';

/** A refund under way, or a charge of an invoice that the books keep themselves. */
const NOTHING_YET = 'nothing that counts, or counts yet';

const OUTGOING = { BILL: billEvents, TRANSFER: transferEvents } as const;

function ofPayment(call: Call, payload: unknown, head: z.infer<typeof Head>, settings: SourceSettings): Understood {
  const means = PAYMENT_EVENTS[head.event];
  const read = z.object({ payment: Payment }).safeParse(payload);
  const subject = z.object({ payment: z.object({ id: PlatformId }) }).safeParse(payload).data?.payment.id ?? '';
  if (!means) return ignored(head.event, subject, 'nothing that moves money or a debt');
  const id = head.id ?? idOfBody(call.raw);
  const about = {
    told: head.event,
    subject,
    type: `asaas.${head.event}`,
    raw: call.raw,
    id
  };
  if (!read.success) return unusable(about, payloadFault(read.error, payload));
  const { payment } = read.data;
  const time = head.dateCreated ?? payment.paidOn ?? payment.dateCreated;
  const isDated = !isNone(head.dateCreated);
  if (time === undefined || (head.event === NEEDS_MOMENT && !isDated))
    return unusable(about, { path: '/data/dateCreated', message: 'nothing says when it happened' });
  const event: AsaasEvent = { name: head.event, id, time, isDated, payment };
  const events = means(event, settings);
  return { told: head.event, subject: payment.id, events, ignored: events.length === 0 ? NOTHING_YET : undefined };
}

function toEvents(call: Call, settings: SourceSettings): Understood | typeof NOT_JSON {
  const payload = readPayload(call.raw);
  if (payload === NOT_JSON) return NOT_JSON;
  const head = Head.safeParse(payload);
  if (!head.success)
    return unusable({ told: '', subject: '', type: 'asaas.unknown', raw: call.raw }, payloadFault(head.error, payload));
  const { event } = head.data;
  if (event.startsWith('PAYMENT_')) return ofPayment(call, payload, head.data, settings);
  for (const family of ['BILL', 'TRANSFER'] as const) {
    if (event.startsWith(`${family}_`)) {
      const id = head.data.id ?? idOfBody(call.raw);
      return OUTGOING[family](
        { name: event, id, time: head.data.dateCreated ?? undefined, payload, raw: call.raw },
        settings
      );
    }
  }
  return ignored(event, '', 'nothing that moves money or a debt');
}

export const asaas: WebhookPlatform = {
  signsBody: false,
  verify: (call, secret) => isSame(call.header('asaas-access-token') ?? '', secret),
  toEvents,
  newSecret: newToken,
  isSecret: (secret) => secret.trim().length > 0
};
