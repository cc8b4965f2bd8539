/**
 * The step between raw rows and figures: what one batch of accepted events changes in the derived tables.
 *
 * For every subject a batch touches it computes the effects of the subject's events before the batch and with it, and writes the
 * difference under the batch's token. "Before" is by journal position, so that a batch repeated after a crash writes the same rows,
 * and the token drops them. Order of arrival, duplicates and batch borders therefore cannot matter.
 */
import { LRUCache } from 'lru-cache';
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { ok, type Result } from '#lib/contracts/result.ts';
import type { FactGroup } from '#lib/contracts/streams.ts';
import type { Receivables } from '#lib/domain/receivables.ts';
import type { ClickHouseFailure, Writer } from '#sql/interface.server.ts';
import { createSubjects, follow, receivablesClosure, type Subjects } from './closure.ts';
import { createHistory, type History } from './history.ts';
import { subjectKeys } from './keys.ts';
import { isMoneyEvent, moneyEffects, moneyKeys } from './money.ts';
import {
  addFacts,
  addMoney,
  addSales,
  addStock,
  createSums,
  type DerivedTable,
  type Lines,
  type Sums
} from './rows.ts';
import { salesEffects } from './sales.ts';
import { createSeenKeys, type SeenKeys } from './seen-keys.ts';
import { difference, retract, type Effect, type Signed } from './signed.ts';
import { addReceivables, addSkuState, toldSkus } from './state.ts';
import { directEffects, reservedEffects } from './stock.ts';

/** Accepted events at the positions [from..through]; positions of quarantined records are missing from `events`. */
export interface Batch {
  readonly from: number;
  readonly through: number;
  readonly events: readonly AcceptedEvent[];
}

export interface Deriver {
  /**
   * Writes what the batch changes; `ring` tells each group as soon as its figures are committed.
   * Repeat it with the same batch after a failure: nothing counts twice.
   */
  derive(batch: Batch, ring: (groups: readonly FactGroup[]) => void): Promise<Result<void, ClickHouseFailure>>;
  /** Reads which subjects have a past; without it the first batches are slower. */
  warm(): Promise<Result<void, ClickHouseFailure>>;
  /** Forgets cached history (after a rebuild). */
  clear(): void;
}

export interface DeriverOptions {
  readonly writer: Writer;
  /** makes tokens unique to a journal; `:${from}-${through}:${table}` is added */
  readonly tokenPrefix: string;
  /** another name for a table: a rebuild writes to shadow tables */
  readonly table?: (name: DerivedTable) => string;
  /** a rebuild begins with nothing seen and reads no history for new subjects */
  readonly seen?: SeenKeys;
}

/** The rows that lead from the effects before the batch to those with it. */
function changes<E extends Effect>(
  rule: (events: readonly AcceptedEvent[]) => Signed<E>[],
  events: readonly AcceptedEvent[],
  from: number
): Signed<E>[] {
  const { added, removed } = difference(rule(events.filter((event) => event.seq < from)), rule(events));
  return [...removed.map(retract), ...added];
}

/** @returns the skus whose state changes with what was added */
async function additive(
  batch: Batch,
  subjects: Subjects,
  lines: Lines,
  sums: Sums
): Promise<Result<Set<string>, ClickHouseFailure>> {
  const { from, through: seq } = batch;
  const money = batch.events.filter(isMoneyEvent);
  const tied = await follow(subjects, money.flatMap(moneyKeys), moneyKeys);
  if (!tied.ok) return tied;
  const untied = money.filter((event) => !tied.value.has(event.seq));
  for (const row of changes(moneyEffects, [...tied.value.values(), ...untied], from)) addMoney(lines, sums, seq, row);

  const orderKeys = batch.events.filter((event) => event.type.startsWith('order.')).flatMap(subjectKeys);
  const invoiceKeys = batch.events
    .filter((event) => event.type === 'invoice.issued' || event.type === 'invoice.credited')
    .map((event) => `invoice:${event.data.invoice_id}`);
  const loaded = await subjects.load([...orderKeys, ...invoiceKeys]);
  if (!loaded.ok) return loaded;
  for (const row of changes(salesEffects, loaded.value, from)) addSales(lines, sums, seq, row);
  const skus = new Set<string>(batch.events.flatMap(toldSkus));
  const direct = batch.events
    .flatMap(directEffects)
    .map((effect) => ({ ...effect, known_from: effect.time, sign: 1 }) as const);
  for (const row of [...changes(reservedEffects, loaded.value, from), ...direct]) {
    addStock(lines, sums, seq, row);
    skus.add(row.sku);
  }
  for (const event of batch.events) addFacts(lines, seq, event);
  return ok(skus);
}

/** Sealed invoices kept in mind, ≈ 100 bytes each; one that is forgotten costs its next batch a little time. */
const SEALED_MAX = 300_000;

/** Which invoices were sealed by what is derived so far, see receivablesClosure. */
function createSealed(): {
  has(invoiceId: string): boolean;
  commit(derived: Receivables): void;
  clear(): void;
} {
  const ids = new LRUCache<string, true>({ max: SEALED_MAX });
  return {
    has: (invoiceId) => ids.has(invoiceId),
    commit({ instalments, sealed }) {
      for (const { invoice_id } of instalments)
        if (sealed.has(invoice_id)) ids.set(invoice_id, true);
        else ids.delete(invoice_id);
    },
    clear: () => ids.clear()
  };
}

export function createDeriver(options: DeriverOptions): Deriver {
  const { writer } = options;
  const table = options.table ?? ((name: DerivedTable): string => name);
  const seen = options.seen ?? createSeenKeys();
  const history: History = createHistory({ reader: writer, seen });
  const sealed = createSealed();

  const write = async (batch: Batch, lines: Lines): Promise<Result<void, ClickHouseFailure>> => {
    const answers = await Promise.all(
      [...lines].map(([name, rows]) =>
        writer.insert(table(name), rows.join('\n'), {
          token: `${options.tokenPrefix}:${batch.from}-${batch.through}:${table(name)}`
        })
      )
    );
    return answers.find((answer) => !answer.ok) ?? ok(undefined);
  };

  return {
    warm: () => seen.fill(writer),
    clear() {
      history.clear();
      sealed.clear();
    },
    async derive(batch, ring) {
      const subjects = createSubjects(history, batch);
      const lines: Lines = new Map();
      const sums = createSums();
      const computed = await additive(batch, subjects, lines, sums);
      if (!computed.ok) return computed;
      sums.write(lines);
      const written = await write(batch, lines);
      if (!written.ok) return written;
      const additiveGroups: FactGroup[] = [];
      if (lines.has('money_movements_v1') || lines.has('account_reports_v1')) additiveGroups.push('cash');
      if (lines.has('sales_movements_v1')) additiveGroups.push('sales');
      if (additiveGroups.length > 0) ring(additiveGroups);

      const closure = await receivablesClosure(subjects, batch.events, sealed.has);
      if (!closure.ok) return closure;
      const receivableLines: Lines = new Map();
      const receivables = addReceivables(receivableLines, closure.value, batch.from, batch.through);
      if (receivables.isChanged) {
        const stored = await write(batch, receivableLines);
        if (!stored.ok) return stored;
        ring(['receivables']);
      }
      if (computed.value.size > 0) {
        const skuLines: Lines = new Map();
        const read = await addSkuState(skuLines, writer, computed.value, { version: batch.through, table });
        if (!read.ok) return read;
        const stored = await write(batch, skuLines);
        if (!stored.ok) return stored;
        ring(['stock']);
      }
      history.commit(batch.events);
      sealed.commit(receivables.after);
      return ok(undefined);
    }
  };
}
