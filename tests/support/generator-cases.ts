/** Which of the hard cases a heap holds, so that a run can show that it met them all. */
import type { AcceptedEvent, EventOf, EventType } from '#lib/contracts/events/registry.ts';
import { accept, TIMES, type Heap, type Sent } from './generator.ts';

const ofType = <T extends EventType>(events: readonly AcceptedEvent[], type: T): EventOf<T>[] =>
  events.filter((event): event is EventOf<T> => event.type === type);
const repeats = <T>(items: readonly T[], keyOf: (item: T) => unknown): boolean =>
  new Set(items.map((item) => JSON.stringify(keyOf(item)))).size < items.length;
const identity = ({ source, id }: { readonly source: string; readonly id: string }): string =>
  JSON.stringify([source, id]);
const copiesIn = (sent: readonly Sent[], differ: (a: Sent, b: Sent) => boolean): boolean =>
  sent.some((a, index) => sent.slice(index + 1).some((b) => identity(a) === identity(b) && differ(a, b)));
const sameData = (a: Sent, b: Sent): boolean => a.type === b.type && JSON.stringify(a.data) === JSON.stringify(b.data);

interface Seen {
  readonly sent: readonly Sent[];
  /** accepted, in order of arrival */
  readonly events: readonly AcceptedEvent[];
  readonly issued: readonly EventOf<'invoice.issued'>[];
  readonly confirmed: readonly EventOf<'payment.confirmed'>[];
  readonly settled: readonly EventOf<'payment.settled'>[];
  readonly reversed: readonly EventOf<'payment.reversed'>[];
  readonly reinstated: readonly EventOf<'payment.reinstated'>[];
  readonly allocated: readonly EventOf<'payment.allocated'>[];
  readonly refunded: readonly EventOf<'return.refunded'>[];
  readonly credited: readonly EventOf<'invoice.credited'>[];
  readonly counted: readonly EventOf<'stock.counted'>[];
}

