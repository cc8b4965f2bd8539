/** What is sent: the mix that design.md names, the same on every machine. Event n is always the same event. */
import { accepted } from '#ingest/verify/oracle/events.fixture.ts';
import { rawRow } from '../../support/ship.ts';

const SOURCE = '/bench/ingest';
const CUSTOMERS = 20_000;
const SKUS = 5_000;
const ACCOUNTS = ['itau', 'bb', 'caixa', 'stone'];
const DAY_MS = 86_400_000;
/** events a day: a million of them are 50 days */
const EVENTS_A_DAY = 20_000;
/** an invoice is paid so many rounds of the mix after it was issued */
const PAID_AFTER = 2_000;

export interface BenchEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly time: string;
  readonly data: object;
}

/** the days an invoice gives to pay it */
const TERM_DAYS = 28;

type Make = (unique: number, time: number) => object;
const customer = (round: number): string => `c-${(round * 7_919) % CUSTOMERS}`;
const amount = (round: number): number => 1_000 + ((round * 7_919) % 99_000);
const sku = (round: number): string => `s-${(round * 104_729) % SKUS}`;

const invoice: Make = (round, time) => ({
  invoice_id: `i-${round}`,
  customer_id: customer(round),
  currency: 'BRL',
  installments: [
    { number: 1, due_date: new Date(time + TERM_DAYS * DAY_MS).toISOString().slice(0, 10), amount_minor: amount(round) }
  ]
});
/** Most name their invoice, some but the customer. */
const payment: Make = (round) => {
  const paid = Math.max(0, round - PAID_AFTER);
  const names = round % 7 === 0 ? {} : { invoice_id: `i-${paid}` };
  return {
    payment_id: `p-${round}`,
    customer_id: customer(paid),
    ...names,
    account: ACCOUNTS[round % ACCOUNTS.length],
    amount_minor: amount(paid),
    fee_minor: 0,
    currency: 'BRL',
    method: 'boleto'
  };
};
const order: Make = (round) => ({
  order_id: `o-${round}`,
  customer_id: customer(round),
  currency: 'BRL',
  lines: [{ sku: sku(round), quantity: 1 + (round % 5), unit_price_minor: amount(round) }]
});
const shipment: Make = (round) => ({
  order_id: `o-${round}`,
  warehouse: 'SP',
  lines: [{ sku: sku(round), quantity: 1 + (round % 5) }]
});
const moved: Make = (round) => ({
  account: ACCOUNTS[round % ACCOUNTS.length],
  amount_minor: (round % 2 === 0 ? 1 : -1) * amount(round),
  currency: 'BRL',
  category: 'other'
});
const received: Make = (round) => ({ sku: sku(round), quantity: 20, unit_cost_minor: 500, warehouse: 'SP' });
const adjusted: Make = (round) => ({ sku: sku(round), quantity: -1, reason: 'breakage', warehouse: 'SP' });
const contacted: Make = (round) => ({
  customer_id: customer(round),
  collector: 'ana',
  channel: 'whatsapp',
  outcome: 'promised'
});

/** Ten events a round: 40 % payments and invoices (two of each), 20 % orders, and what else a wholesaler tells. */
const MIX: readonly (readonly [type: string, make: Make, unique: (round: number) => number])[] = [
  ['invoice.issued', invoice, (round) => 2 * round],
  ['payment.settled', payment, (round) => 2 * round],
  ['order.placed', order, (round) => 2 * round],
  ['account.moved', moved, (round) => 2 * round],
  ['stock.received', received, (round) => round],
  ['invoice.issued', invoice, (round) => 2 * round + 1],
  ['payment.settled', payment, (round) => 2 * round + 1],
  ['order.placed', order, (round) => 2 * round + 1],
  ['order.shipped', shipment, (round) => 2 * round],
  ['stock.adjusted', adjusted, (round) => round]
];
/** Now and then a collector calls instead. */
const CALL_EVERY = 50;

/** @param start epoch ms of event 0 */
export function eventAt(n: number, start: number): BenchEvent {
  const round = Math.floor(n / MIX.length);
  const [type = '', make = moved, unique = () => round] = MIX[n % MIX.length] ?? [];
  const isCall = n % CALL_EVERY === CALL_EVERY - 1;
  const time = start + (n * DAY_MS) / EVENTS_A_DAY;
  return {
    id: `e-${n}`,
    source: SOURCE,
    type: isCall ? 'collection.contacted' : type,
    time: new Date(time).toISOString(),
    data: isCall ? contacted(round, time) : make(unique(round), time)
  };
}

/** Midnight so long ago that none of so many events lies ahead of the clock. */
export const startFor = (events: number, now: number): number =>
  (Math.floor(now / DAY_MS) - Math.ceil(events / EVENTS_A_DAY) - 1) * DAY_MS;

export const eventsFrom = (first: number, count: number, start: number): BenchEvent[] =>
  Array.from({ length: count }, (_, index) => eventAt(first + index, start));

/** The same events as rows of the raw table, as a producer would insert them without us. */
export const rowsOf = (events: readonly BenchEvent[], firstSeq: number): string =>
  events
    .map(({ time, ...event }, index) => {
      const at = Date.parse(time);
      return rawRow(accepted({ ...event, time: at, received_at: at, seq: firstSeq + index }));
    })
    .join('\n');

/** How many of each type, told with the result. */
export function typesOf(events: readonly BenchEvent[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { type } of events) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}
