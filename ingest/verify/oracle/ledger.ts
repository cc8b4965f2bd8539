/** The cash ledger, refunds, fees and account balances (domain.md section 3). Amounts signed, minor units. */
import type { AcceptedEvent, EventOf } from '#lib/contracts/events/registry.ts';
import { entities, movements, ofType, type Entity } from './happened.ts';
import {
  payments,
  reinstatements,
  reversals,
  type OraclePayment,
  type Reinstated,
  type Reversed,
  type Settled
} from './payments.ts';

export type LedgerKind =
  'settled' | 'moved' | 'payout_sent' | 'payout_returned' | 'refunded' | 'reversed' | 'reinstated';

/** One change of an account. `flow` says in which figure it counts, its sign what it does there. */
export interface LedgerRow {
  readonly time: number;
  readonly account: string;
  readonly currency: string;
  readonly amount: number;
  readonly flow: 'in' | 'out' | 'transfer';
  readonly kind: LedgerKind;
  /** payment_id, payout_id, return_id; '' for account.moved */
  readonly entity: string;
  /** the event behind it */
  readonly source: string;
  readonly id: string;
}

export interface Refund {
  readonly time: number;
  readonly currency: string;
  readonly amount: number;
  /** the order it gives money back for, where that is known */
  readonly order_id: string | undefined;
  readonly entity: string;
  readonly source: string;
  readonly id: string;
}

export interface Fee {
  readonly time: number;
  readonly currency: string;
  readonly fee: number;
  readonly gross: number;
  readonly payment_id: string;
  readonly source: string;
  readonly id: string;
}

export interface Account {
  readonly account: string;
  readonly currency: string;
  readonly balance: number;
}

/** The refunds told by a shop that count: told by the PSP too (one movement_id), its reversal counts instead. */
function shopRefunds(events: readonly AcceptedEvent[]): EventOf<'return.refunded'>[] {
  const reversedMovements = new Set<string>();
  for (const { data } of ofType(events, 'payment.reversed'))
    if (data.movement_id !== undefined) reversedMovements.add(data.movement_id);
  return movements(ofType(events, 'return.refunded')).filter(
    ({ data }) => data.movement_id === undefined || !reversedMovements.has(data.movement_id)
  );
}

function paymentRows(events: readonly AcceptedEvent[], paid: ReadonlyMap<string, OraclePayment>): LedgerRow[] {
  const rows: LedgerRow[] = [];
  for (const { payment_id, parcels } of paid.values())
    for (const { content, exists_from } of parcels) {
      const { source, id, data } = content;
      if (data.method === 'store_credit' || data.account === undefined) continue;
      const amount = data.amount_minor - data.fee_minor;
      rows.push({
        time: exists_from,
        account: data.account,
        currency: data.currency,
        amount,
        flow: 'in',
        kind: 'settled',
        entity: payment_id,
        source,
        id
      });
    }
  for (const event of reversals(events)) rows.push(...undoneRow(event, paid.get(event.data.payment_id), -1));
  for (const event of reinstatements(events)) rows.push(...undoneRow(event, paid.get(event.data.payment_id), +1));
  return rows;
}

/** The parcel that was settled first: of two at one time the first in order. */
function firstSettled(payment: OraclePayment | undefined): Entity<Settled> | undefined {
  let first: Entity<Settled> | undefined;
  for (const parcel of payment?.parcels ?? [])
    if (first === undefined || parcel.exists_from < first.exists_from) first = parcel;
  return first;
}

/** In the account it names, at its own time; else where and not before the payment was first settled; else nothing. */
function undoneRow(event: Reversed | Reinstated, payment: OraclePayment | undefined, sign: 1 | -1): LedgerRow[] {
  const { source, id, data } = event;
  const first = firstSettled(payment);
  const account = data.account ?? first?.content.data.account;
  if (account === undefined) return [];
  const time = data.account === undefined && first !== undefined ? Math.max(event.time, first.exists_from) : event.time;
  const kind = event.type === 'payment.reversed' ? 'reversed' : 'reinstated';
  return [
    {
      time,
      account,
      currency: data.currency,
      amount: sign * data.amount_minor,
      flow: 'out',
      kind,
      entity: data.payment_id,
      source,
      id
    }
  ];
}

