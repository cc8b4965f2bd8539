/** The list of kept skus, live and past by one code path: filter, search, sort, page. */
import type { StockAnswer, StockItem } from '#lib/contracts/kpi.ts';
import { fail, ok, type Result } from '#lib/contracts/result.ts';
import type { AskFailure, StockFilter } from '#lib/server/services.server.ts';
import { unavailable, type AskContext } from './asking.server.ts';
import { pageOf, type CursorKey } from './cursor.server.ts';
import { toRfc3339 } from './moment.server.ts';
import { folded } from './names.server.ts';
import { VELOCITY_DAYS, velocityWindow } from './past.server.ts';
import { stockSkus, stockSkusAt, type SkuRow } from './queries/stock.server.ts';

const LIMIT = 100;
const LIMIT_MAX = 1_000;

function toItem(row: SkuRow): StockItem {
  const free = row.on_hand - row.reserved;
  const velocity = row.net_units / VELOCITY_DAYS;
  return {
    sku: row.sku,
    name: row.name,
    on_hand: row.on_hand,
    reserved: row.reserved,
    free,
    quarantine: row.quarantine,
    value_minor: row.unit_cost_minor === null ? null : row.on_hand * row.unit_cost_minor,
    velocity,
    days_of_cover: velocity > 0 ? free / velocity : null,
    lead_time_days: row.lead_time_days,
    active: row.active === 1
  };
}

const isOut = (item: StockItem): boolean => item.active && item.free <= 0;
/** sells, and is gone before a new delivery can be there */
const isLow = ({ active, days_of_cover, lead_time_days }: StockItem): boolean =>
  active && days_of_cover !== null && lead_time_days !== null && days_of_cover < lead_time_days;

function passes(item: StockItem, { sku, search, only }: StockFilter): boolean {
  if (sku !== undefined && item.sku !== sku) return false;
  if (search && ![item.sku, item.name ?? ''].some((text) => folded(text).includes(folded(search)))) return false;
  switch (only) {
    case 'out':
      return isOut(item);
    case 'low':
      return isLow(item);
    case 'risk':
      return isOut(item) || isLow(item);
    case undefined:
      return true;
  }
}

function keyOf(item: StockItem, sort: StockFilter['sort'], descending: boolean): CursorKey {
  // what has no cover or value comes last either way
  const last = descending ? -Number.MAX_VALUE : Number.MAX_VALUE;
  switch (sort) {
    case 'free':
      return [item.free, item.sku];
    case 'days_of_cover':
      return [isOut(item) ? Math.min(item.days_of_cover ?? 0, 0) : (item.days_of_cover ?? last), item.free, item.sku];
    case 'value_minor':
      return [item.value_minor ?? last, item.sku];
    case 'sku':
    case undefined:
      return [item.sku];
  }
}

/** @param filter defaults: by sku, 100 rows (1,000 at most) */
export async function listStock(context: AskContext, filter: StockFilter): Promise<Result<StockAnswer, AskFailure>> {
  const asOf = filter.as_of ?? context.now();
  const question = filter.as_of === undefined ? stockSkus : stockSkusAt;
  const rows = await context.reader.read(question, velocityWindow(asOf));
  if (!rows.ok) return unavailable(rows.failure);
  const found = rows.value.map(toItem).filter((item) => passes(item, filter));
  const descending = filter.descending ?? false;
  const page = pageOf(found, (item) => keyOf(item, filter.sort, descending), {
    descending,
    cursor: filter.cursor,
    limit: Math.min(filter.limit ?? LIMIT, LIMIT_MAX)
  });
  if (page === undefined) return fail({ kind: 'invalid_cursor', retryable: false });
  return ok({
    as_of: toRfc3339(asOf),
    items: [...page.items],
    total: { skus: found.length },
    next_cursor: page.next_cursor
  });
}
