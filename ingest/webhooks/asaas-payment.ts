/** A charge of Asaas in our words: what is owed, what was paid, what it cost, what was taken back. */
import { z } from 'zod';
import type { Method } from '#lib/contracts/events/shared.ts';
import type { SourceSettings } from '#lib/contracts/sources.ts';
import { dayNumber } from '#lib/domain/calendar.ts';
import { instantIn, SAO_PAULO } from './local-time.ts';
import { Amount, feeOf, isNone, Optional, PlatformId, toMinor } from './payload.ts';
import { told, type Told } from './platform.ts';

export const CURRENCY = 'BRL';
const Money = Amount(CURRENCY);
const Day = z.iso.date();

/** A share in percent with up to six decimals, in millionths of a percent. */
const Percent = z.string().transform((text, context) => {
  const millionths = toMinor(text, 6) ?? -1;
  if (millionths >= 0 && millionths < 10_000_000_000) return millionths;
  context.addIssue({ code: 'custom', message: 'expected a percentage' });
  return z.NEVER;
});
const Charge = z.object({ value: z.string(), type: Optional(z.string()) });

const Raw = z.object({
  id: PlatformId,
  customer: Optional(z.string().max(128)),
  value: Money,
  netValue: Optional(Money),
  originalValue: Optional(Money),
  /** interest and fine together; part of the value once it is paid */
  interestValue: Optional(Money),
  billingType: Optional(z.string()),
  externalReference: Optional(z.string().max(128)),
  deleted: Optional(z.boolean()),
  invoiceNumber: Optional(z.string().max(200)),
  installmentNumber: Optional(z.string().regex(/^[1-9]\d{0,3}$/)),
  dueDate: Optional(Day),
  dateCreated: Optional(Day),
  confirmedDate: Optional(Day),
  paymentDate: Optional(Day),
  clientPaymentDate: Optional(Day),
  creditDate: Optional(Day),
  estimatedCreditDate: Optional(Day),
  fine: Optional(Charge),
  split: z
    .array(
      z.object({
        id: Optional(PlatformId),
        fixedValue: Optional(Money),
        percentualValue: Optional(Percent),
        totalValue: Optional(Money),
        status: Optional(z.string())
      })
    )
    .nullish(),
  chargeback: z.object({ id: Optional(PlatformId), status: Optional(z.string()), value: Optional(Money) }).nullish(),
  refunds: z
    .array(
      z.object({
        dateCreated: z.string().max(40),
        status: Optional(z.string()),
        value: Money,
        /** what came back of it from those it was shared with */
        refundedSplits: z.array(z.object({ id: PlatformId, value: Money, done: Optional(z.boolean()) })).nullish()
      })
    )
    .nullish()
});

const firstMoment = (day: string | null | undefined): string | undefined =>
  isNone(day) ? undefined : instantIn(SAO_PAULO, day);

export const isInCash = ({ billingType }: { billingType?: string | null | undefined }): boolean =>
  billingType === 'RECEIVED_IN_CASH';

export const Payment = Raw.transform((raw) => ({
  ...raw,
  /** of cash there is none: what is told of one is of the card that the charge was paid by before */
  chargeback: isInCash(raw) ? undefined : raw.chargeback,
  dateCreated: firstMoment(raw.dateCreated),
  /** by the day, for events that say no moment */
  paidOn: firstMoment(raw.paymentDate ?? raw.clientPaymentDate ?? raw.confirmedDate),
  installment: isNone(raw.installmentNumber) ? 1 : Number(raw.installmentNumber)
}));
export type Payment = z.output<typeof Payment>;

export interface AsaasEvent {
  readonly name: string;
  readonly id: string;
  readonly time: string;
  /** the event itself says when it happened, to the second */
  readonly isDated: boolean;
  readonly payment: Payment;
}