const names = (
  seen: Seen,
  test: (data: EventOf<'payment.settled'>['data'] | EventOf<'payment.confirmed'>['data']) => boolean
): boolean => [...seen.confirmed, ...seen.settled].some(({ data }) => test(data));
const CASES = {
  'a copy word for word': ({ sent }) => copiesIn(sent, (a, b) => sameData(a, b) && a.time === b.time),
  'a copy at another time': ({ sent }) => copiesIn(sent, (a, b) => a.time !== b.time),
  'a copy that says something else': ({ sent }) => copiesIn(sent, (a, b) => !sameData(a, b)),
  'arrival against the order of happening': ({ events }) =>
    events.some((event, index) => (events[index + 1]?.time ?? Infinity) < event.time),
  'two events at one time': ({ events }) => repeats(events, ({ time }) => time),
  'one at local midnight, one just before': ({ events }) =>
    events.some(({ time }) => TIMES.includes(time + 1) && events.some((other) => other.time === time + 1)),
  'two contents of one revision': ({ confirmed }) =>
    repeats(confirmed, ({ data }) => [data.payment_id, data.revision ?? 0]),
  'a payment corrected': ({ settled }) =>
    settled.some((a) =>
      settled.some(
        (b) =>
          a.data.payment_id === b.data.payment_id &&
          (a.data.parcel ?? 1) === (b.data.parcel ?? 1) &&
          (a.data.revision ?? 0) > (b.data.revision ?? 0)
      )
    ),
  'a correction that arrives first': ({ issued }) =>
    issued.some((a) =>
      issued.some(
        (b) =>
          a.data.invoice_id === b.data.invoice_id && (a.data.revision ?? 0) > (b.data.revision ?? 0) && a.seq < b.seq
      )
    ),
  'several parcels': ({ settled }) =>
    settled.some((a) =>
      settled.some((b) => a.data.payment_id === b.data.payment_id && (a.data.parcel ?? 1) !== (b.data.parcel ?? 1))
    ),
  'store credit': (seen) => names(seen, ({ method }) => method === 'store_credit'),
  'a payment in two currencies': (seen) =>
    names(seen, (a) => names(seen, (b) => a.payment_id === b.payment_id && a.currency !== b.currency)),
  'names an instalment that exists': (seen) =>
    names(
      seen,
      (data) =>
        data.installment !== undefined &&
        seen.issued.some(
          (event) =>
            event.data.invoice_id === data.invoice_id &&
            event.data.installments.some((part) => part.number === data.installment)
        )
    ),
  'names an instalment that does not': (seen) =>
    names(
      seen,
      (data) =>
        data.installment !== undefined &&
        data.invoice_id !== undefined &&
        !seen.issued.some(
          (event) =>
            event.data.invoice_id === data.invoice_id &&
            event.data.installments.some((part) => part.number === data.installment)
        )
    ),
  'names an invoice': (seen) => names(seen, (data) => data.invoice_id !== undefined && data.installment === undefined),
  'names only an order': (seen) => names(seen, (data) => data.invoice_id === undefined && data.order_id !== undefined),
  'names only a customer': (seen) =>
    names(
      seen,
      (data) => data.invoice_id === undefined && data.order_id === undefined && data.customer_id !== undefined
    ),
  'names nothing': (seen) =>
    names(
      seen,
      (data) => data.invoice_id === undefined && data.order_id === undefined && data.customer_id === undefined
    ),
  'an order billed to two customers': ({ issued }) =>
    issued.some((a) =>
      issued.some(
        (b) =>
          a.data.order_id !== undefined &&
          a.data.order_id === b.data.order_id &&
          a.data.customer_id !== b.data.customer_id
      )
    ),
  'allocated again': ({ allocated }) => repeats(allocated, ({ data }) => data.payment_id),
  'allocated before it was paid': ({ allocated, confirmed, settled }) =>
    allocated.some((event) =>
      [...confirmed, ...settled].some(
        ({ time, data }) => data.payment_id === event.data.payment_id && time > event.time
      )
    ),
  'an agreement that replaces a whole invoice': ({ issued }) =>
    issued.some(
      ({ data }) => data.kind === 'agreement' && (data.replaces ?? []).some((old) => old.installment === undefined)
    ),
  'an agreement that replaces an instalment': ({ issued }) =>
    issued.some(
      ({ data }) => data.kind === 'agreement' && (data.replaces ?? []).some((old) => old.installment !== undefined)
    ),
  'an agreement cancelled': ({ issued, events }) =>
    ofType(events, 'invoice.cancelled').some((end) =>
      issued.some(({ data }) => data.kind === 'agreement' && data.invoice_id === end.data.invoice_id)
    ),
  'an invoice cancelled': ({ issued, events }) =>
    ofType(events, 'invoice.cancelled').some((end) =>
      issued.some(({ data }) => data.invoice_id === end.data.invoice_id)
    ),
  'an invoice cancelled, and told again': ({ issued, events }) =>
    ofType(events, 'invoice.cancelled').some(
      ({ data: end }) =>
        end.revision !== undefined &&
        issued.some(({ data }) => data.invoice_id === end.invoice_id && (data.revision ?? 0) > (end.revision ?? 0))
    ),
  'an invoice written off': ({ issued, events }) =>
    ofType(events, 'invoice.written_off').some((end) =>
      issued.some(({ data }) => data.invoice_id === end.data.invoice_id)
    ),
  'a credit to an instalment': ({ credited }) => credited.some(({ data }) => data.installment !== undefined),
  'a credit to an invoice': ({ credited }) => credited.some(({ data }) => data.installment === undefined),
  'a credit for a return that was refunded': ({ credited, refunded }) =>
    credited.some(({ data }) => refunded.some((event) => event.data.return_id === data.return_id)),
  'a reversal that names its account': ({ reversed }) => reversed.some(({ data }) => data.account !== undefined),
  'a reversal before its settlement': ({ reversed, settled }) =>
    reversed.some(
      (event) =>
        event.data.account === undefined &&
        settled.some(({ time, data }) => data.payment_id === event.data.payment_id && time > event.time)
    ),
  'a reversal of a payment never settled': ({ reversed, settled }) =>
    reversed.some((event) => !settled.some(({ data }) => data.payment_id === event.data.payment_id)),
  'a reinstatement': ({ reinstated }) => reinstated.length > 0,
  'one movement_id in two payments': ({ reversed }) =>
    reversed.some((a) =>
      reversed.some(
        (b) =>
          a.data.movement_id !== undefined &&
          a.data.movement_id === b.data.movement_id &&
          a.data.payment_id !== b.data.payment_id
      )
    ),
  'a refund told by shop and PSP': ({ refunded, reversed }) =>
    refunded.some((a) =>
      reversed.some((b) => a.data.movement_id !== undefined && a.data.movement_id === b.data.movement_id)
    ),
  'a payout returned twice': ({ events }) =>
    repeats(
      ofType(events, 'payout.returned').filter(({ data }) => data.movement_id !== undefined),
      ({ data }) => data.movement_id
    ),
  'a transfer': ({ events }) => ofType(events, 'account.moved').some(({ data }) => data.category === 'transfer'),
  'a report, and moves after it': ({ events }) =>
    ofType(events, 'account.balance_reported').some((report) =>
      ofType(events, 'account.moved').some(
        ({ time, data }) => data.account === report.data.account && time > report.time
      )
    ),
  'two currencies': ({ events }) =>
    new Set(events.flatMap(({ data }) => ('currency' in data ? [data.currency] : []))).size > 1,
  'two warehouses': ({ events }) =>
    new Set(events.flatMap(({ data }) => ('warehouse' in data ? [data.warehouse] : []))).size > 1,
  'two counts at one time': ({ counted }) => repeats(counted, ({ time, data }) => [time, data.sku, data.warehouse]),
  'a count, and goods at that very time': ({ counted, events }) =>
    counted.some((count) =>
      ofType(events, 'stock.received').some(({ time, data }) => time === count.time && data.sku === count.data.sku)
    ),
  'a transfer between warehouses': ({ events }) =>
    ofType(events, 'stock.transferred').some(({ data }) => data.from !== data.to),
  'shipped before it was placed': ({ events }) =>
    ofType(events, 'order.shipped').some((shipped) =>
      ofType(events, 'order.placed').some(
        ({ time, data }) => data.order_id === shipped.data.order_id && time > shipped.time
      )
    ),
  'goods taken off an order, some of them shipped': ({ events }) =>
    ofType(events, 'order.placed').some(({ data }) =>
      data.lines.some(
        ({ sku, cancelled_quantity = 0 }) =>
          cancelled_quantity > 0 &&
          ofType(events, 'order.shipped').some(
            (shipped) => shipped.data.order_id === data.order_id && shipped.data.lines.some((line) => line.sku === sku)
          )
      )
    ),
  'an order cancelled with money back': ({ events, refunded }) =>
    ofType(events, 'order.cancelled').some(({ data }) =>
      refunded.some((event) => event.data.order_id === data.order_id)
    ),
  'damaged goods': ({ events }) =>
    ofType(events, 'return.received').some(({ data }) => data.lines.some(({ condition }) => condition === 'damaged')),
  'a sku set inactive': ({ events }) => ofType(events, 'product.updated').some(({ data }) => data.active === false)
} as const satisfies Record<string, (seen: Seen) => boolean>;

