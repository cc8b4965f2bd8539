/**
 * Small, nasty heaps of events: few ids, few times and few amounts, so that everything collides. Valid by the schemas of ingest.
 * A heap is what producers send, in the order of arrival, copies and contradictions included; `accept` is what ingest keeps of it.
 */
import fc from 'fast-check';
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { accepted } from '#ingest/verify/oracle/events.fixture.ts';

/** An event on its way: identity, time, type and data. */
export interface Sent {
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly time: number;
  readonly data: Readonly<Record<string, unknown>>;
}
export interface Heap {
  readonly sent: readonly Sent[];
}

export const ZONE = 'America/Sao_Paulo';
/** After every generated time: figures of today include whatever lies on the last day. */
export const NOW = Date.parse('2026-02-19T23:30:00-03:00');

/** Local midnights in São Paulo, the eve of Carnival and a month's edge among them. */
const MIDNIGHTS = ['2026-01-01', '2026-02-01', '2026-02-13', '2026-02-18', '2026-02-19'].map((day) =>
  Date.parse(`${day}T00:00:00-03:00`)
);
/** Around midnight and around noon, a millisecond apart. */
const OFFSETS = [-1, 0, 0, 1, 1, 43_200_000, 43_200_000, 43_200_001, 45_000_000];
export const TIMES: readonly number[] = [
  ...new Set(MIDNIGHTS.flatMap((midnight) => OFFSETS.map((offset) => midnight + offset)))
].sort((a, b) => a - b);

const oneOf = (...values: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...values);
const time = fc.constantFrom(...TIMES);
const source = oneOf('erp', 'psp');
/** Ids whose order by bytes differs from that by UTF-16 units are among them. */
const id = fc.oneof(
  { weight: 20, arbitrary: fc.nat({ max: 400 }).map((n) => `e${n}`) },
  { weight: 1, arbitrary: oneOf('\u{1F600}', '\uFF5E', 'é') }
);
const currency = fc.oneof({ weight: 5, arbitrary: fc.constant('BRL') }, { weight: 1, arbitrary: fc.constant('USD') });
const amount = fc.constantFrom(1, 30, 50, 70, 100, 170, 300, 1000);
const small = fc.constantFrom(0, 1, 7, 20);
const revision = fc.constantFrom(0, 1, 1, 2);
const payment = oneOf('p1', 'p2', 'p3', 'p4');
const customer = oneOf('c1', 'c1', 'c2');
const invoice = oneOf('i1', 'i2', 'i3', 'i4');
const order = oneOf('o1', 'o2', 'o3');
const returned = oneOf('r1', 'r2');
const payout = oneOf('x1', 'x2');
const account = oneOf('bank', 'till', 'psp');
const movement = oneOf('m1', 'm2', 'm3');
const sku = oneOf('s1', 's2', 's3');
const warehouse = oneOf('w1', 'w2');
const method = fc.constantFrom('pix', 'boleto', 'credit_card', 'store_credit');
const number = fc.constantFrom(1, 2, 3);
const quantity = fc.constantFrom(1, 2, 3, 10);
const dueDate = oneOf(
  '2025-11-10',
  '2025-12-20',
  '2026-01-19',
  '2026-02-13',
  '2026-02-14',
  '2026-02-16',
  '2026-02-18',
  '2026-02-19',
  '2026-03-02'
);

type Fields = Readonly<Record<string, fc.Arbitrary<unknown>>>;
/** Some of the optional fields, each as likely there as not. */
const data = (required: Fields, optional: Fields = {}): fc.Arbitrary<Record<string, unknown>> =>
  fc.record({ ...required, ...optional }, { requiredKeys: Object.keys(required) });

