/**
 * Whether what was inserted is in its table. ClickHouse notes an insert's token before it puts the part in its place: killed in between, it
 * takes every repetition for a duplicate of rows that are nowhere. So whoever repeats an insert looks for its rows afterwards. An insert is
 * one part, there whole or not at all: one of its rows tells.
 */
import { z } from 'zod';
import { fail, ok, type Result } from '#lib/contracts/result.ts';
import type { ClickHouseFailure, Reader } from '#sql/interface.server.ts';
import { loadQuery } from '#sql/queries.server.ts';
import { DERIVED_COLUMNS, type DerivedTable } from './columns.ts';

type Answer = Promise<Result<boolean, ClickHouseFailure>>;
type Cells = readonly unknown[];

const TIMEOUT_MS = 60_000;
/** Of these, rows of opposite signs may take each other away. */
const COLLAPSING: readonly DerivedTable[] = ['receivable_state_v1', 'payment_allocations_v1'];
/** The journal position of the batch that wrote a row. */
const POSITIONS: readonly string[] = ['seq', 'version'];

/** Each time it takes a kill in the same moment. */
const AGAIN_MAX = 5;

/**
 * After an insert that was repeated and that ClickHouse said is done.
 * @param isThere whether its rows are found
 * @param again inserts them under a token of their own: the one before is spent
 */
export async function untilLanded(
  isThere: () => Answer,
  again: (suffix: string) => Promise<Result<void, ClickHouseFailure>>
): Promise<Result<void, ClickHouseFailure>> {
  for (let n = 1; n <= AGAIN_MAX; n++) {
    const found = await isThere();
    if (!found.ok) return found;
    if (found.value) return ok(undefined);
    const inserted = await again(`:again-${n}`);
    if (!inserted.ok) return inserted;
  }
  const message = 'rows that ClickHouse says it has are not found in their table';
  return fail({ kind: 'rejected', retryable: true, code: 'NOT_LANDED', message });
}

const cellsOf = (line: string): Cells => z.array(z.unknown()).parse(JSON.parse(line));

const columnsOf = () => ({
  name: 'table_columns',
  sql: loadQuery('table_columns'),
  params: z.object({ table: z.string() }),
  row: z.object({ name: z.string(), type: z.string(), is_key: z.int() }),
  timeoutMs: TIMEOUT_MS
});

/** Which table holds rows that are looked for, and what stands in it. */
interface Place {
  readonly name: DerivedTable;
  /** a rebuild writes to shadow tables */
  readonly table: string;
}

/** @returns how many rows have the line's values in its key and in `more`; of a collapsing table what their signs add up to */
async function count(
  reader: Reader,
  { name, table }: Place,
  line: Cells,
  more: readonly string[],
  what: 'count()' | 'sum(sign)'
): Promise<Result<number, ClickHouseFailure>> {
  const columns = await reader.read(columnsOf(), { table });
  if (!columns.ok) return columns;
  const asked = columns.value.filter((column) => column.is_key === 1 || more.includes(column.name));
  const names = asked.map((column) => column.name).join(', ');
  const place = (column: string): number => DERIVED_COLUMNS[name].findIndex((known) => known === column);
  // table and columns are of closed lists, and the values are read as the insert's were
  const answer = await reader.read(
    {
      name: 'landed',
      sql:
        `SELECT toInt64(${what}) AS found FROM ${table} WHERE (${names}) IN ` +
        `(SELECT ${names} FROM format('JSONCompactEachRow', {structure: String}, {line: String}))`,
      params: z.object({ structure: z.string(), line: z.string() }),
      row: z.object({ found: z.int() }),
      timeoutMs: TIMEOUT_MS
    },
    {
      structure: asked.map((column) => `${column.name} ${column.type}`).join(', '),
      line: JSON.stringify(asked.map((column) => line[place(column.name)]))
    }
  );
  return answer.ok ? ok(answer.value[0]?.found ?? 0) : answer;
}

async function rowIsThere(reader: Reader, place: Place, lines: readonly string[]): Answer {
  const cells = lines.map(cellsOf);
  const isCollapsing = COLLAPSING.includes(place.name);
  const sign = DERIVED_COLUMNS[place.name].findIndex((column) => column === 'sign');
  // of a subject's rows the last with a positive sign is never taken away
  const witness = isCollapsing ? cells.findLast((row) => row[sign] === 1) : cells.at(-1);
  const found = witness && (await count(reader, place, witness, [...POSITIONS, 'sign'], 'count()'));
  if (found) return found.ok ? ok(found.value > 0) : found;
  // nothing but leave-taking: what leaves was there once, and is no more
  const left = await count(reader, place, cells.at(-1) ?? [], [], 'sum(sign)');
  return left.ok ? ok(left.value === 0) : left;
}

const Sum = z.tuple([
  z.string(),
  z.string(),
  z.enum(['minute', 'day']),
  z.int(),
  z.int(),
  z.string(),
  z.string(),
  z.string(),
  z.string(),
  z.int(),
  z.int(),
  z.int()
]);

/**
 * Sums melt into each other, and none keeps its batch: one of a minute is compared with the movements behind it, which must be there. Only
 * where just its own amounts are missing is it taken for missing: what is wrong otherwise would not be righted by adding to it.
 */
async function sumIsThere(reader: Reader, table: (name: DerivedTable) => string, lines: readonly string[]): Answer {
  const witness = lines.map((line) => Sum.parse(JSON.parse(line))).findLast(([, , grain]) => grain === 'minute');
  if (!witness) return ok(true);
  const [measure, currency, , start, known_start, account, flow, kind, method, amount, base, sum] = witness;
  const answer = await reader.read(
    {
      name: 'sums_missing',
      sql: loadQuery('sums_missing'),
      params: z.record(z.string(), z.union([z.string(), z.int()])),
      row: z.object({ is_missing: z.int() }),
      timeoutMs: TIMEOUT_MS
    },
    {
      ...{ measure, currency, start, known_start, account, flow, kind, method, amount, base, rows: sum },
      sums: table('movement_sums_v1'),
      money: table('money_movements_v1'),
      sales: table('sales_movements_v1'),
      stock: table('stock_movements_v1')
    }
  );
  return answer.ok ? ok(answer.value[0]?.is_missing !== 1) : answer;
}

/**
 * @param table another name for a table
 * @param lines what was inserted into it; the rows of all movements must be there before their sums are asked for
 */
export function hasLanded(
  reader: Reader,
  table: (name: DerivedTable) => string,
  name: DerivedTable,
  lines: readonly string[]
): Answer {
  if (name === 'movement_sums_v1') return sumIsThere(reader, table, lines);
  return rowIsThere(reader, { name, table: table(name) }, lines);
}
