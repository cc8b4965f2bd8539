/** What the derived tables must hold, from the oracle. Columns in the order of the queries under sql/queries/verify_*.sql. */
import type { AcceptedEvent, EventOf } from '#lib/contracts/events/registry.ts';
import { ofType } from './oracle/happened.ts';
import { fees, ledger, refunds } from './oracle/ledger.ts';
import { payments, type OraclePayment } from './oracle/payments.ts';
import type { OracleReceivables } from './oracle/receivables.ts';
import { orders, returnCredits } from './oracle/sales.ts';
import { reservations, stockRows, type OracleSku } from './oracle/stock.ts';
import { add, type Columns, type Tally } from './tally.ts';
import { families, unfold, type Fact } from './unfold.ts';

const ends = (...parts: readonly (readonly [string, string | undefined])[]): string[] =>
  parts.flatMap(([name, id]) => (id === undefined ? [] : [`${name} ${id}`]));

/** What ties money events: the same payment, the same payout, the same movement. */
function moneyKeys({ data }: AcceptedEvent): string[] {
  return ends(
    ['payment', 'payment_id' in data ? data.payment_id : undefined],
    ['payout', 'payout_id' in data ? data.payout_id : undefined],
    ['movement', 'movement_id' in data ? data.movement_id : undefined]
  );
}

const linksOf = (payment: OraclePayment | undefined): [string, string] => [
  payment?.order_id ?? '',
  payment?.customer_id ?? ''
];
const methodOf = ({ data }: AcceptedEvent): string => ('method' in data ? data.method : '');

function entityOf({ data }: AcceptedEvent): string {
  if ('payment_id' in data) return data.payment_id;
  if ('payout_id' in data) return data.payout_id;
  return 'return_id' in data ? (data.return_id ?? '') : '';
}

/** measure, currency, time, account, flow, kind, method, entity, order_id, customer_id, source, id → amount, base */
function moneyFacts(events: readonly AcceptedEvent[]): Fact[] {
  const facts: Fact[] = [];
  for (const { time, account, currency, amount, flow, kind, event, payment } of ledger(events)) {
    const [paysOrder, customer] = linksOf(payment);
    const order = event.type === 'return.refunded' ? (event.data.order_id ?? '') : paysOrder;
    const columns = [
      'ledger',
      currency,
      time,
      account,
      flow,
      kind,
      methodOf(event),
      entityOf(event),
      order,
      customer,
      event.source,
      event.id
    ];
    facts.push({ columns, values: [amount, 0] });
  }
  for (const { time, currency, amount, order_id, event, payment } of refunds(events)) {
    const kind = event.type === 'return.refunded' ? 'refunded' : 'reversed';
    const [, customer] = linksOf(payment);
    const columns = [
      'refund',
      currency,
      time,
      '',
      'none',
      kind,
      methodOf(event),
      entityOf(event),
      order_id ?? '',
      customer,
      event.source,
      event.id
    ];
    facts.push({ columns, values: [amount, 0] });
  }
  for (const { time, currency, fee, gross, event, payment } of fees(events)) {
    const columns = [
      'fee',
      currency,
      time,
      '',
      'none',
      'settled',
      methodOf(event),
      payment.payment_id,
      ...linksOf(payment),
      event.source,
      event.id
    ];
    facts.push({ columns, values: [fee, gross] });
  }
  return facts;
}

/** A balance has no time of its own: it counts from when it is known. Columns as above, time filled in later. */
function pendingFacts(events: readonly AcceptedEvent[]): Fact[] {
  const facts: Fact[] = [];
  for (const payment of payments(events).values()) {
    const event = payment.confirmed?.content;
    if (event === undefined || payment.pending === 0) continue;
    const columns = [
      'pending',
      payment.currency,
      0,
      '',
      'none',
      'confirmed',
      methodOf(event),
      payment.payment_id,
      ...linksOf(payment),
      event.source,
      event.id
    ];
    facts.push({ columns, values: [payment.pending, 0] });
  }
  return facts;
}
const fromWhenKnown = (columns: Columns, knownFrom: number): Columns => [...columns.with(2, knownFrom), knownFrom];

const MONEY_TYPES = new Set([
  'payment.confirmed',
  'payment.settled',
  'payment.reversed',
  'payment.reinstated',
  'payout.sent',
  'payout.returned',
  'account.moved',
  'return.refunded'
]);

/** Columns of moneyFacts and known_from → amount, base, sign. @param events distinct, in order */
export function moneyMovements(events: readonly AcceptedEvent[]): Tally {
  const tally: Tally = new Map();
  for (const family of families(
    events.filter(({ type }) => MONEY_TYPES.has(type)),
    moneyKeys
  )) {
    unfold(family, moneyFacts, tally);
    unfold(family, pendingFacts, tally, fromWhenKnown);
  }
  return tally;
}

