/** Money of a charge that is taken back: refunds, chargebacks, cash that was none. */
import { instantIn, SAO_PAULO } from './local-time.ts';
import { cashIdOf, CURRENCY, paymentIdOf, type AsaasEvent, type Payment } from './asaas-payment.ts';
import { splitsBack } from './asaas-split.ts';
import { isNone } from './payload.ts';
import { told, type Told } from './platform.ts';
import type { SourceSettings } from '#lib/contracts/sources.ts';

type Refund = NonNullable<Payment['refunds']>[number];

/** A refund with its movement: Asaas gives it no id. */
interface Listed extends Refund {
  readonly id: string;
  readonly movement_id: string;
  readonly time: string;
  readonly isDone: boolean;
}

function takenBack({ payment }: AsaasEvent, reason: 'refund' | 'chargeback' | 'returned', movement_id: string) {
  return { payment_id: paymentIdOf(payment), amount_minor: payment.value, currency: CURRENCY, reason, movement_id };
}

/** A charge refunded as a whole says so itself; of one refunded in part only what is done counts. */
const isDone = ({ name }: AsaasEvent, { status }: Refund): boolean =>
  isNone(status) || status === 'DONE' || name === 'PAYMENT_REFUNDED';

/** The refunds of the charge, oldest first, without those that were cancelled: Asaas lists all of them each time. */
function listed(event: AsaasEvent): Listed[] {
  const seen = new Map<string, number>();
  const all = (event.payment.refunds ?? []).map((refund) => {
    const { dateCreated, value } = refund;
    const same = `refund:${dateCreated.replace(' ', 'T')}:${value}`;
    const nth = (seen.get(same) ?? 0) + 1;
    seen.set(same, nth);
    const name = nth === 1 ? same : `${same}:${nth}`;
    const movement_id = `${paymentIdOf(event.payment)}:${name}`;
    const time = instantIn(SAO_PAULO, dateCreated);
    // dated by the event that tells it, it is another event each time
    const id = time === undefined ? `${event.id}:${name}` : movement_id;
    return { ...refund, id, movement_id, time: time ?? event.time, isDone: isDone(event, refund) };
  });
  return all.filter(({ status }) => status !== 'CANCELLED').sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
}

const reversalOf = (event: AsaasEvent, { id, movement_id, time, value }: Listed): Told =>
  told('payment.reversed', id, time, { ...takenBack(event, 'refund', movement_id), amount_minor: value });

const tell = (event: AsaasEvent, refunds: readonly Listed[], settings: SourceSettings): Told[] =>
  refunds.flatMap((refund) => [reversalOf(event, refund), ...splitsBack(event, refund, settings)]);

/** Each refund that is done, by whatever event lists it: the one that told it first may never have come. */
export const refunds = (event: AsaasEvent, settings: SourceSettings): Told[] =>
  tell(
    event,
    listed(event).filter((refund) => refund.isDone),
    settings
  );

const CURRENT_LOSS: ReadonlySet<string> = new Set(['DISPUTE_LOST', 'DONE']);
const WON = 'REVERSED';
const REQUESTED = 'PAYMENT_CHARGEBACK_REQUESTED';
const REFUNDS: ReadonlySet<string> = new Set(['PAYMENT_REFUNDED', 'PAYMENT_PARTIALLY_REFUNDED']);
const chargebackId = ({ id, chargeback }: Payment): string =>
  `${id}:chargeback${isNone(chargeback?.id) ? '' : `:${chargeback.id}`}`;

/** What it says it took, where that is less than the whole: of a plan of instalments Asaas may tell the sum. */
function partOf({ value, chargeback }: Payment): number | undefined {
  const part = chargeback?.value ?? 0;
  return part > 0 && part < value ? part : undefined;
}

/**
 * The refunds that were done before the chargeback. Those listed after it came to an end may be younger, and one that was lost may be
 * listed among them itself: only as much of the oldest as leaves something to the chargeback can be older than it.
 */