/** Counts, over many heaps, how many of them held each case. */
export interface CaseCounter {
  add(heap: Heap): void;
  /** heaps by case, every case listed */
  counts(): ReadonlyMap<string, number>;
  table(): string;
}

export function countCases(): CaseCounter {
  const counts = new Map<string, number>(Object.keys(CASES).map((name) => [name, 0]));
  let heaps = 0;
  return {
    add(heap) {
      heaps += 1;
      const events = accept(heap);
      const seen: Seen = {
        sent: heap.sent,
        events,
        issued: ofType(events, 'invoice.issued'),
        confirmed: ofType(events, 'payment.confirmed'),
        settled: ofType(events, 'payment.settled'),
        reversed: ofType(events, 'payment.reversed'),
        reinstated: ofType(events, 'payment.reinstated'),
        allocated: ofType(events, 'payment.allocated'),
        refunded: ofType(events, 'return.refunded'),
        credited: ofType(events, 'invoice.credited'),
        counted: ofType(events, 'stock.counted')
      };
      for (const [name, holds] of Object.entries(CASES)) if (holds(seen)) counts.set(name, (counts.get(name) ?? 0) + 1);
    },
    counts: () => counts,
    table: () =>
      [`${heaps} heaps held`, ...[...counts].map(([name, count]) => `${String(count).padStart(6)}  ${name}`)].join('\n')
  };
}
