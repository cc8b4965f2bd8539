/**
 * The step between raw rows and figures: what one batch of accepted events changes in the derived tables.
 *
 * For every subject a batch touches it computes the effects of the subject's events before the batch and with it, and writes the
 * difference under the batch's token. "Before" is by journal position, so that a batch repeated after a crash writes the same rows,
 * and the token drops them. Order of arrival, duplicates and batch borders therefore cannot matter.
 */
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { ok, type Result } from '#lib/contracts/result.ts';
import type { FactGroup } from '#lib/contracts/streams.ts';
import type { ClickHouseFailure, Writer } from '#sql/interface.server.ts';
import { createSubjects, follow, type Subjects } from './closure.ts';
import { createDebtors, type Debtors } from './debtors.ts';
import { createHistory, type History } from './history.ts';
import { subjectKeys } from './keys.ts';
import { isMoneyEvent, moneyEffects, moneyKeys } from './money.ts';
import { DERIVED_COLUMNS, type DerivedTable, type Lines } from './columns.ts';
import { hasLanded, untilLanded } from './landed.ts';
import { addFacts, addMoney, addSales, addStock } from './rows.ts';
import { salesEffects } from './sales.ts';
import { createSeenKeys, type SeenKeys } from './seen-keys.ts';
import { difference, retract, type Effect, type Signed } from './signed.ts';
import { createSkus, touchesOf, type Skus, type Touches } from './skus.ts';
import { directEffects, reservedEffects } from './stock.ts';
import { createSums, type Sums } from './sums.ts';

const SUMS: DerivedTable = 'movement_sums_v1';

type Ring = (groups: readonly FactGroup[]) => void;

/** Accepted events at the positions [from..through]; positions of quarantined records are missing from `events`. */
export interface Batch {
  readonly from: number;
  readonly through: number;
  readonly events: readonly AcceptedEvent[];
  /** it may have been written before, in part: what is written again is looked for afterwards, see landed.ts */
  readonly isRepeated?: boolean;
}

