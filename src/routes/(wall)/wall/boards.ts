/** What a wall shows: at most four figures and one chart a board; no names, tax ids or contacts. */
import type { KpiId } from '#lib/contracts/kpi.ts';
import { may, type Permission, type Role } from '#lib/contracts/roles.ts';
import * as m from '#lib/paraglide/messages.js';

export const BOARD_IDS = ['cash', 'delinquency', 'stock', 'sales'] as const;
export type BoardId = (typeof BOARD_IDS)[number];

export interface Board {
  readonly id: BoardId;
  readonly label: () => string;
  readonly permission: Permission;
  readonly leading: KpiId;
  readonly three: readonly [KpiId, KpiId, KpiId];
  /** `line`: the leading figure's own */
  readonly chart: 'hours' | 'ageing' | 'line';
  /** not shown as figures: what the chart and the notes are made of */
  readonly beside: readonly KpiId[];
}

const BOARDS = {
  cash: {
    label: m.wall_cash,
    permission: 'figures:cash',
    leading: 'cash-position',
    three: ['cash-in-today', 'cash-out-today', 'net-cash-today'],
    chart: 'hours',
    beside: []
  },
  delinquency: {
    label: m.wall_delinquency,
    permission: 'figures:delinquency',
    leading: 'delinquency-rate',
    three: ['collected-today', 'recovered-today', 'receivables-overdue'],
    chart: 'ageing',
    beside: ['ageing', 'receivables-open']
  },
  stock: {
    label: m.wall_stock,
    permission: 'figures:stock',
    leading: 'stock-free',
    three: ['stock-outs', 'returns-today', 'return-rate'],
    chart: 'line',
    beside: []
  },
  sales: {
    label: m.wall_sales,
    permission: 'figures:sales',
    leading: 'sales-today',
    three: ['orders-today', 'net-sales-today', 'refunds-today'],
    chart: 'line',
    beside: []
  }
} as const satisfies Record<BoardId, Omit<Board, 'id'>>;

/** @param only one board that stays, by name; an unknown or forbidden one is ignored */
export function boardsFor(role: Role, only: string | null): readonly Board[] {
  const all = BOARD_IDS.map((id): Board => ({ id, ...BOARDS[id] })).filter(({ permission }) => may(role, permission));
  const chosen = all.filter(({ id }) => id === only);
  return chosen.length > 0 ? chosen : all;
}

export const figuresOf = (board: Board): KpiId[] => [board.leading, ...board.three, ...board.beside];
