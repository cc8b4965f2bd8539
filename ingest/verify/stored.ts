/** What the derived tables hold, brought to the form of the oracle's facts. One entry a table, columns as facts.ts names them. */
import { z } from 'zod';
import type { KpiId } from '#lib/contracts/kpi.ts';
import { ok, type Result } from '#lib/contracts/result.ts';
import type { ClickHouseFailure, Reader } from '#sql/interface.server.ts';
import { loadQuery } from '#sql/queries.server.ts';
import { isBlankSku } from './facts.ts';
import { add, type Tally } from './tally.ts';

const QUERY_TIMEOUT_MS = 120_000;

const text = z.string();
const int = z.int();
const maybeText = z.nullable(z.string());
const maybeInt = z.nullable(z.int());

interface Stored {
  readonly query: string;
  /** in the order of the tally's key */
  readonly columns: Readonly<Record<string, z.ZodType<string | number | null>>>;
  readonly values: readonly string[];
  /** what is wrong on screen when this table is: told beside each difference */
  readonly figures: readonly KpiId[];
}

const movement = { source: text, id: text, known_from: int } as const;

export const STORED = {
  money_movements_v1: {
    query: 'verify_money_movements',
    columns: {
      measure: text,
      currency: text,
      time: int,
      account: text,
      flow: text,
      kind: text,
      method: text,
      entity: text,
      order_id: text,
      customer_id: text,
      ...movement
    },
    values: ['amount', 'base', 'signs'],
    figures: [
      'cash-position',
      'cash-in-today',
      'cash-out-today',
      'net-cash-today',
      'cash-confirmed-pending',
      'refunds-today',
      'fee-rate',
      'net-sales-today'
    ]
  },
  sales_movements_v1: {
    query: 'verify_sales_movements',
    columns: { measure: text, currency: text, time: int, entity: text, order_id: text, return_id: text, ...movement },
    values: ['amount', 'signs'],
    figures: ['orders-today', 'sales-today', 'net-sales-today']
  },
  stock_movements_v1: {
    query: 'verify_stock_movements',
    columns: { sku: text, warehouse: text, bucket: text, kind: text, time: int, entity: text, ...movement },
    values: ['units', 'signs'],
    figures: ['stock-on-hand', 'stock-free', 'stock-outs', 'return-rate']
  },
  movement_sums_v1: {
    query: 'verify_movement_sums',
    columns: {
      measure: text,
      currency: text,
      grain: text,
      start_ms: int,
      known_start_ms: int,
      account: text,
      flow: text,
      kind: text,
      method: text
    },
    values: ['amount', 'base', 'row_count'],
    figures: [
      'cash-position',
      'cash-in-today',
      'cash-out-today',
      'net-cash-today',
      'cash-confirmed-pending',
      'refunds-today',
      'fee-rate',
      'return-rate',
      'orders-today',
      'sales-today',
      'net-sales-today'
    ]
  },
  receivable_state_v1: {
    query: 'verify_receivable_state',
    columns: {
      currency: text,
      customer_id: text,
      invoice_id: text,
      number: int,
      due_date: text,
      kind: text,
      order_id: text,
      issued_time: int,
      billed_minor: int,
      credited_minor: int,
      paid_minor: int,
      open_minor: int
    },
    values: ['versions'],
    figures: ['receivables-open', 'receivables-overdue', 'ageing', 'delinquency-rate']
  },
  payment_allocations_v1: {
    query: 'verify_payment_allocations',
    columns: {
      currency: text,
      exists_from: int,
      payment_id: text,
      invoice_id: text,
      number: int,
      customer_id: text,
      due_date: text,
      amount_minor: int
    },
    values: ['versions'],
    figures: ['collected-today', 'recovered-today']
  },
  sku_state_v1: {
    query: 'verify_sku_state',
    columns: {
      sku: text,
      kept: int,
      active: int,
      on_hand: int,
      reserved: int,
      quarantine: int,
      name: maybeText,
      unit_cost_minor: maybeInt,
      lead_time_days: maybeInt
    },
    values: ['versions'],
    figures: ['stock-on-hand', 'stock-free', 'stock-outs']
  },
  account_reports_v1: {
    query: 'verify_account_reports',
    columns: { currency: text, account: text, time: int, source: text, id: text, balance_minor: int },
    values: ['copies'],
    figures: ['cash-position']
  },
  stock_counts_v1: {
    query: 'verify_stock_counts',
    columns: { sku: text, warehouse: text, time: int, source: text, id: text, quantity: int },
    values: ['copies'],
    figures: ['stock-on-hand', 'stock-free', 'stock-outs']
  },
  return_receipts_v1: {
    query: 'verify_return_receipts',
    columns: {
      time: int,
      return_id: text,
      order_id: text,
      sku: text,
      condition: text,
      quantity: int,
      source: text,
      id: text
    },
    values: ['copies'],
    figures: ['returns-today']
  },
  product_facts_v1: {
    query: 'verify_product_facts',
    columns: {
      sku: text,
      time: int,
      source: text,
      id: text,
      received: int,
      name: maybeText,
      category: maybeText,
      active: maybeInt,
      price_minor: maybeInt,
      cost_minor: maybeInt,
      unit_cost_minor: maybeInt,
      lead_time_days: maybeInt,
      reorder_point: maybeInt
    },
    values: ['copies'],
    figures: ['stock-outs']
  },
  stream_seen_v1: {
    query: 'verify_stream_seen',
    columns: { stream: text, currency: text, first_seen: int, last_seen: int },
    values: ['event_count'],
    figures: []
  }
} as const satisfies Record<string, Stored>;
export type StoredTable = keyof typeof STORED;
export const STORED_TABLES = Object.keys(STORED).filter((name): name is StoredTable => name in STORED);

/**
 * Reads one table whole, in slices.
 * @param parts how many slices: their rows are in memory together with the tally
 */
export async function readStored(
  reader: Reader,
  table: StoredTable,
  parts: number
): Promise<Result<Tally, ClickHouseFailure>> {
  const { query, columns, values }: Stored = STORED[table];
  const sliced = table !== 'stream_seen_v1';
  const row = z.record(z.string(), z.union([z.string(), z.int(), z.null()]));
  const shape = z.object(columns);
  const sums = z.object(Object.fromEntries(values.map((name) => [name, z.int()])));
  const tally: Tally = new Map();
  for (let part = 0; part < (sliced ? parts : 1); part++) {
    const answer = await reader.read(
      { name: query, sql: loadQuery(query), params: z.record(z.string(), z.int()), row, timeoutMs: QUERY_TIMEOUT_MS },
      sliced ? { part, parts } : {}
    );
    if (!answer.ok) return answer;
    for (const found of answer.value) {
      const told = shape.parse(found);
      const key = Object.keys(columns).map((name) => told[name] ?? null);
      if (table === 'sku_state_v1' && isBlankSku(key)) continue;
      const counted = sums.parse(found);
      add(
        tally,
        key,
        values.map((name) => counted[name] ?? 0)
      );
    }
  }
  return ok(tally);
}
