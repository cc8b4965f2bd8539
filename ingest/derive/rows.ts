/** Effects → rows of the derived tables, as JSONEachRow lines. Times are epoch milliseconds; `start` columns are epoch seconds. */
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import type { MoneyEffect } from './money.ts';
import type { SalesEffect } from './sales.ts';
import type { Signed } from './signed.ts';
import type { StockEffect } from './stock.ts';

/** Everything that `npm run db:rebuild` makes anew. */
export const DERIVED_TABLES = [
  'money_movements_v1',
  'sales_movements_v1',
  'stock_movements_v1',
  'return_receipts_v1',
  'movement_sums_v1',
  'account_reports_v1',
  'stock_counts_v1',
  'product_facts_v1',
  'sku_state_v1',
  'receivable_state_v1',
  'payment_allocations_v1'
] as const;
export type DerivedTable = (typeof DERIVED_TABLES)[number];

/** What a batch writes: lines by table. */
export type Lines = Map<DerivedTable, string[]>;

export function addLine(lines: Lines, table: DerivedTable, row: object): void {
  const list = lines.get(table);
  const line = JSON.stringify(row);
  if (list) list.push(line);
  else lines.set(table, [line]);
}

const MINUTE_S = 60;
const DAY_S = 86_400;
const startOf = (timeMs: number, grainS: number): number => Math.floor(timeMs / 1000 / grainS) * grainS;

interface Sum {
  readonly key: object;
  amount: number;
  base: number;
  rows: number;
}
/** Sums by minute and by UTC day of one batch. */
export interface Sums {
  add(row: {
    readonly measure: string;
    readonly currency: string;
    readonly time: number;
    readonly known_from: number;
    readonly account: string;
    readonly flow: string;
    readonly kind: string;
    readonly method: string;
    readonly amount: number;
    readonly base: number;
    readonly sign: number;
  }): void;
  write(lines: Lines): void;
}

export function createSums(): Sums {
  const sums = new Map<string, Sum>();
  /** sums that can take no more without losing units: ClickHouse adds the rows of one key itself */
  const full: Sum[] = [];
  const addTo = (key: object, amount: number, base: number, sign: number): void => {
    const text = JSON.stringify(key);
    const sum = sums.get(text);
    if (sum && !(Number.isSafeInteger(sum.amount + amount) && Number.isSafeInteger(sum.base + base))) {
      full.push(sum);
      sums.set(text, { key, amount, base, rows: sign });
    } else if (sum) {
      sum.amount += amount;
      sum.base += base;
      sum.rows += sign;
    } else sums.set(text, { key, amount, base, rows: sign });
  };
  return {
    add({ measure, currency, time, known_from, account, flow, kind, method, amount, base, sign }) {
      const of = { measure, currency, account, flow, kind, method };
      const minute = { start: startOf(time, MINUTE_S), known_start: startOf(known_from, MINUTE_S) };
      const day = startOf(time, DAY_S);
      addTo({ ...of, grain: 'minute', ...minute }, amount, base, sign);
      addTo({ ...of, grain: 'day', start: day, known_start: day }, amount, base, sign);
    },
    write(lines) {
      for (const { key, amount, base, rows } of [...full, ...sums.values()])
        if (amount !== 0 || base !== 0 || rows !== 0)
          addLine(lines, 'movement_sums_v1', { ...key, amount_minor: amount, base_minor: base, rows });
    }
  };
}

export function addMoney(lines: Lines, sums: Sums, seq: number, row: Signed<MoneyEffect>): void {
  const { amount, base, ...rest } = row;
  addLine(lines, 'money_movements_v1', { ...rest, amount_minor: amount, base_minor: base, seq });
  sums.add(row);
}

export function addSales(lines: Lines, sums: Sums, seq: number, row: Signed<SalesEffect>): void {
  const { amount, ...rest } = row;
  addLine(lines, 'sales_movements_v1', { ...rest, amount_minor: amount, seq });
  sums.add({ ...row, account: '', flow: '', kind: '', method: '', base: 0 });
}

/** Which movements of goods count as units shipped or received back. */
const unitMeasures: Readonly<Partial<Record<StockEffect['kind'], string>>> = {
  shipped: 'units_shipped',
  returned: 'units_returned',
  damaged: 'units_returned'
};

export function addStock(lines: Lines, sums: Sums, seq: number, row: Signed<StockEffect>): void {
  const { amount, ...rest } = row;
  addLine(lines, 'stock_movements_v1', { ...rest, quantity: amount, seq });
  const measure = unitMeasures[row.kind];
  if (measure)
    sums.add({
      ...row,
      measure,
      currency: '',
      account: '',
      flow: '',
      kind: '',
      method: '',
      amount: Math.abs(amount),
      base: 0
    });
}

/** Rows that are an event of its own: reports, counts, product facts, receipts of returns. */
export function addFacts(lines: Lines, seq: number, event: AcceptedEvent): void {
  const { source, id, time } = event;
  const at = { source, id, time, seq };
  switch (event.type) {
    case 'account.balance_reported':
      return addLine(lines, 'account_reports_v1', { ...at, ...event.data });
    case 'stock.counted':
      return addLine(lines, 'stock_counts_v1', {
        ...at,
        sku: event.data.sku,
        warehouse: event.data.warehouse ?? '',
        quantity: event.data.quantity
      });
    case 'stock.received':
      return addLine(lines, 'product_facts_v1', {
        ...at,
        sku: event.data.sku,
        received: 1,
        unit_cost_minor: event.data.unit_cost_minor ?? null
      });
    case 'product.updated': {
      const { sku, name, category, active, price_minor, cost_minor, lead_time_days, reorder_point } = event.data;
      return addLine(lines, 'product_facts_v1', {
        ...at,
        sku,
        received: 0,
        name,
        category,
        active,
        price_minor,
        cost_minor,
        lead_time_days,
        reorder_point
      });
    }
    case 'return.received':
      for (const line of event.data.lines)
        addLine(lines, 'return_receipts_v1', {
          ...at,
          return_id: event.data.return_id,
          order_id: event.data.order_id ?? '',
          ...pick(line)
        });
      return undefined;
    default:
      return undefined;
  }
}

const pick = ({ sku, condition, quantity }: { sku: string; condition: string; quantity: number }): object => ({
  sku,
  condition,
  quantity
});
