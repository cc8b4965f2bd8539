/** What events do to money (domain.md section 3, cash ledger): the rule behind money_movements_v1. Pure. */
import { compareEvents, type AcceptedEvent, type EventOf } from '#lib/contracts/events/registry.ts';
import { countedMovements, groupBy, payments, pickContent, type Payment } from '#lib/domain/payments.ts';
import { subjectKeys } from './keys.ts';
import { components, replay, type Signed } from './signed.ts';

export const MONEY_TYPES = [
  'payment.confirmed',
  'payment.settled',
  'payment.reversed',
  'payment.reinstated',
  'payout.sent',
  'payout.returned',
  'account.moved',
  'return.refunded'
] as const;
export type MoneyEvent = EventOf<(typeof MONEY_TYPES)[number]>;
const moneyTypes: ReadonlySet<string> = new Set(MONEY_TYPES);
export const isMoneyEvent = (event: AcceptedEvent): event is MoneyEvent => moneyTypes.has(event.type);

export interface MoneyEffect {
  readonly measure: 'ledger' | 'pending' | 'refund' | 'fee';
  readonly currency: string;
  /** when it counts, epoch ms */
  readonly time: number;
  readonly account: string;
  readonly flow: 'in' | 'out' | 'transfer' | 'none';
  readonly kind: string;
  readonly method: string;
  readonly amount: number;
  /** fee: the gross it was taken from; else 0 */
  readonly base: number;
  readonly entity: string;
  readonly order_id: string;
  readonly customer_id: string;
  readonly source: string;
  readonly id: string;
}

const blank = { account: '', flow: 'none', method: '', base: 0, entity: '', order_id: '', customer_id: '' } as const;
const who = ({ source, id }: MoneyEvent): { source: string; id: string } => ({ source, id });
const linksOf = (payment: Payment): { entity: string; order_id: string; customer_id: string } => ({
  entity: payment.payment_id,
  order_id: payment.order_id ?? '',
  customer_id: payment.customer_id ?? ''
});

function settledEffects(payment: Payment): MoneyEffect[] {
  return payment.settled.flatMap(({ event, exists_from }) => {
    const { currency, method, account, amount_minor, fee_minor } = event.data;
    const about = {
      ...blank,
      ...linksOf(payment),
      ...who(event),
      currency,
      method,
      kind: 'settled',
      time: exists_from
    };
    const fee: MoneyEffect = { ...about, measure: 'fee', amount: fee_minor, base: amount_minor };
    return account === undefined
      ? [fee]
      : [fee, { ...about, measure: 'ledger', flow: 'in', account, amount: amount_minor - fee_minor }];
  });
}

/** Where and when a reversal that names no account moves money: the first settled parcel's, once that is settled. */
function settlement(payment: Payment | undefined): { account: string; time: number } | null {
  const first = payment?.settled.toSorted(
    (a, b) => a.exists_from - b.exists_from || compareEvents(a.event, b.event)
  )[0];
  return first?.event.data.account === undefined
    ? null
    : { account: first.event.data.account, time: first.exists_from };
}

function undoneEffects(
  event: EventOf<'payment.reversed'> | EventOf<'payment.reinstated'>,
  payment: Payment | undefined
): MoneyEffect[] {
  const { currency, amount_minor, reason, account, payment_id } = event.data;
  const reversed = event.type === 'payment.reversed';
  const about = {
    ...blank,
    ...(payment ? linksOf(payment) : { entity: payment_id }),
    ...who(event),
    currency,
    kind: reversed ? 'reversed' : 'reinstated'
  };
  const effects: MoneyEffect[] = [];
  if (reversed && reason === 'refund')
    effects.push({ ...about, measure: 'refund', time: event.time, amount: amount_minor });
  const settled = settlement(payment);
  const place =
    account === undefined
      ? settled && { ...settled, time: Math.max(settled.time, event.time) }
      : { account, time: event.time };
  if (place)
    effects.push({
      ...about,
      ...place,
      measure: 'ledger',
      flow: 'out',
      amount: reversed ? -amount_minor : amount_minor
    });
  return effects;
}

/** Confirmed and not yet available, from the moment it last changed; nothing for store credit. */
function pendingEffect(payment: Payment, now: number): MoneyEffect[] {
  const confirmed = payment.confirmed?.event;
  if (!confirmed || confirmed.data.method === 'store_credit') return [];
  const amount = Math.max(0, payment.gross_minor - payment.settled_minor - payment.reversed_minor);
  if (amount === 0) return [];
  return [
    {
      ...blank,
      ...linksOf(payment),
      ...who(confirmed),
      measure: 'pending',
      kind: 'confirmed',
      method: confirmed.data.method,
      currency: payment.currency,
      time: now,
      amount
    }
  ];
}

