/** Which figures a page shows, cut to what the role may see. */
import { KPI_FACTS, type KpiId } from '#lib/contracts/kpi.ts';
import { may, type Role } from '#lib/contracts/roles.ts';

export const allowed = (role: Role, ids: readonly KpiId[]): KpiId[] =>
  ids.filter((id) => may(role, `figures:${KPI_FACTS[id].group}`));

export interface OverviewRows {
  /** its first figure leads, over two columns */
  readonly first: readonly KpiId[];
  readonly second: readonly KpiId[];
  /** not tiles: charts, and what notes under tiles speak of */
  readonly beside: readonly KpiId[];
}

const BESIDE = ['ageing', 'receivables-open', 'recovered-today', 'orders-today'] as const satisfies readonly KpiId[];

/** Who sees no cash sees what is owed first. */
export function overviewRows(role: Role): OverviewRows {
  const beside = allowed(role, BESIDE);
  if (!may(role, 'figures:cash')) {
    const owed = [
      'receivables-open',
      'receivables-overdue',
      'delinquency-rate',
      'collected-today',
      'recovered-today'
    ] as const;
    return { first: allowed(role, owed), second: [], beside };
  }
  return {
    first: ['cash-position', 'cash-in-today', 'cash-out-today', 'net-cash-today', 'cash-confirmed-pending'],
    second: allowed(role, [
      'delinquency-rate',
      'receivables-overdue',
      'collected-today',
      'sales-today',
      'stock-outs',
      'return-rate'
    ]),
    beside
  };
}
