/**
 * Figures on the wire: ids, groups and the tile. Browser-safe (zod/mini).
 * A figure has one id everywhere: `cash-position` ↔ `cash_position` in SQL ↔ `CashPositionTile.svelte`.
 */
import * as z from 'zod/mini';
import type { Stream } from './streams.ts';

export const KPI_IDS = [
  'cash-position',
  'cash-in-today',
  'cash-out-today',
  'net-cash-today',
  'cash-confirmed-pending',
  'refunds-today',
  'fee-rate',
  'receivables-open',
  'receivables-overdue',
  'ageing',
  'delinquency-rate',
  'collected-today',
  'recovered-today',
  'stock-on-hand',
  'stock-free',
  'stock-outs',
  'returns-today',
  'return-rate',
  'orders-today',
  'sales-today',
  'net-sales-today'
] as const;
export const KpiId = z.enum(KPI_IDS);
export type KpiId = z.infer<typeof KpiId>;
export const isKpiId = (id: string): id is KpiId => KPI_IDS.some((known) => known === id);

export const KPI_GROUPS = ['cash', 'delinquency', 'stock', 'sales'] as const;
export type KpiGroup = (typeof KPI_GROUPS)[number];

export const UNITS = ['currency', 'count', 'ratio', 'days', 'ageing'] as const;
export type Unit = (typeof UNITS)[number];

/** What each figure is: its group (roles see groups), unit, and the streams it reads (empty until one has delivered). */
export const KPI_FACTS = {
  'cash-position': { group: 'cash', unit: 'currency', streams: ['payments'] },
  'cash-in-today': { group: 'cash', unit: 'currency', streams: ['payments'] },
  'cash-out-today': { group: 'cash', unit: 'currency', streams: ['payments', 'returns'] },
  'net-cash-today': { group: 'cash', unit: 'currency', streams: ['payments', 'returns'] },
  'cash-confirmed-pending': { group: 'cash', unit: 'currency', streams: ['payments'] },
  'refunds-today': { group: 'cash', unit: 'currency', streams: ['returns', 'payments'] },
  'fee-rate': { group: 'cash', unit: 'ratio', streams: ['payments'] },
  'receivables-open': { group: 'delinquency', unit: 'currency', streams: ['collections'] },
  'receivables-overdue': { group: 'delinquency', unit: 'currency', streams: ['collections'] },
  ageing: { group: 'delinquency', unit: 'ageing', streams: ['collections'] },
  'delinquency-rate': { group: 'delinquency', unit: 'ratio', streams: ['collections'] },
  'collected-today': { group: 'delinquency', unit: 'currency', streams: ['payments', 'collections'] },
  'recovered-today': { group: 'delinquency', unit: 'currency', streams: ['payments', 'collections'] },
  'stock-on-hand': { group: 'stock', unit: 'count', streams: ['stock', 'orders', 'returns'] },
  'stock-free': { group: 'stock', unit: 'count', streams: ['stock', 'orders', 'returns'] },
  'stock-outs': { group: 'stock', unit: 'count', streams: ['stock', 'orders', 'returns'] },
  'returns-today': { group: 'stock', unit: 'count', streams: ['returns'] },
  'return-rate': { group: 'stock', unit: 'ratio', streams: ['returns', 'orders'] },
  'orders-today': { group: 'sales', unit: 'count', streams: ['orders'] },
  'sales-today': { group: 'sales', unit: 'currency', streams: ['orders'] },
  'net-sales-today': { group: 'sales', unit: 'currency', streams: ['orders', 'returns', 'collections', 'payments'] }
} as const satisfies Record<KpiId, { group: KpiGroup; unit: Unit; streams: readonly Stream[] }>;

/** Ageing buckets in this order and name (domain.md section 4). */
export const BUCKETS = ['not_due', '1_30', '31_60', '61_90', 'over_90'] as const;
export const Bucket = z.enum(BUCKETS);
export type Bucket = z.infer<typeof Bucket>;

export const TILE_STATES = ['live', 'stale', 'failed', 'empty'] as const;
export const TileState = z.enum(TILE_STATES);
export type TileState = z.infer<typeof TileState>;

