/** Money of a charge that is taken back: refunds, chargebacks, cash that was none. */
import { instantIn, SAO_PAULO } from './local-time.ts';
import { accountOf, CURRENCY, type AsaasEvent, type Payment } from './asaas-payment.ts';
import { isNone } from './payload.ts';
import { told, type Told } from './platform.ts';
import type { SourceSettings } from '#lib/contracts/sources.ts';

const CURRENT_LOSS: ReadonlySet<string> = new Set(['DISPUTE_LOST', 'DONE']);
const WON = 'REVERSED';
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

type Refund = NonNullable<Payment['refunds']>[number];

/** A charge refunded as a whole says so itself; of one refunded in part only what is done counts. */
const isDone = ({ name }: AsaasEvent, { status }: Refund): boolean =>
  isNone(status) || status === 'DONE' || (name === 'PAYMENT_REFUNDED' && status !== 'CANCELLED');

/** What others had taken of it and gave back: their share left with the fees when it was settled. */
const splitsBack = (refund: Refund, movement: string, time: string, settings: SourceSettings): Told[] =>
  (refund.refundedSplits ?? [])
    .filter(({ done, value }) => done !== false && value !== 0)
    .map(({ id, value }) =>
      told('account.moved', `${movement}:split:${id}`, time, {
        account: accountOf(settings),
        amount_minor: value,
        currency: CURRENCY,
        category: 'other',
        movement_id: `${movement}:split:${id}`,
        memo: 'split'
      })
    );

/** One movement a refund: Asaas lists all of them each time, without ids. */
function refunds(event: AsaasEvent, settings: SourceSettings): Told[] {
  const seen = new Map<string, number>();
  return (event.payment.refunds ?? []).flatMap((refund) => {
    const { dateCreated, value } = refund;
    const same = `${dateCreated.replace(' ', 'T')}:${value}`;
    const nth = (seen.get(same) ?? 0) + 1;
    seen.set(same, nth);
    if (!isDone(event, refund)) return [];
    const movement_id = `${event.payment.id}:refund:${same}${nth === 1 ? '' : `:${nth}`}`;
    const time = instantIn(SAO_PAULO, dateCreated) ?? event.time;
    return [
      told('payment.reversed', movement_id, time, { ...takenBack(event, 'refund', movement_id), amount_minor: value }),
      ...splitsBack(refund, movement_id, time, settings)
    ];
  });
}

export function refunded(event: AsaasEvent, settings: SourceSettings): Told[] {
  const done = refunds(event, settings);
  if (done.length > 0) return done;
  const refund = takenBack(event, 'refund', `${event.payment.id}:refund`);
  const whole = told('payment.reversed', event.id, event.time, refund);
  // one that was won is over: what is refunded later is other money
  if (event.payment.chargeback?.status === WON) return [...wonBack(event), whole];
  // a chargeback lost ends as REFUNDED: the same money, taken once
  return [event.payment.chargeback ? chargedBack(event) : whole];
}

export function partlyRefunded(event: AsaasEvent, settings: SourceSettings): Told[] {
  if ((event.payment.refunds ?? []).length > 0) return refunds(event, settings);
  const movement_id = `${event.payment.id}:refund:${event.id}`;
  const fault = {
    path: '/data/amount_minor',
    message: 'refunded in part, and nothing says how much: add what was given back'
  };
  // left out, and not the whole value: replayed as it came it must not count
  const { amount_minor: _, ...data } = takenBack(event, 'refund', movement_id);
  return [{ id: event.id, type: 'payment.reversed', time: event.time, data, fault }];
}

export const cashUndone = (event: AsaasEvent): Told[] => [
  told('payment.reversed', event.id, event.time, takenBack(event, 'returned', `${event.id}:undone`))
];