/** What a payment names: often one thing only, so that every pass has its payments. */
const linked = fc.oneof(
  data({ invoice_id: invoice, installment: number }),
  data({ invoice_id: invoice }, { customer_id: customer }),
  data({ order_id: order }, { customer_id: customer }),
  data({ customer_id: customer }),
  fc.constant({}),
  data({}, { customer_id: customer, invoice_id: invoice, installment: number, order_id: order })
);
const surcharges = { interest_minor: small, fine_minor: small, discount_minor: small };
const withLinks = (event: fc.Arbitrary<Record<string, unknown>>): fc.Arbitrary<Record<string, unknown>> =>
  fc.tuple(event, linked).map(([own, links]) => ({ ...own, ...links }));

const settled = withLinks(
  data(
    { payment_id: payment, amount_minor: amount, fee_minor: small, currency, method, account },
    { parcel: number, revision, ...surcharges }
  )
).map(({ account: into, ...rest }) => (rest.method === 'store_credit' ? rest : { ...rest, account: into }));

const undone = data(
  {
    payment_id: payment,
    amount_minor: amount,
    currency,
    reason: fc.constantFrom('refund', 'refund', 'chargeback', 'returned')
  },
  { account, movement_id: movement }
);

const issued = fc
  .tuple(
    data(
      { invoice_id: invoice, customer_id: customer, currency, kind: fc.constantFrom('sale', 'sale', 'agreement') },
      {
        order_id: order,
        revision,
        replaces: fc.array(data({ invoice_id: invoice }, { installment: number }), { maxLength: 2 })
      }
    ),
    fc.array(data({ due_date: dueDate, amount_minor: amount }), { minLength: 1, maxLength: 3 })
  )
  .map(([own, parts]) => ({
    ...own,
    installments: parts.map((part, index) => ({ ...part, number: parts.length - index }))
  }));

const orderLine = data(
  { sku, quantity, unit_price_minor: amount },
  { discount_minor: small, cancelled_quantity: fc.constant(1) }
);
const lines = (line: fc.Arbitrary<unknown>): fc.Arbitrary<unknown[]> => fc.array(line, { maxLength: 3 });
const payoutFields = { payee: fc.constant('rent'), category: fc.constant('rent'), amount_minor: amount, currency };

/** Every type the figures read, weighted by how much can go wrong with it. */
const TOLD: readonly (readonly [number, string, fc.Arbitrary<Record<string, unknown>>])[] = [
  [
    6,
    'payment.confirmed',
    withLinks(data({ payment_id: payment, amount_minor: amount, currency, method }, { revision, ...surcharges }))
  ],
  [8, 'payment.settled', settled],
  [5, 'payment.reversed', undone],
  [3, 'payment.reinstated', undone],
  [
    2,
    'payment.allocated',
    data({
      payment_id: payment,
      allocations: fc.array(data({ invoice_id: invoice, amount_minor: amount }, { installment: number }), {
        maxLength: 3
      })
    })
  ],
  [8, 'invoice.issued', issued],
  [
    3,
    'invoice.credited',
    data(
      { invoice_id: invoice, amount_minor: amount, currency },
      { installment: number, return_id: returned, reason: fc.constantFrom('return', 'return', 'discount') }
    )
  ],
  [2, 'invoice.cancelled', data({ invoice_id: invoice }, { revision })],
  [1, 'invoice.written_off', data({ invoice_id: invoice })],
  [
    2,
    'payout.sent',
    data({ payout_id: payout, account, method: fc.constant('ted'), ...payoutFields }, { fee_minor: small, revision })
  ],
  [
    2,
    'payout.returned',
    data({ payout_id: payout, account, amount_minor: amount, currency }, { movement_id: movement })
  ],
  [
    2,
    'account.moved',
    data(
      {
        account,
        counter_account: account,
        amount_minor: fc.constantFrom(-100, -7, 40, 1000),
        currency,
        category: fc.constantFrom('transfer', 'yield')
      },
      { movement_id: movement }
    )
  ],
  [
    1,
    'account.moved',
    data(
      { account, amount_minor: fc.constantFrom(-100, 40), currency, category: fc.constant('other') },
      { movement_id: movement }
    )
  ],
  [2, 'account.balance_reported', data({ account, balance_minor: fc.constantFrom(-50, 0, 777), currency })],
  [
    3,
    'return.refunded',
    data(
      { return_id: returned, amount_minor: amount, currency, method },
      { order_id: order, account, movement_id: movement }
    )
  ],
  [
    2,
    'return.received',
    data(
      { return_id: returned, lines: lines(data({ sku, quantity, condition: fc.constantFrom('saleable', 'damaged') })) },
      { order_id: order, warehouse }
    )
  ],
  [
    5,
    'order.placed',
    data(
      { order_id: order, currency, lines: lines(orderLine) },
      { customer_id: customer, revision, discount_minor: small, shipping_minor: small }
    )
  ],
  [3, 'order.shipped', data({ order_id: order, lines: lines(data({ sku, quantity })) }, { warehouse })],
  [1, 'order.cancelled', data({ order_id: order })],
  [4, 'stock.counted', data({ sku, quantity: fc.constantFrom(0, 5, 12) }, { warehouse })],
  [
    1,
    'stock.adjusted',
    data({ sku, quantity: fc.constantFrom(-3, 4), reason: fc.constant('breakage') }, { warehouse })
  ],
  [3, 'stock.received', data({ sku, quantity }, { warehouse, unit_cost_minor: amount })],
  [1, 'stock.transferred', data({ sku, quantity, from: warehouse, to: warehouse })],
  [
    1,
    'product.updated',
    data({ sku }, { active: fc.boolean(), name: oneOf('n1', 'n2'), cost_minor: amount, lead_time_days: small })
  ],
  [
    1,
    'promise.made',
    data({
      promise_id: payment,
      customer_id: customer,
      collector: fc.constant('ana'),
      amount_minor: amount,
      currency,
      due_date: dueDate
    })
  ]
];