function before(event: AsaasEvent): Listed[] {
  const { payment, name } = event;
  const all = listed(event);
  const done = all.filter((refund) => refund.isDone);
  if (name === REQUESTED) return done;
  // after one that was won, the refund that the event is about is the last
  const last = payment.chargeback?.status === WON && REFUNDS.has(name) ? all.at(-1) : undefined;
  let room = payment.value - (partOf(payment) ?? 1);
  const fitting: Listed[] = [];
  for (const refund of done) {
    if (refund === last || refund.value > room) break;
    room -= refund.value;
    fitting.push(refund);
  }
  return fitting;
}

/** What the chargeback took: what it says, and no more than what refunds before it had left. */
function tookOf(event: AsaasEvent): number {
  const left = before(event).reduce((rest, { value }) => rest - value, event.payment.value);
  return Math.min(left, partOf(event.payment) ?? left);
}

/** The chargeback's reversal, whichever event tells it. */
function chargeback(event: AsaasEvent, id: string): Told[] {
  const amount_minor = tookOf(event);
  if (amount_minor <= 0) return [];
  const data = takenBack(event, 'chargeback', chargebackId(event.payment));
  return [told('payment.reversed', id, event.time, { ...data, amount_minor })];
}

export const chargedBack = (event: AsaasEvent, settings: SourceSettings): Told[] => [
  ...chargeback(event, event.id),
  ...refunds(event, settings)
];

/**
 * CONFIRMED or RECEIVED of a charge that had a chargeback: it was won, and the money is back. The reversal is told with it, under the
 * movement of the chargeback: it counts once, whether or not CHARGEBACK_REQUESTED came or will come.
 */
export function wonBack(event: AsaasEvent): Told[] {
  const { payment } = event;
  if (!payment.chargeback || CURRENT_LOSS.has(payment.chargeback.status ?? '')) return [];
  const amount_minor = tookOf(event);
  const data = { ...takenBack(event, 'chargeback', `${chargebackId(payment)}:won`), amount_minor };
  return [
    ...chargeback(event, `${event.id}:reversed`),
    told('payment.reinstated', `${event.id}:reinstated`, event.time, data)
  ];
}

/** A chargeback lost ends as REFUNDED: the same money, taken once, and the refunds before it. */
function lost(event: AsaasEvent, settings: SourceSettings): Told[] {
  const refunded = before(event);
  const own = listed(event).filter(({ id }) => refunded.every((refund) => refund.id !== id));
  return [
    ...chargeback(event, event.id),
    ...tell(event, refunded, settings),
    ...own.flatMap((refund) => splitsBack(event, refund, settings))
  ];
}

export function refunded(event: AsaasEvent, settings: SourceSettings): Told[] {
  const { payment } = event;
  if (payment.chargeback && payment.chargeback.status !== WON) return lost(event, settings);
  const done = refunds(event, settings);
  const whole = told(
    'payment.reversed',
    event.id,
    event.time,
    takenBack(event, 'refund', `${paymentIdOf(payment)}:refund`)
  );
  // a chargeback that was won is over: what is refunded later is other money
  return [...wonBack(event), ...(done.length > 0 ? done : [whole])];
}

export function partlyRefunded(event: AsaasEvent, settings: SourceSettings): Told[] {
  const { payment } = event;
  if ((payment.refunds ?? []).length > 0)
    return [...(payment.chargeback?.status === WON ? wonBack(event) : []), ...refunds(event, settings)];
  const movement_id = `${payment.id}:refund:${event.id}`;
  const fault = {
    path: '/data/amount_minor',
    message: 'refunded in part, and nothing says how much: add what was given back'
  };
  // left out, and not the whole value: replayed as it came it must not count
  const { amount_minor: _, ...data } = takenBack(event, 'refund', movement_id);
  return [{ id: event.id, type: 'payment.reversed', time: event.time, data, fault }];
}

/** Asaas may tell it of the charge as it is to be paid from then on. */
export const cashUndone = (event: AsaasEvent): Told[] => [
  told('payment.reversed', event.id, event.time, {
    ...takenBack(event, 'returned', `${event.id}:undone`),
    payment_id: cashIdOf(event.payment)
  })
];
