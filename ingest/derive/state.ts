/** The stateful half of a batch: open instalments and who paid what. Rows only for what changed. */
import { isDeepStrictEqual } from 'node:util';
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { receivables, type Allocation, type Instalment, type Receivables } from '#lib/domain/receivables.ts';
import { addLine, type DerivedTable, type Lines, type Row } from './columns.ts';

type RowOf<Thing, T extends DerivedTable> = (thing: Thing, sign: 1 | -1, seq: number) => Row<T>;

const openRow: RowOf<Instalment, 'receivable_state_v1'> = (instalment, sign, seq) => [
  instalment.currency,
  instalment.customer_id,
  instalment.invoice_id,
  instalment.number,
  instalment.due_date,
  instalment.kind,
  instalment.order_id ?? '',
  instalment.issued_time,
  instalment.billed_minor,
  instalment.credited_minor,
  instalment.paid_minor,
  instalment.open_minor,
  sign,
  seq
];

/** One row a (payment, instalment): told parts that meet in one instalment are one amount. */
const allocationRow: RowOf<Allocation, 'payment_allocations_v1'> = (allocation, sign, seq) => [
  allocation.currency,
  allocation.exists_from,
  allocation.payment_id,
  allocation.invoice_id,
  allocation.number,
  allocation.customer_id,
  allocation.due_date,
  allocation.amount_minor,
  sign,
  seq
];

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
 * @returns those after it
 */
export function addReceivables(
  lines: Lines,
  closure: readonly AcceptedEvent[],
  from: number,
  seq: number
): Receivables {
  const before = receivables(closure.filter((event) => event.seq < from));
  const after = receivables(closure);
  const isOpen = (instalment: Instalment): boolean => instalment.open_minor > 0;
  const write = <Thing, T extends DerivedTable>(
    table: T,
    { added, removed }: { added: Thing[]; removed: Thing[] },
    toRow: RowOf<Thing, T>
  ): void => {
    for (const thing of removed) addLine(lines, table, toRow(thing, -1, seq));
    for (const thing of added) addLine(lines, table, toRow(thing, 1, seq));
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
  write('receivable_state_v1', open, openRow);
  write('payment_allocations_v1', allocated, allocationRow);
  return after;
}
