/** What each figure is called, where it leads, what is good news, and what explains it. A missing id breaks the compile. */
import type { KpiId, Tile } from '#lib/contracts/kpi.ts';
import type { Format } from '#lib/components/format.ts';
import * as m from '#lib/paraglide/messages.js';
import { isMoney, plain } from './value-parts.ts';

/** Reads another figure of the page, for a note. */
export type Beside = (id: KpiId) => Tile | null;

export interface TileSpec {
  readonly label: () => string;
  /** in the past “hoje” becomes “do dia” */
  readonly pastLabel?: () => string;
  /** the page it opens */
  readonly href: '/cash' | '/delinquency' | '/stock' | '/';
  readonly good: 'up' | 'down' | null;
  /** a net figure: always with its sign */
  readonly signed?: boolean;
  readonly unitName?: () => string;
  /** said under the value where it explains more than a comparison, or where there is none */
  readonly note?: (beside: Beside, f: Format) => string | null;
  readonly noteFirst?: boolean;
  /** few things are counted: “3” says more than “27,3%” */
  readonly byAmount?: boolean;
}

const moneyOf = (beside: Beside, id: KpiId, f: Format): string | null => {
  const value = beside(id)?.value;
  return isMoney(value) ? f.amount(value) : null;
};
const instalments = (beside: Beside, counts: (bucket: string) => boolean): number | null => {
  const value = beside('ageing')?.value;
  return Array.isArray(value) ? value.reduce((sum, row) => sum + (counts(row.bucket) ? row.count : 0), 0) : null;
};
const countNote = (count: number | null, f: Format): string | null =>
  count === null ? null : m.note_instalments({ count: f.count(count) });

/** average ticket is said, never kept: it is sales ÷ orders of the same tick */
function ordersNote(beside: Beside, f: Format): string | null {
  const orders = plain(beside('orders-today')?.value);
  const sales = beside('sales-today')?.value;
  if (orders === null || orders === 0 || !isMoney(sales)) return null;
  const ticket = { minor: Math.round(sales.minor / orders), currency: sales.currency };
  return m.note_orders({ orders: f.count(orders), ticket: f.amount(ticket) });
}

export const TILES = {
  'cash-position': { label: m.tile_cash_position, href: '/cash', good: 'up' },
  'cash-in-today': { label: m.tile_cash_in, pastLabel: m.tile_cash_in_day, href: '/cash', good: 'up' },
  'cash-out-today': { label: m.tile_cash_out, pastLabel: m.tile_cash_out_day, href: '/cash', good: null },
  'net-cash-today': { label: m.tile_net_cash, href: '/cash', good: 'up', signed: true },
  'cash-confirmed-pending': { label: m.tile_pending, href: '/cash', good: null, note: () => m.note_pending() },
  'refunds-today': {
    label: m.tile_refunds,
    pastLabel: m.tile_refunds_day,
    href: '/cash',
    good: 'down',
    note: () => m.note_refunds()
  },
  'fee-rate': { label: m.tile_fee_rate, href: '/cash', good: 'down', note: () => m.note_fee_rate() },
  'receivables-open': {
    label: m.tile_open,
    href: '/delinquency',
    good: null,
    note: (beside, f) =>
      countNote(
        instalments(beside, () => true),
        f
      )
  },
  'receivables-overdue': {
    label: m.tile_overdue,
    href: '/delinquency',
    good: 'down',
    note: (beside, f) =>
      countNote(
        instalments(beside, (bucket) => bucket !== 'not_due'),
        f
      )
  },
  ageing: { label: m.tile_ageing, href: '/delinquency', good: null },
  'delinquency-rate': {
    label: m.tile_iag,
    href: '/delinquency',
    good: 'down',
    note: (beside, f) => {
      const open = moneyOf(beside, 'receivables-open', f);
      return open === null ? null : m.note_of_open({ amount: open });
    }
  },
  'collected-today': {
    label: m.tile_collected,
    pastLabel: m.tile_collected_day,
    href: '/delinquency',
    good: 'up',
    noteFirst: true,
    note: (beside, f) => {
      const recovered = moneyOf(beside, 'recovered-today', f);
      return recovered === null ? null : m.note_recovered({ amount: recovered });
    }
  },
  'recovered-today': {
    label: m.tile_recovered,
    pastLabel: m.tile_recovered_day,
    href: '/delinquency',
    good: 'up',
    noteFirst: true,
    note: (beside, f) => {
      const collected = moneyOf(beside, 'collected-today', f);
      return collected === null ? null : m.note_of_collected({ amount: collected });
    }
  },
  'stock-on-hand': {
    label: m.tile_on_hand,
    href: '/stock',
    good: null,
    unitName: m.unit_units,
    note: () => m.note_on_hand()
  },
  'stock-free': { label: m.tile_free, href: '/stock', good: null, unitName: m.unit_units, note: () => m.note_free() },
  'stock-outs': {
    label: m.tile_stock_outs,
    href: '/stock',
    good: 'down',
    unitName: m.unit_skus,
    byAmount: true,
    note: () => m.note_stock_outs()
  },
  'returns-today': {
    label: m.tile_returns,
    pastLabel: m.tile_returns_day,
    href: '/stock',
    good: 'down',
    note: () => m.note_returns()
  },
  'return-rate': { label: m.tile_return_rate, href: '/stock', good: 'down', note: () => m.note_return_rate() },
  'orders-today': {
    label: m.tile_orders,
    pastLabel: m.tile_orders_day,
    href: '/',
    good: 'up',
    note: () => m.note_orders_only()
  },
  'sales-today': {
    label: m.tile_sales,
    pastLabel: m.tile_sales_day,
    href: '/',
    good: 'up',
    noteFirst: true,
    note: ordersNote
  },
  'net-sales-today': {
    label: m.tile_net_sales,
    pastLabel: m.tile_net_sales_day,
    href: '/',
    good: 'up',
    note: () => m.note_net_sales()
  }
} as const satisfies Record<KpiId, TileSpec>;

/** The same table with its entries seen as what they all are. */
export const specOf = (id: KpiId): TileSpec => TILES[id];