const METHODS: Readonly<Record<string, Method>> = {
  BOLETO: 'boleto',
  CREDIT_CARD: 'credit_card',
  DEBIT_CARD: 'debit_card',
  PIX: 'pix',
  TRANSFER: 'ted',
  DEPOSIT: 'ted',
  RECEIVED_IN_CASH: 'cash'
};
const methodOf = ({ billingType }: Payment): Method => METHODS[billingType ?? ''] ?? 'other';

/**
 * What was asked for, before interest and fine came on top or a discount off. Of a charge that is overdue and not paid Asaas tells
 * the interest of now, which its value leaves out.
 */
const chargedMinor = ({ value, originalValue, interestValue }: Payment, isPaid: boolean): number =>
  originalValue ?? (isPaid ? value - (interestValue ?? 0) : value);

/** What came on top of the charge, or was let off: the value paid against the value charged. */
function surcharges(payment: Payment) {
  const { value, fine } = payment;
  const original = chargedMinor(payment, true);
  const over = value - original;
  if (over === 0) return {};
  if (over < 0) return { discount_minor: -over };
  const share = fine && /^\d{1,12}(\.\d{1,6})?$/.test(fine.value) ? fine.value : '0';
  // a percentage of the charge, or an amount
  const wanted = Math.round(fine?.type === 'FIXED' ? Number(share) * 100 : (original * Number(share)) / 100);
  const fine_minor = Math.min(over, wanted);
  return {
    ...(fine_minor > 0 && { fine_minor }),
    ...(over > fine_minor && { interest_minor: over - fine_minor })
  };
}

const orderOf = (payment: Payment, { reference }: SourceSettings): string | undefined =>
  reference === 'order' ? (payment.externalReference ?? undefined) : undefined;

/** The invoice a charge stands for: itself, or the one of the books that it names. */
const invoiceOf = (payment: Payment, { reference }: SourceSettings): string =>
  reference === 'invoice' && payment.externalReference ? payment.externalReference : payment.id;

/** Cash over the counter is a payment of its own: it may be undone, and the charge be paid through Asaas after that. */
export const cashIdOf = ({ id }: Payment): string => `${id}:cash`;
export const paymentIdOf = (payment: Payment): string => (isInCash(payment) ? cashIdOf(payment) : payment.id);

export function paymentData(payment: Payment, settings: SourceSettings) {
  const invoice_id = invoiceOf(payment, settings);
  return {
    payment_id: paymentIdOf(payment),
    amount_minor: payment.value,
    currency: CURRENCY,
    method: methodOf(payment),
    customer_id: payment.customer ?? undefined,
    invoice_id,
    installment: invoice_id === payment.id ? payment.installment : undefined,
    order_id: orderOf(payment, settings),
    expected_at: firstMoment(payment.creditDate ?? payment.estimatedCreditDate),
    ...surcharges(payment)
  };
}

/** Split that never took anything. What is REFUNDED did, and came back: a movement of its own, whichever event settles the charge. */
const NO_SPLIT: ReadonlySet<string> = new Set(['CANCELLED', 'REFUSED', 'BLOCKED_BY_VALUE_DIVERGENCE']);
type Split = NonNullable<Payment['split']>[number];

/** What one other takes of it: told, fixed, or a share of the net value, to the nearest centavo. */
export function shareOf({ percentualValue, fixedValue, totalValue }: Split, { value, netValue }: Payment): number {
  const share = BigInt(netValue ?? value) * BigInt(percentualValue ?? 0);
  return totalValue ?? (fixedValue ?? 0) + Number((share + 50_000_000n) / 100_000_000n);
}

const splitOf = (payment: Payment): number =>
  (payment.split ?? [])
    .filter(({ status }) => !NO_SPLIT.has(status ?? ''))
    .reduce((sum, part) => sum + shareOf(part, payment), 0);

/** Each time it is taken over the counter is a parcel of its own, for it may be undone, and then be taken again. */
const PARCELS = 999_998;
const cashParcel = (time: string): number => 2 + (Math.floor(Date.parse(time) / 1_000) % PARCELS);

