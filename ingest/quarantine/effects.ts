/**
 * What some events would change in the figures, without changing anything: the deriver itself computes it, as for a batch behind
 * everything there is, and its rows are kept instead of inserted.
 */
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { QuarantineEffects } from '#lib/contracts/quarantine.ts';
import { fail, ok, type Result } from '#lib/contracts/result.ts';
import { createDeriver } from '#ingest/derive/deriver.ts';
import type { ClickHouseFailure, Reader, Writer } from '#sql/interface.server.ts';

/** every key may have a past: it is asked for */
const ASK_ALWAYS = { mayHave: () => true, add: () => undefined, fill: () => Promise.resolve(ok(undefined)) };

/** Reads as `reader` does; what is inserted is kept by table. */
function keepingWriter(reader: Reader, kept: Map<string, unknown[]>): Writer {
  return {
    read: (query, params) => reader.read(query, params),
    ping: () => reader.ping(),
    close: () => Promise.resolve(),
    refusal: () => Promise.resolve(ok(null)),
    insert(table, rows) {
      const parsed = String(rows)
        .split('\n')
        .filter((line) => line !== '')
        .map((line): unknown => JSON.parse(line));
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
  return ok(
    QuarantineEffects.parse({
      money: rows('money_movements_v1'),
      sales: rows('sales_movements_v1'),
      allocations: rows('payment_allocations_v1'),
      instalments: rows('receivable_state_v1'),
      stock: rows('stock_movements_v1'),
      skus: rows('sku_state_v1'),
      rebased: [...new Set(events.map(({ type }): string => type))].filter(isRebase).map((type) => REBASES[type])
    })
  );
}
