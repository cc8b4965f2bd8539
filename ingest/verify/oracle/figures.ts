/** Every figure of domain.md section 4 that has an id, from the books. One entry a figure, read against its formula there. */
import { BUCKETS, KPI_FACTS, KPI_IDS, type KpiId, type KpiValue, type Reason } from '#lib/contracts/kpi.ts';
import { bucketOf } from '#lib/domain/ageing.ts';
import { seenKey, unitsMoved, type Books } from './books.ts';
import { sum } from './happened.ts';
import type { OracleInstalment } from './receivables.ts';

export interface Figure {
  /** null: empty, for `reason` */
  readonly value: KpiValue | null;
  readonly reason?: Reason;
}
/** An amount in minor units or units, a share, or why there is none. */
type Outcome = number | { readonly over: number; readonly under: number } | 'no_kept_sku';
type Rule = (books: Books, currency: string) => Outcome;

const cashToday = (books: Books, currency: string, flow: 'in' | 'out'): number =>
  sum(
    books.ledger.filter((row) => row.currency === currency && row.flow === flow && books.isToday(row.time)),
    ({ amount }) => amount
  );

const openIn = ({ receivables }: Books, currency: string): OracleInstalment[] =>
  receivables.instalments.filter((instalment) => instalment.currency === currency && instalment.open > 0);

const ageOf = ({ calendar, today }: Books, dueDate: string) =>
  bucketOf({ dueDate, effectiveDueDate: calendar.effectiveDueDate(dueDate), today });

const open: Rule = (books, currency) => sum(openIn(books, currency), (instalment) => instalment.open);

const overdue = (books: Books, currency: string): number =>
  sum(
    openIn(books, currency).filter(({ due_date }) => books.calendar.effectiveDueDate(due_date) < books.today),
    (instalment) => instalment.open
  );

const collected = (books: Books, currency: string) =>
  books.receivables.allocations.filter(
    (allocation) => allocation.currency === currency && books.isToday(allocation.exists_from)
  );

const refundsToday = (books: Books, currency: string) =>
  books.refunds.filter((refund) => refund.currency === currency && books.isToday(refund.time));

const ordersToday = (books: Books, currency: string) =>
  books.orders.filter((order) => order.currency === currency && books.isToday(order.time));

const keptSkus = ({ skus }: Books) => [...skus.values()].filter(({ kept }) => kept);

/** A stock figure is over kept skus: of the others the quantity is unknown. */
const overKept =
  (figure: (kept: ReturnType<typeof keptSkus>) => number): Rule =>
  (books) => {
    const kept = keptSkus(books);
    return kept.length === 0 ? 'no_kept_sku' : figure(kept);
  };

function netSales(books: Books, currency: string): number {
  const isCancelled = (order: string | undefined): boolean => order !== undefined && books.cancelledOrders.has(order);
  const sales = sum(ordersToday(books, currency), ({ value }) => value);
  const cancelled = books.orders.filter(
    (order) => order.currency === currency && order.cancelled !== undefined && books.isToday(order.cancelled.time)
  );
  const refunded = refundsToday(books, currency).filter(({ order_id }) => !isCancelled(order_id));
  const credited = books.credits
    .filter((credit) => credit.currency === currency && books.isToday(credit.time))
    .filter(({ order_id }) => !isCancelled(order_id))
    .filter(({ return_id }) => return_id === undefined || !books.refundedReturns.has(return_id));
  return (
    sales -
    sum(cancelled, ({ value }) => value) -
    sum(refunded, ({ amount }) => amount) -
    sum(credited, ({ amount }) => amount)
  );
}