export function settledData({ payment, time }: AsaasEvent, settings: SourceSettings) {
  const { expected_at: _, ...data } = paymentData(payment, settings);
  // it never was in Asaas
  if (isInCash(payment)) return { ...data, parcel: cashParcel(time), account: settings.cash_account, fee_minor: 0 };
  const mdr = isNone(payment.netValue) ? feeOf(payment.value, settings) : payment.value - payment.netValue;
  const split = splitOf(payment);
  const fees = [
    ...(mdr === 0 ? [] : [{ kind: 'mdr' as const, minor: mdr }]),
    ...(split === 0 ? [] : [{ kind: 'split' as const, minor: split }])
  ];
  return { ...data, account: accountOf(settings), fee_minor: mdr + split, ...(fees.length > 0 && { fees }) };
}

export const accountOf = ({ account }: SourceSettings): string => account ?? 'asaas';

export function issuedData(payment: Payment) {
  const amount_minor = chargedMinor(payment, payment.paidOn !== undefined);
  return {
    invoice_id: payment.id,
    customer_id: payment.customer ?? '',
    currency: CURRENCY,
    installments: [{ number: payment.installment, due_date: payment.dueDate ?? '', amount_minor }],
    document: payment.invoiceNumber ?? undefined
  };
}

/** Where the books issue the invoices themselves, charges make none. */
const isOfBooks = ({ payment }: AsaasEvent, settings: SourceSettings): boolean =>
  invoiceOf(payment, settings) !== payment.id;

const secondOf = ({ time }: AsaasEvent): number => Math.floor(Date.parse(time) / 1_000);

/**
 * Revisions of a charge's invoice. What is known only from later events of how it was at first gives way to CREATED, and that to what was
 * changed since: the second it was changed in; for events that do not say, the day it is due on, for due dates move onward.
 */
const AT_FIRST = 0;
const CREATED = 1;
const revisionOf = (event: AsaasEvent): number =>
  event.isDated ? secondOf(event) : dayNumber(event.payment.dueDate ?? '1970-01-01');

const issued = ({ payment }: AsaasEvent, id: string, time: string, revision: number, settings: SourceSettings): Told =>
  told('invoice.issued', id, time, { ...issuedData(payment), order_id: orderOf(payment, settings), revision });

export const created = (event: AsaasEvent, settings: SourceSettings): Told[] =>
  isOfBooks(event, settings) ? [] : [issued(event, event.id, event.time, CREATED, settings)];

/** The charge as it is from now on. It has been owed since it was made, whether or not CREATED came or will come. */
function asOfNow(event: AsaasEvent, settings: SourceSettings): Told[] {
  if (isOfBooks(event, settings)) return [];
  const { id, time, isDated, payment } = event;
  const since = payment.dateCreated;
  if (!isDated) return [issued(event, id, since ?? time, revisionOf(event), settings)];
  return [
    issued(event, id, time, revisionOf(event), settings),
    ...(since === undefined ? [] : [issued(event, `${id}:at-first`, since, AT_FIRST, settings)])
  ];
}

/** Ends the invoice until it is restored: up to the second of the event; for events that do not say, for good. */
const ended = (event: AsaasEvent, id: string): Told =>
  told('invoice.cancelled', id, event.time, {
    invoice_id: event.payment.id,
    ...(event.isDated && { revision: secondOf(event) })
  });

/** A charge that is away stays away, whatever else is changed about it. */
export const updated = (event: AsaasEvent, settings: SourceSettings): Told[] => [
  ...asOfNow(event, settings),
  ...(event.payment.deleted === true ? [ended(event, `${event.id}:deleted`)] : [])
];

export const deleted = (event: AsaasEvent): Told[] => [ended(event, event.id)];

/** Asked for again, as it is now: of a higher revision than its end, whether or not DELETED came or will come. */
export const restored = asOfNow;