/** measure, currency, time, entity, order_id, return_id, source, id, known_from → amount, sign. @param events distinct, in order */
export function salesMovements(events: readonly AcceptedEvent[]): Tally {
  const tally: Tally = new Map();
  const ofOrders = (told: readonly AcceptedEvent[]): Fact[] =>
    orders(told).flatMap(({ order_id, time, currency, value, event, cancelled }) => {
      const placed = {
        columns: ['order', currency, time, order_id, order_id, '', event.source, event.id],
        values: [value]
      };
      if (cancelled === undefined) return [placed];
      const { time: at, source, id } = cancelled;
      return [placed, { columns: ['cancelled', currency, at, order_id, order_id, '', source, id], values: [value] }];
    });
  const ofInvoices = (told: readonly AcceptedEvent[]): Fact[] =>
    returnCredits(told).map(({ time, currency, amount, invoice_id, order_id, return_id, event }) => ({
      columns: ['credit', currency, time, invoice_id, order_id ?? '', return_id ?? '', event.source, event.id],
      values: [amount]
    }));
  const byOrder = ({ data }: EventOf<'order.placed'> | EventOf<'order.cancelled'>): string[] => [data.order_id];
  const byInvoice = ({ data }: EventOf<'invoice.issued'> | EventOf<'invoice.credited'>): string[] => [data.invoice_id];
  for (const family of families([...ofType(events, 'order.placed'), ...ofType(events, 'order.cancelled')], byOrder))
    unfold(family, ofOrders, tally);
  for (const family of families(
    [...ofType(events, 'invoice.issued'), ...ofType(events, 'invoice.credited')],
    byInvoice
  ))
    unfold(family, ofInvoices, tally);
  return tally;
}

/** sku, warehouse, bucket, kind, time, entity, source, id, known_from → quantity, sign. @param events distinct, in order */
export function stockMovements(events: readonly AcceptedEvent[]): Tally {
  const tally: Tally = new Map();
  for (const { sku, warehouse, bucket, kind, quantity, event } of stockRows(events)) {
    const entity =
      event.type === 'order.shipped'
        ? event.data.order_id
        : event.type === 'return.received'
          ? event.data.return_id
          : '';
    add(tally, [sku, warehouse, bucket, kind, event.time, entity, event.source, event.id, event.time], [quantity, 1]);
  }
  const held = (told: readonly AcceptedEvent[]): Fact[] =>
    reservations(told).map(({ order_id, sku, quantity, event }) => ({
      columns: [sku, '', 'reserved', 'reserved', 0, order_id, event.source, event.id],
      values: [quantity]
    }));
  const told = [
    ...ofType(events, 'order.placed'),
    ...ofType(events, 'order.shipped'),
    ...ofType(events, 'order.cancelled')
  ];
  for (const family of families(told, ({ data }) => [data.order_id]))
    unfold(family, held, tally, (columns, knownFrom) => [...columns.with(4, knownFrom), knownFrom]);
  return tally;
}

/** currency, customer, invoice, number, due date, kind, order, issued, billed, credited, paid, open → 1 an open instalment */
export function openInstalments({ instalments }: OracleReceivables): Tally {
  const tally: Tally = new Map();
  for (const it of instalments) {
    if (it.open === 0) continue;
    const columns = [
      it.currency,
      it.customer_id,
      it.invoice_id,
      it.number,
      it.due_date,
      it.kind,
      it.order_id ?? '',
      it.issued_time
    ];
    add(tally, [...columns, it.billed, it.credited, it.paid, it.open], [1]);
  }
  return tally;
}

/** currency, exists_from, payment, invoice, number, customer, due date, amount → 1 a (payment, instalment) */
export function allocationsMade({ allocations }: OracleReceivables): Tally {
  const tally: Tally = new Map();
  for (const it of allocations)
    add(
      tally,
      [it.currency, it.exists_from, it.payment_id, it.invoice_id, it.number, it.customer_id, it.due_date, it.amount],
      [1]
    );
  return tally;
}

/** A sku of which nothing holds any more (an order was cancelled) may stand in the table or not. */
export const isBlankSku = (columns: Columns): boolean =>
  JSON.stringify(columns.slice(1)) === JSON.stringify([0, 1, 0, 0, 0, null, null, null]);

/** sku, kept, active, on hand, reserved, quarantine, name, unit cost, lead time → 1 a sku */
export function skuStates(skus: Iterable<OracleSku>): Tally {
  const tally: Tally = new Map();
  for (const it of skus) {
    const columns = [
      it.sku,
      Number(it.kept),
      Number(it.active),
      it.on_hand,
      it.reserved,
      it.quarantine,
      it.name ?? null,
      it.unit_cost ?? null,
      it.lead_time_days ?? null
    ];
    if (!isBlankSku(columns)) add(tally, columns, [1]);
  }
  return tally;
}
