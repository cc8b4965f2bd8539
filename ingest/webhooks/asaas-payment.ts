/** A charge of Asaas in our words: what is owed, what was paid, what it cost, what was taken back. */
import { z } from 'zod';
import type { Method } from '#lib/contracts/events/shared.ts';
import type { SourceSettings } from '#lib/contracts/sources.ts';
import { dayNumber } from '#lib/domain/calendar.ts';
import { instantIn, SAO_PAULO } from './local-time.ts';
import { Amount, feeOf, isNone, PlatformId } from './payload.ts';
import { told, type Told } from './platform.ts';

const CURRENCY = 'BRL';
const Money = Amount(CURRENCY);
const Day = z.iso.date();

/** A share in percent with up to six decimals, in millionths of a percent. */
const Percent = z.string().transform((text, context) => {
  const match = /^(\d{1,4})(?:\.(\d{1,6})0*)?$/.exec(text);
  if (match) return Number((match[1] ?? '') + (match[2] ?? '').padEnd(6, '0'));
  context.addIssue({ code: 'custom', message: 'expected a percentage' });
  return z.NEVER;
});
const Charge = z.object({ value: z.string(), type: z.string().nullish() });

const Raw = z.object({
  id: PlatformId,
  customer: z.string().max(128).nullish(),
  value: Money,
  netValue: Money.nullish(),
  originalValue: Money.nullish(),
  /** interest and fine together; part of the value once it is paid */
  interestValue: Money.nullish(),
  billingType: z.string().nullish(),
  externalReference: z.string().max(128).nullish(),
  invoiceNumber: z.string().max(200).nullish(),
  installmentNumber: z
    .string()
    .regex(/^[1-9]\d{0,3}$/)
    .nullish(),
  dueDate: Day.nullish(),
  dateCreated: Day.nullish(),
  confirmedDate: Day.nullish(),
  paymentDate: Day.nullish(),
  clientPaymentDate: Day.nullish(),
  creditDate: Day.nullish(),
  estimatedCreditDate: Day.nullish(),
  fine: Charge.nullish(),
  split: z
    .array(
      z.object({
        fixedValue: Money.nullish(),
        percentualValue: Percent.nullish(),
        totalValue: Money.nullish(),
        status: z.string().nullish()
      })
    )
    .nullish(),
  chargeback: z.object({ id: PlatformId.nullish(), status: z.string().nullish() }).nullish(),
  refunds: z.array(z.object({ dateCreated: z.string().max(40), status: z.string().nullish(), value: Money })).nullish()
});

const firstMoment = (day: string | null | undefined): string | undefined =>
  isNone(day) ? undefined : instantIn(SAO_PAULO, day);