const MoneyValue = z.strictObject({ minor: z.int(), currency: z.string() });
const AgeingValue = z.array(z.strictObject({ bucket: Bucket, minor: z.int(), count: z.int(), currency: z.string() }));
/** `currency`: {minor, currency}; count, ratio (0..1) and days: a number; ageing: one entry a bucket. */
export const KpiValue = z.union([z.number(), MoneyValue, AgeingValue]);
export type KpiValue = z.infer<typeof KpiValue>;

/** Why a tile is not live, in a code; texts live in the interface. */
export const REASONS = [
  'no_data',
  'no_denominator',
  'no_kept_sku',
  'clickhouse_unreachable',
  'ingest_unreachable',
  'not_yet_visible',
  'query_failed',
  'starting',
  'disconnected'
] as const;
export const Reason = z.enum(REASONS);
export type Reason = z.infer<typeof Reason>;

export const Tile = z.strictObject({
  id: KpiId,
  /** grows by one per tile and server process; compared only within one server_id */
  seq: z.int(),
  state: TileState,
  /** null, never 0, when empty, and when failed without a last value */
  value: z.nullable(KpiValue),
  unit: z.enum(UNITS),
  /** RFC 3339: last moment the value was confirmed to hold */
  as_of: z.string(),
  /** RFC 3339: newest event time in the streams the figure reads; null: none yet */
  watermark: z.nullable(z.string()),
  reason: z.optional(Reason),
  compare: z.optional(
    z.array(z.strictObject({ label: z.enum(['yesterday', '7d']), as_of: z.string(), value: z.nullable(KpiValue) }))
  ),
  /** points: [epoch ms, value in the unit's base (minor for money) or null for a hole] */
  series: z.optional(
    z.array(z.strictObject({ name: z.string(), points: z.array(z.tuple([z.int(), z.nullable(z.number())])) }))
  ),
  target: z.optional(z.nullable(KpiValue)),
  other_currencies: z.optional(z.array(z.strictObject({ currency: z.string(), value: z.nullable(KpiValue) })))
});
export type Tile = z.infer<typeof Tile>;

export const KpisAnswer = z.strictObject({ as_of: z.string(), kpis: z.array(Tile) });
export type KpisAnswer = z.infer<typeof KpisAnswer>;

/** An open instalment as `GET /api/v1/receivables` answers it. */
export const Receivable = z.strictObject({
  invoice_id: z.string(),
  installment: z.int(),
  customer_id: z.string(),
  customer_name: z.nullable(z.string()),
  currency: z.string(),
  due_date: z.string(),
  effective_due_date: z.string(),
  open_minor: z.int(),
  days_overdue: z.int(),
  bucket: Bucket
});
export type Receivable = z.infer<typeof Receivable>;
export const ReceivablesAnswer = z.strictObject({
  as_of: z.string(),
  items: z.array(Receivable),
  /** of the whole filter, not of the page */
  total: z.strictObject({ count: z.int(), customers: z.int(), open_minor: z.int(), currency: z.string() }),
  next_cursor: z.nullable(z.string())
});
export type ReceivablesAnswer = z.infer<typeof ReceivablesAnswer>;

/** One sku as `GET /api/v1/stock` answers it. Units; `velocity` net units a day over 28 days. */
export const StockItem = z.strictObject({
  sku: z.string(),
  name: z.nullable(z.string()),
  on_hand: z.int(),
  reserved: z.int(),
  free: z.int(),
  quarantine: z.int(),
  value_minor: z.nullable(z.int()),
  velocity: z.number(),
  days_of_cover: z.nullable(z.number()),
  lead_time_days: z.nullable(z.int()),
  active: z.boolean()
});
export type StockItem = z.infer<typeof StockItem>;
export const StockAnswer = z.strictObject({
  as_of: z.string(),
  items: z.array(StockItem),
  total: z.strictObject({ skus: z.int() }),
  next_cursor: z.nullable(z.string())
});
export type StockAnswer = z.infer<typeof StockAnswer>;