function payoutEffects(sent: readonly EventOf<'payout.sent'>[]): MoneyEffect[] {
  return [...groupBy(sent, (event) => event.data.payout_id).values()].map((group) => {
    const { event, exists_from } = pickContent(group);
    const { currency, method, account, amount_minor, fee_minor, payout_id } = event.data;
    return {
      ...blank,
      ...who(event),
      measure: 'ledger',
      flow: 'out',
      kind: 'payout_sent',
      method,
      currency,
      account,
      time: exists_from,
      amount: -amount_minor - (fee_minor ?? 0),
      entity: payout_id
    };
  });
}

function movedEffects(event: EventOf<'account.moved'>): MoneyEffect[] {
  const { account, counter_account, amount_minor, currency, category } = event.data;
  const leg = (name: string, amount: number): MoneyEffect => ({
    ...blank,
    ...who(event),
    measure: 'ledger',
    kind: 'moved',
    currency,
    account: name,
    time: event.time,
    amount,
    flow: category === 'transfer' ? 'transfer' : amount > 0 ? 'in' : 'out'
  });
  return counter_account === undefined
    ? [leg(account, amount_minor)]
    : [leg(account, amount_minor), leg(counter_account, -amount_minor)];
}

function refundedEffects(event: EventOf<'return.refunded'>): MoneyEffect[] {
  const { currency, method, account, amount_minor, return_id, order_id } = event.data;
  const about = {
    ...blank,
    ...who(event),
    currency,
    method,
    kind: 'refunded',
    time: event.time,
    entity: return_id,
    order_id: order_id ?? ''
  };
  const refund: MoneyEffect = { ...about, measure: 'refund', amount: amount_minor };
  return account === undefined || method === 'store_credit'
    ? [refund]
    : [refund, { ...about, measure: 'ledger', flow: 'out', account, amount: -amount_minor }];
}

/** The effects that hold for a prefix of one component, in order. Pending is left out: it is told as a balance, not as an event. */
function holding(prefix: readonly MoneyEvent[]): MoneyEffect[] {
  const paid = payments(prefix);
  const counted = new Set<MoneyEvent>(countedMovements(prefix.filter((event) => 'movement_id' in event.data)));
  const reversedMovements = new Set(
    prefix.flatMap((event) =>
      event.type === 'payment.reversed' && event.data.movement_id !== undefined ? [event.data.movement_id] : []
    )
  );
  const effects: MoneyEffect[] = [...paid.values()].flatMap(settledEffects);
  effects.push(...payoutEffects(prefix.filter((event) => event.type === 'payout.sent')));
  for (const event of prefix) {
    if ('movement_id' in event.data && !counted.has(event)) continue;
    if (event.type === 'payment.reversed' || event.type === 'payment.reinstated')
      effects.push(...undoneEffects(event, paid.get(event.data.payment_id)));
    else if (event.type === 'payout.returned')
      effects.push({
        ...blank,
        ...who(event),
        measure: 'ledger',
        flow: 'out',
        kind: 'payout_returned',
        currency: event.data.currency,
        account: event.data.account,
        time: event.time,
        amount: event.data.amount_minor,
        entity: event.data.payout_id
      });
    else if (event.type === 'account.moved') effects.push(...movedEffects(event));
    // the shop's word and the PSP's word for one movement: the PSP's reversal counts
    else if (event.type === 'return.refunded' && !reversedMovements.has(event.data.movement_id ?? ''))
      effects.push(...refundedEffects(event));
  }
  return effects;
}

/** Which keys tie money events together: what happens to one may change what the other does. */
export const moneyKeys = (event: AcceptedEvent): string[] =>
  subjectKeys(event).filter(
    (key) => key.startsWith('payment:') || key.startsWith('payout:') || key.startsWith('movement:')
  );

/**
 * All signed money rows of `events`.
 * @param events closed under moneyKeys: whole histories of the payments, payouts and movements they name; others are passed over
 */
export function moneyEffects(events: Iterable<AcceptedEvent>): Signed<MoneyEffect>[] {
  const rows: Signed<MoneyEffect>[] = [];
  for (const component of components([...events].filter(isMoneyEvent), moneyKeys)) {
    rows.push(...replay(component, holding));
    if (component.some((event) => event.type === 'payment.confirmed')) rows.push(...pendingRows(component));
  }
  return rows;
}

/** A balance has no time of its own: each change counts when it became known. */
function pendingRows(component: readonly MoneyEvent[]): Signed<MoneyEffect>[] {
  const timeless = replay(component, (prefix) =>
    [...payments(prefix).values()].flatMap((payment) => pendingEffect(payment, 0))
  );
  return timeless.map((row) => ({ ...row, time: row.known_from }));
}
