/** Everything the figures are sums of, at one moment. */
import { streamOf, type AcceptedEvent, type Stream } from '#lib/contracts/events/registry.ts';
import type { EpochMs, LocalDate } from '#lib/contracts/time.ts';
import type { BusinessCalendar } from '#lib/domain/calendar.ts';
import { zonedDay } from '#lib/domain/zone.ts';
import { happened, ofType } from './happened.ts';
import { accounts, fees, ledger, refunds, type Account, type Fee, type LedgerRow, type Refund } from './ledger.ts';
import { payments, type OraclePayment } from './payments.ts';
import { receivables, type OracleReceivables } from './receivables.ts';
import {
  cancelledOrders,
  orders,
  refundedReturns,
  returnCredits,
  type OracleOrder,
  type ReturnCredit
} from './sales.ts';
import { reservations, skus, stockRows, type OracleSku, type Reservation, type StockRow } from './stock.ts';

export interface Moment {
  /** epoch ms; null: live, from everything accepted */
  readonly asOf: EpochMs | null;
  /** the clock: live figures of today end here */
  readonly now: EpochMs;
  readonly timezone: string;
  readonly calendar: BusinessCalendar;
}

export interface Books {
  /** in order */
  readonly events: readonly AcceptedEvent[];
  readonly calendar: BusinessCalendar;
  readonly today: LocalDate;
  /** both included, epoch ms */
  readonly isToday: (time: EpochMs) => boolean;
  readonly isThisMonth: (time: EpochMs) => boolean;
  readonly ledger: readonly LedgerRow[];
  readonly accounts: readonly Account[];
  readonly refunds: readonly Refund[];
  readonly fees: readonly Fee[];
  readonly payments: ReadonlyMap<string, OraclePayment>;
  readonly receivables: OracleReceivables;
  readonly orders: readonly OracleOrder[];
  readonly cancelledOrders: ReadonlySet<string>;
  readonly credits: readonly ReturnCredit[];
  readonly refundedReturns: ReadonlySet<string>;
  readonly stock: readonly StockRow[];
  readonly reservations: readonly Reservation[];
  readonly skus: ReadonlyMap<string, OracleSku>;
  /** streams that delivered anything, and by `stream currency` what they delivered money in */
  readonly seen: ReadonlySet<string>;
}

export const seenKey = (stream: Stream, currency: string): string => `${stream} ${currency}`;

function seenOf(events: readonly AcceptedEvent[]): Set<string> {
  const seen = new Set<string>();
  for (const event of events) {
    const stream = streamOf(event.type);
    seen.add(stream);
    if ('currency' in event.data) seen.add(seenKey(stream, event.data.currency));
  }
  return seen;
}

/** Opens the books at a moment. @param accepted any order, copies allowed */
export function openBooks(accepted: readonly AcceptedEvent[], moment: Moment): Books {
  const events = happened(accepted, moment.asOf);
  const end = moment.asOf ?? moment.now;
  const zone = zonedDay(moment.timezone);
  const today = zone.dateOf(end);
  const midnight = zone.startOf(today);
  const monthStart = zone.startOfMonth(today);
  const rows = ledger(events);
  return {
    events,
    calendar: moment.calendar,
    today,
    isToday: (time) => time >= midnight && time <= end,
    isThisMonth: (time) => time >= monthStart && time <= end,
    ledger: rows,
    accounts: accounts(events, rows),
    refunds: refunds(events),
    fees: fees(events),
    payments: payments(events),
    receivables: receivables(events),
    orders: orders(events),
    cancelledOrders: cancelledOrders(events),
    credits: returnCredits(events),
    refundedReturns: refundedReturns(events),
    stock: stockRows(events),
    reservations: reservations(events),
    skus: skus(events),
    seen: seenOf(events)
  };
}

/** Units of goods shipped and received back, by time: every line, saleable or damaged. */
export function unitsMoved(events: readonly AcceptedEvent[]): {
  readonly shipped: { readonly time: number; readonly quantity: number }[];
  readonly returned: { readonly time: number; readonly quantity: number; readonly return_id: string }[];
} {
  return {
    shipped: ofType(events, 'order.shipped').flatMap(({ time, data }) =>
      data.lines.map(({ quantity }) => ({ time, quantity }))
    ),
    returned: ofType(events, 'return.received').flatMap(({ time, data }) =>
      data.lines.map(({ quantity }) => ({ time, quantity, return_id: data.return_id }))
    )
  };
}
