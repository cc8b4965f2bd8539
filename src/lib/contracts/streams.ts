/** The five streams of events (domain.md section 2) and the four groups of derived figures. Browser-safe leaf. */
export const STREAMS = ['orders', 'returns', 'payments', 'collections', 'stock'] as const;
export type Stream = (typeof STREAMS)[number];

/**
 * Groups of derived tables; the doorbell rings per group, so cash does not wait for allocation.
 * cash: money_movements, account reports · receivables: instalments, allocations · stock: stock state · sales: sales movements
 */
export const FACT_GROUPS = ['cash', 'receivables', 'stock', 'sales'] as const;
export type FactGroup = (typeof FACT_GROUPS)[number];
