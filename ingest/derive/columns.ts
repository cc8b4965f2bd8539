/** The derived tables as deriving writes them: columns and lines of JSONCompactEachRow. */

/** Everything that `npm run db:rebuild` makes anew, and what a row written here holds. */
export const DERIVED_COLUMNS = {
  money_movements_v1: [
    'measure',
    'currency',
    'time',
    'known_from',
    'account',
    'flow',
    'kind',
    'method',
    'amount_minor',
    'base_minor',
    'sign',
    'entity',
    'order_id',
    'customer_id',
    'source',
    'id',
    'seq'
  ],
  sales_movements_v1: [
    'measure',
    'currency',
    'time',
    'known_from',
    'amount_minor',
    'sign',
    'entity',
    'order_id',
    'return_id',
    'source',
    'id',
    'seq'
  ],
  stock_movements_v1: [
    'sku',
    'warehouse',
    'bucket',
    'kind',
    'time',
    'known_from',
    'quantity',
    'sign',
    'entity',
    'source',
    'id',
    'seq'
  ],
  return_receipts_v1: ['time', 'return_id', 'order_id', 'sku', 'condition', 'quantity', 'source', 'id', 'seq'],
  movement_sums_v1: [
    'measure',
    'currency',
    'grain',
    'start',
    'known_start',
    'account',
    'flow',
    'kind',
    'method',
    'amount_minor',
    'base_minor',
    'rows'
  ],
  account_reports_v1: ['currency', 'account', 'time', 'source', 'id', 'balance_minor', 'seq'],
  stock_counts_v1: ['sku', 'warehouse', 'time', 'source', 'id', 'quantity', 'seq'],
  product_facts_v1: [
    'sku',
    'time',
    'source',
    'id',
    'received',
    'name',
    'category',
    'active',
    'price_minor',
    'cost_minor',
    'unit_cost_minor',
    'lead_time_days',
    'reorder_point',
    'seq'
  ],
  sku_state_v1: [
    'sku',
    'kept',
    'active',
    'on_hand',
    'reserved',
    'quarantine',
    'name',
    'unit_cost_minor',
    'lead_time_days',
    'version'
  ],
  receivable_state_v1: [
    'currency',
    'customer_id',
    'invoice_id',
    'number',
    'due_date',
    'kind',
    'order_id',
    'issued_time',
    'billed_minor',
    'credited_minor',
    'paid_minor',
    'open_minor',
    'sign',
    'seq'
  ],
  payment_allocations_v1: [
    'currency',
    'exists_from',
    'payment_id',
    'invoice_id',
    'number',
    'customer_id',
    'due_date',
    'amount_minor',
    'sign',
    'seq'
  ]
} as const;
export type DerivedTable = keyof typeof DERIVED_COLUMNS;
const isDerivedTable = (name: string): name is DerivedTable => name in DERIVED_COLUMNS;
export const DERIVED_TABLES: readonly DerivedTable[] = Object.keys(DERIVED_COLUMNS).filter(isDerivedTable);

type Cell = string | number | boolean | null | undefined;
type CellsOf<Columns extends readonly string[]> = { readonly [K in keyof Columns]: Cell };
/** A value for each column; undefined is NULL. */
export type Row<T extends DerivedTable> = CellsOf<(typeof DERIVED_COLUMNS)[T]>;

/** What a batch writes: lines by table. */
export type Lines = Map<DerivedTable, string[]>;

export function addLine<T extends DerivedTable>(lines: Lines, table: T, row: Row<T>): void {
  const list = lines.get(table);
  const line = JSON.stringify(row);
  if (list) list.push(line);
  else lines.set(table, [line]);
}
