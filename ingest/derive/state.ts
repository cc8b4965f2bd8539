/** The stateful half of a batch: open instalments, who paid what, and skus. Rows only for what changed. */
import { isDeepStrictEqual } from 'node:util';
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { ok, type Result } from '#lib/contracts/result.ts';
import { receivables, type Allocation, type Instalment, type Receivables } from '#lib/domain/receivables.ts';
import type { ClickHouseFailure, Reader } from '#sql/interface.server.ts';
import { loadQuery } from '#sql/queries.server.ts';
import { z } from 'zod';
import { addLine, type DerivedTable, type Lines } from './rows.ts';

const openRow = (instalment: Instalment): object => ({
  currency: instalment.currency,
  customer_id: instalment.customer_id,
  invoice_id: instalment.invoice_id,
  number: instalment.number,
  due_date: instalment.due_date,
  kind: instalment.kind,
  order_id: instalment.order_id ?? '',
  issued_time: instalment.issued_time,
  billed_minor: instalment.billed_minor,
  credited_minor: instalment.credited_minor,
  paid_minor: instalment.paid_minor,
  open_minor: instalment.open_minor
});

/** One row a (payment, instalment): told parts that meet in one instalment are one amount. */
const allocationRow = (allocation: Allocation): object => ({
  currency: allocation.currency,
  exists_from: allocation.exists_from,
  payment_id: allocation.payment_id,
  invoice_id: allocation.invoice_id,
  number: allocation.number,
  customer_id: allocation.customer_id,
  due_date: allocation.due_date,
  amount_minor: allocation.amount_minor
});

/**
 * What changed between two states whose things have unique keys. Nearly all of a closure stays as it was, so things are compared
 * value by value, and only what changed is made into rows.
 */
function changed<T extends object>(
  before: readonly T[],
  after: readonly T[],
  keyOf: (thing: T) => string
): { added: T[]; removed: T[] } {
  const old = new Map(before.map((thing) => [keyOf(thing), thing]));
  const added: T[] = [];
  const removed: T[] = [];
  for (const thing of after) {
    const key = keyOf(thing);
    const was = old.get(key);
    old.delete(key);
    if (was && isDeepStrictEqual(was, thing)) continue;
    added.push(thing);
    if (was) removed.push(was);
  }
  return { added, removed: [...removed, ...old.values()] };
}

/**
 * Adds the rows that turn the receivables before the batch into those after it.
 * @param closure all events that decide the instalments concerned, history and batch together
 * @param from first journal position of the batch
 */
export function addReceivables(
  lines: Lines,
  closure: readonly AcceptedEvent[],
  from: number,
  seq: number
): { readonly isChanged: boolean; readonly after: Receivables } {
  const before = receivables(closure.filter((event) => event.seq < from));
  const after = receivables(closure);
  const isOpen = (instalment: Instalment): boolean => instalment.open_minor > 0;
  const write = <T extends object>(
    table: DerivedTable,
    { added, removed }: { added: T[]; removed: T[] },
    toRow: (thing: T) => object
  ): boolean => {
    for (const thing of removed) addLine(lines, table, { ...toRow(thing), sign: -1, seq });
    for (const thing of added) addLine(lines, table, { ...toRow(thing), sign: 1, seq });
    return added.length + removed.length > 0;
  };
  const open = changed(
    before.instalments.filter(isOpen),
    after.instalments.filter(isOpen),
    ({ invoice_id, number }) => `${String(number)} ${invoice_id}`
  );
  const allocated = changed(
    before.allocations,
    after.allocations,
    ({ payment_id, invoice_id, number }) => `${String(number)} ${String(payment_id.length)} ${payment_id} ${invoice_id}`
  );
  const isOpenChanged = write('receivable_state_v1', open, openRow);
  const isChanged = write('payment_allocations_v1', allocated, allocationRow) || isOpenChanged;
  return { isChanged, after };
}

/** Skus an event tells something of beside movements: a count, a fact. */
export const toldSkus = (event: AcceptedEvent): string[] =>
  event.type === 'stock.counted' || event.type === 'stock.received' || event.type === 'product.updated'
    ? [event.data.sku]
    : [];

/** Sums as text: two events may say more together than a JavaScript number holds, and ClickHouse takes them as they come. */
const SkuRow = z.object({
  sku: z.string(),
  kept: z.int(),
  active: z.int(),
  on_hand: z.string(),
  reserved: z.string(),
  quarantine: z.string(),
  name: z.nullable(z.string()),
  unit_cost_minor: z.nullable(z.int()),
  lead_time_days: z.nullable(z.int())
});

/** Skus travel as one parameter, of which a stock server takes 128 KiB. */
const SKUS_A_CALL = 500;

/** Recomputes the skus from the movement tables, which must hold the batch already, and adds their rows. */
export async function addSkuState(
  lines: Lines,
  reader: Reader,
  skus: ReadonlySet<string>,
  options: { readonly version: number; readonly table: (name: DerivedTable) => string }
): Promise<Result<void, ClickHouseFailure>> {
  const query = {
    name: 'sku_state_of',
    sql: loadQuery('sku_state_of'),
    params: z.object({ skus: z.array(z.string()), counts: z.string(), movements: z.string(), facts: z.string() }),
    row: SkuRow,
    timeoutMs: 30_000
  };
  const all = [...skus].toSorted();
  for (let start = 0; start < all.length; start += SKUS_A_CALL) {
    const answer = await reader.read(query, {
      skus: all.slice(start, start + SKUS_A_CALL),
      counts: options.table('stock_counts_v1'),
      movements: options.table('stock_movements_v1'),
      facts: options.table('product_facts_v1')
    });
    if (!answer.ok) return answer;
    for (const row of answer.value) addLine(lines, 'sku_state_v1', { ...row, version: options.version });
  }
  return ok(undefined);
}