export const Payment = Raw.transform((raw) => ({
  ...raw,
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

/** What came on top of the charge, or was let off: the value paid against the value charged. */
function surcharges({ value, originalValue, interestValue, fine }: Payment) {
  const original = originalValue ?? value - (interestValue ?? 0);
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

const chargedMinor = ({ value, originalValue }: Payment): number => originalValue ?? value;

const orderOf = (payment: Payment, { reference }: SourceSettings): string | undefined =>
  reference === 'order' ? (payment.externalReference ?? undefined) : undefined;

/** The invoice a charge stands for: itself, or the one of the books that it names. */
const invoiceOf = (payment: Payment, { reference }: SourceSettings): string =>
  reference === 'invoice' && payment.externalReference ? payment.externalReference : payment.id;

export function paymentData(payment: Payment, settings: SourceSettings) {
  const invoice_id = invoiceOf(payment, settings);
  return {
    payment_id: payment.id,
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

/** Split that no longer takes anything. */
const NO_SPLIT: ReadonlySet<string> = new Set(['CANCELLED', 'REFUSED', 'REFUNDED', 'BLOCKED_BY_VALUE_DIVERGENCE']);

/** What others take of it: told, fixed, or a share of the net value, to the nearest centavo. */
function splitOf({ split, value, netValue }: Payment): number {
  let sum = 0;
  for (const part of split ?? []) {
    if (NO_SPLIT.has(part.status ?? '')) continue;
    const share = part.percentualValue ?? 0;
    sum +=
      part.totalValue ??
      (part.fixedValue ?? 0) + Number((BigInt(netValue ?? value) * BigInt(share) + 50_000_000n) / 100_000_000n);
  }
  return sum;
}

const isInCash = ({ billingType }: Payment): boolean => billingType === 'RECEIVED_IN_CASH';

export function settledData(payment: Payment, settings: SourceSettings) {
  const { expected_at: _, ...data } = paymentData(payment, settings);
  // taken over the counter: it never was in Asaas. A parcel of its own, for it may be undone and then paid otherwise
  if (isInCash(payment)) return { ...data, parcel: 2, account: settings.cash_account, fee_minor: 0 };
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
  return {
    invoice_id: payment.id,
    customer_id: payment.customer ?? '',
    currency: CURRENCY,
    installments: [
      { number: payment.installment, due_date: payment.dueDate ?? '', amount_minor: chargedMinor(payment) }
    ],
    document: payment.invoiceNumber ?? undefined
  };
}

/**
 * The charge as an invoice. Its revision is the second its event happened in; for events that do not say, the day it is due on, for due
 * dates move onward. Where the books issue the invoices themselves, charges make none.
 */
export function charged(event: AsaasEvent, settings: SourceSettings): Told[] {
  if (settings.reference === 'invoice' && event.payment.externalReference) return [];
  const { name, id, time, isDated, payment } = event;
  const moved = isDated ? Math.floor(Date.parse(time) / 1_000) : dayNumber(payment.dueDate ?? '1970-01-01');
  const data = {
    ...issuedData(payment),
    order_id: orderOf(payment, settings),
    revision: name === 'PAYMENT_CREATED' ? 0 : moved
  };
  return [told('invoice.issued', id, name === 'PAYMENT_CREATED' ? time : (payment.dateCreated ?? time), data)];
}

const CURRENT_LOSS: ReadonlySet<string> = new Set(['DISPUTE_LOST', 'DONE']);
const chargebackId = ({ id, chargeback }: Payment): string =>
  `${id}:chargeback${isNone(chargeback?.id) ? '' : `:${chargeback.id}`}`;

function takenBack({ payment }: AsaasEvent, reason: 'refund' | 'chargeback' | 'returned', movement_id: string) {
  return { payment_id: payment.id, amount_minor: payment.value, currency: CURRENCY, reason, movement_id };
}

export const chargedBack = (event: AsaasEvent, id = event.id): Told =>
  told('payment.reversed', id, event.time, takenBack(event, 'chargeback', chargebackId(event.payment)));

/**
 * CONFIRMED or RECEIVED of a charge that had a chargeback: it was won, and the money is back. The reversal is told with it, under the
 * movement of the chargeback: it counts once, whether or not CHARGEBACK_REQUESTED came or will come.
 */
export function wonBack(event: AsaasEvent): Told[] {
  const { chargeback } = event.payment;
  if (!chargeback || CURRENT_LOSS.has(chargeback.status ?? '')) return [];
  const data = takenBack(event, 'chargeback', `${chargebackId(event.payment)}:won`);
  return [
    chargedBack(event, `${event.id}:reversed`),
    told('payment.reinstated', `${event.id}:reinstated`, event.time, data)
  ];
}

/** One movement a refund: Asaas lists all of them each time, without ids. */
function refunds(event: AsaasEvent): Told[] {
  const seen = new Map<string, number>();
  return (event.payment.refunds ?? []).flatMap(({ dateCreated, status, value }) => {
    const same = `${dateCreated.replace(' ', 'T')}:${value}`;
    const nth = (seen.get(same) ?? 0) + 1;
    seen.set(same, nth);
    if (!isNone(status) && status !== 'DONE') return [];
    const movement_id = `${event.payment.id}:refund:${same}${nth === 1 ? '' : `:${nth}`}`;
    const time = instantIn(SAO_PAULO, dateCreated) ?? event.time;
    return [
      told('payment.reversed', movement_id, time, { ...takenBack(event, 'refund', movement_id), amount_minor: value })
    ];
  });
}

export function refunded(event: AsaasEvent): Told[] {
  const done = refunds(event);
  if (done.length > 0) return done;
  // a chargeback lost ends as REFUNDED: the same money, taken once
  if (event.payment.chargeback) return [chargedBack(event)];
  return [told('payment.reversed', event.id, event.time, takenBack(event, 'refund', `${event.payment.id}:refund`))];
}

export const cashUndone = (event: AsaasEvent): Told[] => [
  told('payment.reversed', event.id, event.time, takenBack(event, 'returned', `${event.id}:undone`))
];
