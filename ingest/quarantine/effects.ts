/**
 * What some events would change in the figures, without changing anything: the deriver itself computes it, as for a batch behind
 * everything there is, and its rows are kept instead of inserted.
 */
import { z } from 'zod';
import { streamOf, type AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { QuarantineEffects } from '#lib/contracts/quarantine.ts';
import { fail, ok, type Result } from '#lib/contracts/result.ts';
import { createDeriver } from '#ingest/derive/deriver.ts';
import { eventCurrency } from '#ingest/derive/keys.ts';
import type { ClickHouseFailure, Reader, Writer } from '#sql/interface.server.ts';
import { paramParts } from '#sql/param-lists.server.ts';
import { loadQuery } from '#sql/queries.server.ts';

/** every key may have a past: it is asked for */
const ASK_ALWAYS = { mayHave: () => true, add: () => undefined, fill: () => Promise.resolve(ok(undefined)) };

/** Reads as `reader` does; what is inserted is kept by table. */
function keepingWriter(reader: Reader, kept: Map<string, unknown[]>): Writer {
  return {
    read: (query, params) => reader.read(query, params),
    ping: () => reader.ping(),
    close: () => Promise.resolve(),
    refusal: () => Promise.resolve(ok(null)),
    insert(table, rows, { columns = [] }) {
      const parsed = String(rows)
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => z.array(z.unknown()).parse(JSON.parse(line)))
        .map((cells) => Object.fromEntries(columns.map((column, index) => [column, cells[index]])));
      kept.set(table, [...(kept.get(table) ?? []), ...parsed]);
      return Promise.resolve(ok(undefined));
    },
    command: () =>
      Promise.resolve(
        fail({ kind: 'rejected', retryable: false, code: 'READONLY', message: 'nothing is changed here' })
      )
  };
}

const REBASES = { 'account.balance_reported': 'account', 'stock.counted': 'sku', 'return.received': 'return' } as const;
const isRebase = (type: string): type is keyof typeof REBASES => type in REBASES;

/** Quantities come as text, which holds what a number cannot: such a sku is told as one whose effect is not. */
const Sku = z.object({
  sku: z.string(),
  kept: z.int(),
  active: z.int(),
  on_hand: z.coerce.number(),
  reserved: z.coerce.number()
});
const isExact = ({ on_hand, reserved }: z.infer<typeof Sku>): boolean =>
  Number.isSafeInteger(on_hand) && Number.isSafeInteger(reserved);

const Moved = z.looseObject({ sku: z.string(), warehouse: z.string(), bucket: z.string(), time: z.int() });

const lastCounts = () => ({
  name: 'last_counts',
  sql: loadQuery('last_counts'),
  params: z.strictObject({ skus: z.array(z.string()) }),
  row: z.strictObject({ sku: z.string(), warehouse: z.string(), counted_ms: z.int() }),
  timeoutMs: 10_000
});

/** What lies before a shelf's last count is in the count: it moves units, and no longer what is on hand. */
async function markCounted(reader: Reader, moved: readonly unknown[]): Promise<Result<object[], ClickHouseFailure>> {
  const rows = z.array(Moved).parse(moved);
  const last = new Map<string, number>();
  for (const skus of paramParts(new Set(rows.map(({ sku }) => sku)))) {
    const counts = await reader.read(lastCounts(), { skus });
    if (!counts.ok) return counts;
    for (const row of counts.value) last.set(`${row.warehouse}\0${row.sku}`, row.counted_ms);
  }
  return ok(
    rows.map((row) => ({
      ...row,
      is_in_count: row.bucket === 'on_hand' && row.time <= (last.get(`${row.warehouse}\0${row.sku}`) ?? -Infinity)
    }))
  );
}

/** @param events with their positions still to be given */
export async function computeEffects(
  reader: Reader,
  events: readonly AcceptedEvent[]
): Promise<Result<QuarantineEffects, ClickHouseFailure>> {
  const kept = new Map<string, unknown[]>();
  const deriver = createDeriver({ writer: keepingWriter(reader, kept), tokenPrefix: 'test', seen: ASK_ALWAYS });
  const from = Number.MAX_SAFE_INTEGER - events.length;
  const placed = events.map((event, index) => ({ ...event, seq: from + index }));
  const derived = await deriver.derive({ from, through: Number.MAX_SAFE_INTEGER, events: placed }, () => undefined);
  if (!derived.ok) return derived;
  const rows = (table: string): unknown[] => kept.get(table) ?? [];
  const skus = z.array(Sku).parse(rows('sku_state_v1'));
  const stock = await markCounted(reader, rows('stock_movements_v1'));
  if (!stock.ok) return stock;
  const rebased = [...new Set(events.map(({ type }): string => type))].filter(isRebase).map((type) => REBASES[type]);
  return ok(
    QuarantineEffects.parse({
      money: rows('money_movements_v1'),
      sales: rows('sales_movements_v1'),
      allocations: rows('payment_allocations_v1'),
      instalments: rows('receivable_state_v1'),
      stock: stock.value,
      skus: skus.filter(isExact),
      streams: events.map((event) => ({ stream: streamOf(event.type), currency: eventCurrency(event) })),
      rebased: skus.every(isExact) ? rebased : [...rebased, 'sku']
    })
  );
}
