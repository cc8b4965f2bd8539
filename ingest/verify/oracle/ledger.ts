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

type LedgerKind = 'settled' | 'moved' | 'payout_sent' | 'payout_returned' | 'refunded' | 'reversed' | 'reinstated';
type LedgerEvent =
  | Settled
  | Reversed
  | Reinstated
  | EventOf<'payout.sent'>
  | EventOf<'payout.returned'>
  | EventOf<'account.moved'>
  | EventOf<'return.refunded'>;

/** One change of an account. `flow` says in which figure it counts, its sign what it does there. */
export interface LedgerRow {
  readonly time: number;
  readonly account: string;
  readonly currency: string;
  readonly amount: number;
  readonly flow: 'in' | 'out' | 'transfer';
  readonly kind: LedgerKind;
  /** the event behind it */
  readonly event: LedgerEvent;
  /** whose money it is, where it is a payment's */
  readonly payment: OraclePayment | undefined;
}

export interface Refund {
  readonly time: number;
  readonly currency: string;
  readonly amount: number;
  /** the order it gives money back for, where that is known */
  readonly order_id: string | undefined;
  readonly event: EventOf<'return.refunded'> | Reversed;
  readonly payment: OraclePayment | undefined;
}

export interface Fee {
  readonly time: number;
  readonly currency: string;
  readonly fee: number;
  readonly gross: number;
  readonly event: Settled;
  readonly payment: OraclePayment;
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

function settledRows(payment: OraclePayment): LedgerRow[] {
  const rows: LedgerRow[] = [];
  for (const { content: event, exists_from: time } of payment.parcels) {
    const { account, currency, method, amount_minor, fee_minor } = event.data;
    if (method === 'store_credit' || account === undefined) continue;
    rows.push({
      time,
      account,
      currency,
      amount: amount_minor - fee_minor,
      flow: 'in',
      kind: 'settled',
      event,
      payment
    });
  }
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
function undoneRows(event: Reversed | Reinstated, payment: OraclePayment | undefined): LedgerRow[] {
  const { currency, amount_minor } = event.data;
  const first = firstSettled(payment);
  const account = event.data.account ?? first?.content.data.account;
  if (account === undefined) return [];
  const isPlaced = event.data.account !== undefined || first === undefined;
  const time = isPlaced ? event.time : Math.max(event.time, first.exists_from);
  return event.type === 'payment.reversed'
    ? [{ time, account, currency, amount: -amount_minor, flow: 'out', kind: 'reversed', event, payment }]
    : [{ time, account, currency, amount: amount_minor, flow: 'out', kind: 'reinstated', event, payment }];
}

function payoutRows(events: readonly AcceptedEvent[]): LedgerRow[] {
  const rows: LedgerRow[] = [];
  const sent = entities(ofType(events, 'payout.sent'), ({ data }) => data.payout_id);
  for (const { content: event, exists_from: time } of sent.values()) {
    const { account, currency, amount_minor, fee_minor } = event.data;
    const amount = -amount_minor - (fee_minor ?? 0);
    rows.push({ time, account, currency, amount, flow: 'out', kind: 'payout_sent', event, payment: undefined });
  }
  for (const event of movements(ofType(events, 'payout.returned'))) {
    const { account, currency, amount_minor: amount } = event.data;
    const { time } = event;
    rows.push({ time, account, currency, amount, flow: 'out', kind: 'payout_returned', event, payment: undefined });
  }
  return rows;
}

function movedRows(events: readonly AcceptedEvent[]): LedgerRow[] {
  const rows: LedgerRow[] = [];
  for (const event of movements(ofType(events, 'account.moved'))) {
    const { time, data } = event;
    const legs = [{ account: data.account, amount: data.amount_minor }];
    if (data.counter_account !== undefined) legs.push({ account: data.counter_account, amount: -data.amount_minor });
    for (const { account, amount } of legs) {
      const flow = data.category === 'transfer' ? 'transfer' : amount > 0 ? 'in' : 'out';
      rows.push({ time, account, currency: data.currency, amount, flow, kind: 'moved', event, payment: undefined });
    }
  }
  return rows;
}

function refundedRows(events: readonly AcceptedEvent[]): LedgerRow[] {
  const rows: LedgerRow[] = [];
  for (const event of shopRefunds(events)) {
    const { account, currency, method, amount_minor } = event.data;
    if (account === undefined || method === 'store_credit') continue;
    const { time } = event;
    const amount = -amount_minor;
    rows.push({ time, account, currency, amount, flow: 'out', kind: 'refunded', event, payment: undefined });
  }
  return rows;
}

/** Every change of an account that counts. @param events in order */
export function ledger(events: readonly AcceptedEvent[]): LedgerRow[] {
  const paid = payments(events);
  return [
    ...[...paid.values()].flatMap(settledRows),
    ...reversals(events).flatMap((event) => undoneRows(event, paid.get(event.data.payment_id))),
    ...reinstatements(events).flatMap((event) => undoneRows(event, paid.get(event.data.payment_id))),
    ...payoutRows(events),
    ...movedRows(events),
    ...refundedRows(events)
  ];
}

/** What was given back to buyers, one movement_id once, whether or not it moved cash. @param events in order */
export function refunds(events: readonly AcceptedEvent[]): Refund[] {
  const paid = payments(events);
  const found: Refund[] = [];
  for (const event of shopRefunds(events)) {
    const { currency, amount_minor: amount, order_id } = event.data;
    found.push({ time: event.time, currency, amount, order_id, event, payment: undefined });
  }
  for (const event of reversals(events)) {
    const { currency, amount_minor: amount, payment_id, reason } = event.data;
    const payment = paid.get(payment_id);
    if (reason !== 'refund') continue;
    found.push({ time: event.time, currency, amount, order_id: payment?.order_id, event, payment });
  }
  return found;
}

/** Fee and gross of every settled parcel that counts, store credit too. @param events in order */
export function fees(events: readonly AcceptedEvent[]): Fee[] {
  const found: Fee[] = [];
  for (const payment of payments(events).values())
    for (const { content: event, exists_from: time } of payment.parcels) {
      const { currency, fee_minor: fee, amount_minor: gross } = event.data;
      found.push({ time, currency, fee, gross, event, payment });
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