const rules: Record<Exclude<KpiId, 'ageing'>, Rule> = {
  'cash-position': ({ accounts }, currency) =>
    sum(
      accounts.filter((account) => account.currency === currency),
      ({ balance }) => balance
    ),
  'cash-in-today': (books, currency) => cashToday(books, currency, 'in'),
  'cash-out-today': (books, currency) => 0 - cashToday(books, currency, 'out'),
  'net-cash-today': (books, currency) => cashToday(books, currency, 'in') + cashToday(books, currency, 'out'),
  'cash-confirmed-pending': ({ payments }, currency) =>
    sum(
      [...payments.values()].filter((payment) => payment.currency === currency),
      ({ pending }) => pending
    ),
  'refunds-today': (books, currency) => sum(refundsToday(books, currency), ({ amount }) => amount),
  'fee-rate': (books, currency) => {
    const taken = books.fees.filter((fee) => fee.currency === currency && books.isThisMonth(fee.time));
    return { over: sum(taken, ({ fee }) => fee), under: sum(taken, ({ gross }) => gross) };
  },
  'receivables-open': open,
  'receivables-overdue': overdue,
  'delinquency-rate': (books, currency) => ({
    over: overdue(books, currency),
    under: sum(openIn(books, currency), (instalment) => instalment.open)
  }),
  'collected-today': (books, currency) => sum(collected(books, currency), ({ amount }) => amount),
  'recovered-today': (books, currency) =>
    sum(
      collected(books, currency).filter(({ due_date }) => books.calendar.effectiveDueDate(due_date) < books.today),
      ({ amount }) => amount
    ),
  'stock-on-hand': overKept((kept) => sum(kept, ({ on_hand }) => on_hand)),
  'stock-free': overKept((kept) => sum(kept, ({ on_hand, reserved }) => on_hand - reserved)),
  'stock-outs': overKept(
    (kept) => kept.filter(({ active, on_hand, reserved }) => active && on_hand - reserved <= 0).length
  ),
  // with goods received: a receipt without lines brought none
  'returns-today': ({ events, isToday }) =>
    new Set(unitsMoved(events).returned.flatMap(({ time, return_id }) => (isToday(time) ? [return_id] : []))).size,
  'return-rate': ({ events, isThisMonth }) => {
    const { shipped, returned } = unitsMoved(events);
    return {
      over: sum(
        returned.filter(({ time }) => isThisMonth(time)),
        ({ quantity }) => quantity
      ),
      under: sum(
        shipped.filter(({ time }) => isThisMonth(time)),
        ({ quantity }) => quantity
      )
    };
  },
  'orders-today': ({ orders, isToday }) => orders.filter(({ time }) => isToday(time)).length,
  'sales-today': (books, currency) => sum(ordersToday(books, currency), ({ value }) => value),
  'net-sales-today': netSales
};

function ageing(books: Books, currency: string): KpiValue {
  return BUCKETS.map((bucket) => {
    const inBucket = openIn(books, currency).filter(({ due_date }) => ageOf(books, due_date).bucket === bucket);
    return { bucket, minor: sum(inBucket, (instalment) => instalment.open), count: inBucket.length, currency };
  });
}

/** Figures of units know no currency; all others are asked per currency. */
export const knowsCurrency = (id: KpiId): boolean => KPI_FACTS[id].unit !== 'count' && id !== 'return-rate';

/**
 * One figure in one currency. A sum is 0 only where one of its streams has delivered (money: in that currency),
 * a share of nothing is empty.
 */
export function figure(books: Books, id: KpiId, currency: string): Figure {
  const { streams, unit } = KPI_FACTS[id];
  const delivered = streams.some((stream) => books.seen.has(knowsCurrency(id) ? seenKey(stream, currency) : stream));
  if (id === 'ageing') {
    const isEmpty = !delivered && open(books, currency) === 0;
    return isEmpty ? { value: null, reason: 'no_data' } : { value: ageing(books, currency) };
  }
  const outcome = rules[id](books, currency);
  if (outcome === 'no_kept_sku') return { value: null, reason: delivered ? 'no_kept_sku' : 'no_data' };
  if (typeof outcome === 'object') {
    if (outcome.under !== 0) return { value: outcome.over / outcome.under };
    return { value: null, reason: delivered ? 'no_denominator' : 'no_data' };
  }
  if (!delivered && outcome === 0) return { value: null, reason: 'no_data' };
  return { value: unit === 'currency' ? { minor: outcome, currency } : outcome };
}

/** Every currency any event of the books speaks of, sorted. */
export const currenciesOf = ({ events }: Books): string[] =>
  [...new Set(events.flatMap(({ data }) => ('currency' in data ? [data.currency] : [])))].sort();

/** All figures in one currency. */
export function figures(books: Books, currency: string): Map<KpiId, Figure> {
  return new Map(KPI_IDS.map((id) => [id, figure(books, id, currency)]));
}