function payoutRows(events: readonly AcceptedEvent[]): LedgerRow[] {
  const rows: LedgerRow[] = [];
  for (const [payout_id, { content, exists_from }] of entities(
    ofType(events, 'payout.sent'),
    ({ data }) => data.payout_id
  )) {
    const { source, id, data } = content;
    const amount = -(data.amount_minor + (data.fee_minor ?? 0));
    rows.push({
      time: exists_from,
      account: data.account,
      currency: data.currency,
      amount,
      flow: 'out',
      kind: 'payout_sent',
      entity: payout_id,
      source,
      id
    });
  }
  for (const { time, source, id, data } of movements(ofType(events, 'payout.returned')))
    rows.push({
      time,
      account: data.account,
      currency: data.currency,
      amount: data.amount_minor,
      flow: 'out',
      kind: 'payout_returned',
      entity: data.payout_id,
      source,
      id
    });
  return rows;
}

function movedRows(events: readonly AcceptedEvent[]): LedgerRow[] {
  const rows: LedgerRow[] = [];
  for (const { time, source, id, data } of movements(ofType(events, 'account.moved'))) {
    const legs = [{ account: data.account, amount: data.amount_minor }];
    if (data.counter_account !== undefined) legs.push({ account: data.counter_account, amount: -data.amount_minor });
    for (const { account, amount } of legs) {
      const flow = data.category === 'transfer' ? 'transfer' : amount > 0 ? 'in' : 'out';
      rows.push({ time, account, currency: data.currency, amount, flow, kind: 'moved', entity: '', source, id });
    }
  }
  return rows;
}

/** Every change of an account that counts. @param events in order */
export function ledger(events: readonly AcceptedEvent[]): LedgerRow[] {
  const rows = [...paymentRows(events, payments(events)), ...payoutRows(events), ...movedRows(events)];
  for (const { time, source, id, data } of shopRefunds(events)) {
    if (data.account === undefined || data.method === 'store_credit') continue;
    rows.push({
      time,
      account: data.account,
      currency: data.currency,
      amount: -data.amount_minor,
      flow: 'out',
      kind: 'refunded',
      entity: data.return_id,
      source,
      id
    });
  }
  return rows;
}

/** What was given back to buyers, one movement_id once, whether or not it moved cash. @param events in order */
export function refunds(events: readonly AcceptedEvent[]): Refund[] {
  const paid = payments(events);
  const told = shopRefunds(events).map(({ time, source, id, data }): Refund => ({
    time,
    currency: data.currency,
    amount: data.amount_minor,
    order_id: data.order_id,
    entity: data.return_id,
    source,
    id
  }));
  const taken = reversals(events)
    .filter(({ data }) => data.reason === 'refund')
    .map(({ time, source, id, data }): Refund => ({
      time,
      currency: data.currency,
      amount: data.amount_minor,
      order_id: paid.get(data.payment_id)?.order_id,
      entity: data.payment_id,
      source,
      id
    }));
  return [...told, ...taken];
}

/** Fee and gross of every settled parcel that counts, store credit too. @param events in order */
export function fees(events: readonly AcceptedEvent[]): Fee[] {
  const found: Fee[] = [];
  for (const { payment_id, parcels } of payments(events).values())
    for (const { content, exists_from } of parcels) {
      const { source, id, data } = content;
      found.push({
        time: exists_from,
        currency: data.currency,
        fee: data.fee_minor,
        gross: data.amount_minor,
        payment_id,
        source,
        id
      });
    }
  return found;
}

/** Balances by account and currency: the bank's last report re-bases, what moved after it adds. @param events in order */
export function accounts(events: readonly AcceptedEvent[], rows: readonly LedgerRow[]): Account[] {
  const keyOf = (account: string, currency: string): string => JSON.stringify([account, currency]);
  const reports = new Map<string, EventOf<'account.balance_reported'>>();
  for (const event of ofType(events, 'account.balance_reported'))
    reports.set(keyOf(event.data.account, event.data.currency), event);
  const found = new Map<string, Account>();
  for (const [key, { data }] of reports)
    found.set(key, { account: data.account, currency: data.currency, balance: data.balance_minor });
  for (const { account, currency, amount, time } of rows) {
    const key = keyOf(account, currency);
    const report = reports.get(key);
    const known = found.get(key) ?? { account, currency, balance: 0 };
    const counts = report === undefined || time > report.time;
    found.set(key, { ...known, balance: known.balance + (counts ? amount : 0) });
  }
  return [...found.values()];
}