export interface Deriver {
  /**
   * Writes what the batch changes; `ring` tells each group as soon as its figures are committed.
   * Repeat it with the same batch, as one that is repeated, after a failure: nothing counts twice, and nothing is missing.
   */
  derive(batch: Batch, ring: Ring): Promise<Result<void, ClickHouseFailure>>;
  /** Reads which subjects have a past; without it the first batches are slower. */
  warm(): Promise<Result<void, ClickHouseFailure>>;
  /** Remembers less of the past, or as much as it may. */
  beFrugal(isFrugal: boolean): void;
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

/** @returns the skus that what was added touches */
async function additive(
  batch: Batch,
  subjects: Subjects,
  lines: Lines,
  sums: Sums
): Promise<Result<Touches, ClickHouseFailure>> {
  const { from, through: seq } = batch;
  const money = batch.events.filter(isMoneyEvent);
  const tied = await follow(subjects, money.flatMap(moneyKeys), moneyKeys);
  if (!tied.ok) return tied;
  const { events: found } = tied.value;
  const untied = money.filter((event) => !found.has(event.seq));
  for (const row of changes(moneyEffects, [...found.values(), ...untied], from)) addMoney(lines, sums, seq, row);

  const orderKeys = batch.events.filter((event) => event.type.startsWith('order.')).flatMap(subjectKeys);
  const invoiceKeys = batch.events
    .filter((event) => event.type === 'invoice.issued' || event.type === 'invoice.credited')
    .map((event) => `invoice:${event.data.invoice_id}`);
  const loaded = await subjects.load([...orderKeys, ...invoiceKeys]);
  if (!loaded.ok) return loaded;
  for (const row of changes(salesEffects, loaded.value, from)) addSales(lines, sums, seq, row);
  const direct = batch.events
    .flatMap(directEffects)
    .map((effect) => ({ ...effect, known_from: effect.time, sign: 1 }) as const);
  const moves = [...changes(reservedEffects, loaded.value, from), ...direct];
  for (const row of moves) addStock(lines, sums, seq, row);
  for (const event of batch.events) addFacts(lines, seq, event);
  return ok(touchesOf(moves, batch.events));
}

/** What the halves of a batch are written with. */
interface Means {
  readonly batch: Batch;
  readonly write: (batch: Batch, lines: Lines) => Promise<Result<void, ClickHouseFailure>>;
  readonly ring: Ring;
}

/** Takes what cash is read from out of the lines; nothing when the batch moves no money, or is repeated: sums are compared with all movements. */
function takeCash(lines: Lines, { isRepeated = false }: Batch): Lines {
  const cash: Lines = new Map();
  if (isRepeated || (!lines.has('money_movements_v1') && !lines.has('account_reports_v1'))) return cash;
  for (const table of ['money_movements_v1', 'account_reports_v1', 'movement_sums_v1'] as const) {
    const list = lines.get(table);
    if (list) cash.set(table, list);
    lines.delete(table);
  }
  return cash;
}

/** Cash first: an event that comes while a batch is under way waits for little more than its own money. */
async function writeAdditive(
  { batch, write, ring }: Means,
  skus: Skus,
  lines: Lines,
  touches: Touches
): Promise<Result<void, ClickHouseFailure>> {
  const cash = takeCash(lines, batch);
  const paid = await write(batch, cash);
  if (!paid.ok) return paid;
  if (cash.size > 0) ring(['cash']);

  const skuLines: Lines = new Map();
  const missing = skus.moveOn(skuLines, touches, batch.through);
  // one insert a table and batch: its token stands for all of it
  const written = await write(batch, missing.length === 0 ? new Map([...lines, ...skuLines]) : lines);
  if (!written.ok) return written;
  const groups: FactGroup[] = lines.has('money_movements_v1') || lines.has('account_reports_v1') ? ['cash'] : [];
  if (lines.has('sales_movements_v1')) groups.push('sales');
  if (touches.size > 0 && missing.length === 0) groups.push('stock');
  if (groups.length > 0) ring(groups);
  if (missing.length === 0) return ok(undefined);

  const read = await skus.read(skuLines, missing, batch.through);
  if (!read.ok) return read;
  const stored = await write(batch, skuLines);
  if (stored.ok) ring(['stock']);
  return stored;
}

async function writeReceivables(
  { batch, write, ring }: Means,
  debtors: Debtors,
  subjects: Subjects
): Promise<Result<void, ClickHouseFailure>> {
  const lines: Lines = new Map();
  const added = await debtors.add(lines, subjects, batch);
  if (!added.ok || lines.size === 0) return added;
  const stored = await write(batch, lines);
  if (stored.ok) ring(['receivables']);
  return stored;
}

export function createDeriver(options: DeriverOptions): Deriver {
  const { writer } = options;
  const table = options.table ?? ((name: DerivedTable): string => name);
  const seen = options.seen ?? createSeenKeys();
  const history: History = createHistory({ reader: writer, seen });
  const debtors = createDebtors();
  const skus = createSkus({ reader: writer, table, seen });

  type Written = Promise<Result<void, ClickHouseFailure>>;
  const insert = ({ from, through }: Batch, name: DerivedTable, rows: readonly string[], suffix = ''): Written =>
    writer.insert(table(name), rows.join('\n'), {
      columns: DERIVED_COLUMNS[name],
      token: `${options.tokenPrefix}:${from}-${through}:${table(name)}${suffix}`
    });
  const write = async (batch: Batch, lines: Lines): Written => {
    const answers = await Promise.all([...lines].map(([name, rows]) => insert(batch, name, rows)));
    const failed = answers.find((answer) => !answer.ok);
    if (failed || !batch.isRepeated) return failed ?? ok(undefined);
    // sums last: they are compared with the movements
    for (const [name, rows] of [...lines].sort(([a], [b]) => Number(a === SUMS) - Number(b === SUMS))) {
      const landed = await untilLanded(
        () => hasLanded(writer, table, name, rows),
        (suffix) => insert(batch, name, rows, suffix)
      );
      if (!landed.ok) return landed;
    }
    return ok(undefined);
  };

  return {
    warm: () => seen.fill(writer),
    beFrugal: (isFrugal) => history.beFrugal(isFrugal),
    clear() {
      history.clear();
      debtors.clear();
      skus.clear();
    },
    async derive(batch, ring) {
      const subjects = createSubjects(history, batch);
      const lines: Lines = new Map();
      const sums = createSums();
      const touches = await additive(batch, subjects, lines, sums);
      if (!touches.ok) return touches;
      sums.write(lines);
      const means = { batch, write, ring };
      // side by side: while one half goes in, the other is computed
      const [stock, receivables] = await Promise.all([
        writeAdditive(means, skus, lines, touches.value),
        writeReceivables(means, debtors, subjects)
      ]);
      if (!stock.ok) return stock;
      if (!receivables.ok) return receivables;
      history.commit(batch.events);
      debtors.commit();
      skus.commit();
      return ok(undefined);
    }
  };
}