const sentEvent: fc.Arbitrary<Sent> = fc.oneof(
  ...TOLD.map(([weight, type, arbitrary]) => ({
    weight,
    arbitrary: fc.record({ source, id, type: fc.constant(type), time, data: arbitrary })
  }))
);

/** The same identity again: word for word, at another time, or with what another event says. */
const copies = (events: readonly Sent[]): fc.Arbitrary<Sent[]> => {
  const any = fc.constantFrom(...events);
  const copy = fc.oneof(
    any,
    fc.tuple(any, time).map(([event, at]) => ({ ...event, time: at })),
    fc.tuple(any, any).map(([{ source: from, id: same }, other]) => ({ ...other, source: from, id: same }))
  );
  return fc.array(copy, { maxLength: 4 });
};

export interface HeapSize {
  readonly min?: number;
  readonly max?: number;
}

/** Heaps in the order of arrival, which has nothing to do with that of happening. */
export const heap = ({ min = 1, max = 40 }: HeapSize = {}): fc.Arbitrary<Heap> =>
  fc
    .array(sentEvent, { minLength: min, maxLength: max, size: 'max' })
    .chain((events) =>
      copies(events).chain((again) =>
        fc.shuffledSubarray([...events, ...again], { minLength: events.length + again.length })
      )
    )
    .map((sent) => ({ sent }));

/** What ingest accepts of a heap: of one identity the first to arrive, numbered in order. */
export function accept({ sent }: Heap, firstSeq = 1): AcceptedEvent[] {
  const known = new Set<string>();
  const events: AcceptedEvent[] = [];
  for (const event of sent) {
    const identity = JSON.stringify([event.source, event.id]);
    if (known.has(identity)) continue;
    known.add(identity);
    events.push(accepted({ ...event, seq: firstSeq + events.length, received_at: NOW }));
  }
  return events;
}

/** Everything that arrived, copies with their own positions: what the oracle must see through. */
export const arrived = ({ sent }: Heap): AcceptedEvent[] =>
  sent.map((event, index) => accepted({ ...event, seq: index + 1, received_at: NOW }));
