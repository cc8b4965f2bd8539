/** Effects → rows of the derived tables. Times are epoch milliseconds. */
import type { AcceptedEvent, EventOf } from '#lib/contracts/events/registry.ts';
import { addLine, type Lines } from './columns.ts';
import type { MoneyEffect } from './money.ts';
import type { SalesEffect } from './sales.ts';
import type { Signed } from './signed.ts';
import type { StockEffect } from './stock.ts';
import type { Sums } from './sums.ts';

export function addMoney(lines: Lines, sums: Sums, seq: number, row: Signed<MoneyEffect>): void {
  addLine(lines, 'money_movements_v1', [
    row.measure,
    row.currency,
    row.time,
    row.known_from,
    row.account,
    row.flow,
    row.kind,
    row.method,
    row.amount,
    row.base,
    row.sign,
    row.entity,
    row.order_id,
    row.customer_id,
    row.source,
    row.id,
    seq
  ]);
  sums.add(row);
}

const NO_DIMENSIONS = { account: '', flow: '', kind: '', method: '', base: 0 } as const;

export function addSales(lines: Lines, sums: Sums, seq: number, row: Signed<SalesEffect>): void {
  const { measure, currency, time, known_from, amount, sign, entity, order_id, return_id, source, id } = row;
  addLine(lines, 'sales_movements_v1', [
    measure,
    currency,
    time,
    known_from,
    amount,
    sign,
    entity,
    order_id,
    return_id,
    source,
    id,
    seq
  ]);
  sums.add({ measure, currency, time, known_from, amount, sign, ...NO_DIMENSIONS });
}

/** Which movements of goods count as units shipped or received back. */
const unitMeasures: Readonly<Partial<Record<StockEffect['kind'], string>>> = {
  shipped: 'units_shipped',
  returned: 'units_returned',
  damaged: 'units_returned'
};

export function addStock(lines: Lines, sums: Sums, seq: number, row: Signed<StockEffect>): void {
  const { sku, warehouse, bucket, kind, time, known_from, amount, sign, entity, source, id } = row;
  addLine(lines, 'stock_movements_v1', [
    sku,
    warehouse,
    bucket,
    kind,
    time,
    known_from,
    amount,
    sign,
    entity,
    source,
    id,
    seq
  ]);
  const measure = unitMeasures[kind];
  if (measure !== undefined)
    sums.add({ measure, currency: '', time, known_from, amount: Math.abs(amount), sign, ...NO_DIMENSIONS });
}

/** What a receipt and a product's update tell of a sku; NULL: not told. */
function addProductFacts(lines: Lines, seq: number, event: EventOf<'stock.received' | 'product.updated'>): void {
  const { source, id, time } = event;
  if (event.type === 'stock.received') {
    const { sku, unit_cost_minor } = event.data;
    const row = [sku, time, source, id, 1, null, null, null, null, null, unit_cost_minor, null, null, seq] as const;
    return addLine(lines, 'product_facts_v1', row);
  }
  const { sku, name, category, active, price_minor, cost_minor, lead_time_days, reorder_point } = event.data;
  const told = [name, category, active, price_minor, cost_minor, null, lead_time_days, reorder_point] as const;
  return addLine(lines, 'product_facts_v1', [sku, time, source, id, 0, ...told, seq]);
}

/** Rows that are an event of its own: reports, counts, product facts, receipts of returns. */
export function addFacts(lines: Lines, seq: number, event: AcceptedEvent): void {
  const { source, id, time } = event;
  switch (event.type) {
    case 'account.balance_reported': {
      const { currency, account, balance_minor } = event.data;
      return addLine(lines, 'account_reports_v1', [currency, account, time, source, id, balance_minor, seq]);
    }
    case 'stock.counted': {
      const { sku, warehouse, quantity } = event.data;
      return addLine(lines, 'stock_counts_v1', [sku, warehouse ?? '', time, source, id, quantity, seq]);
    }
    case 'stock.received':
    case 'product.updated':
      return addProductFacts(lines, seq, event);
    case 'return.received': {
      const { return_id, order_id } = event.data;
      for (const { sku, condition, quantity } of event.data.lines)
        addLine(lines, 'return_receipts_v1', [
          time,
          return_id,
          order_id ?? '',
          sku,
          condition,
          quantity,
          source,
          id,
          seq
        ]);
      return undefined;
    }
    default:
      return undefined;
  }
}
