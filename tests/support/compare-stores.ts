/**
 * Two stores, every table row by row, whatever tables there are: columns that tell when and in which order a row was written are left
 * out, signed rows are taken against each other, and tables that merge are read merged.
 */
import { z } from 'zod';
import { createReader } from '#sql/gateway.server.ts';
import type { ClickHouseAddress, Reader } from '#sql/interface.server.ts';

/** Positions, clocks of arrival and names of keys: another run has others. */
const OF_THE_RUN = new Set(['seq', 'version', 'received_at', 'quarantine_id', 'key_id', 'sign']);
const NOT_DATA = ['schema_migrations'];
/** Rows of a slice are in memory twice. */
const SLICE_ROWS = 100_000;
const EXAMPLES_MAX = 5;
const TIMEOUT_MS = 120_000;

const Table = z.object({ name: z.string(), engine: z.string(), rows: z.int() });
const Column = z.object({ name: z.string(), type: z.string() });
type Table = z.output<typeof Table>;
type Column = z.output<typeof Column>;

interface TableComparison {
  readonly table: string;
  /** distinct rows in merged form */
  readonly left: number;
  readonly right: number;
  readonly differences: number;
  readonly examples: readonly string[];
}

async function ask<R extends z.ZodType>(
  reader: Reader,
  sql: string,
  row: R,
  params: Record<string, number | string> = {}
): Promise<z.output<R>[]> {
  const shape = z.record(z.string(), z.union([z.string(), z.int()]));
  const answer = await reader.read({ name: 'compare', sql, params: shape, row, timeoutMs: TIMEOUT_MS }, params);
  if (!answer.ok) throw new Error(`${answer.failure.code}: ${answer.failure.message}`);
  return answer.value;
}

const tablesOf = (reader: Reader): Promise<Table[]> =>
  ask(
    reader,
    `SELECT name, engine, toUInt64(coalesce(total_rows, 0)) AS rows FROM system.tables
     WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND name NOT IN (${NOT_DATA.map((name) => `'${name}'`).join()})
     ORDER BY name`,
    Table
  );

const columnsOf = (reader: Reader, table: string): Promise<Column[]> =>
  ask(
    reader,
    `SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {table: String} ORDER BY position`,
    Column,
    { table }
  );

/** One text a row, with how often it is there; a signed row and its retraction are none. */
function rowsQuery({ name, engine }: Table, columns: readonly Column[]): string {
  const isSigned = columns.some((column) => column.name === 'sign');
  const isCollapsing = engine.includes('Collapsing');
  // a retraction has the amount of the opposite sign; a collapsing table repeats the row as it was
  const cell = (column: Column): string =>
    isSigned && !isCollapsing && column.type === 'Int64' ? `\`${column.name}\` * sign` : `\`${column.name}\``;
  const cells = columns.filter((column) => !OF_THE_RUN.has(column.name)).map(cell);
  const isMerging = !isCollapsing && engine !== 'MergeTree';
  return `SELECT toString(tuple(${cells.join(', ')})) AS line, toInt64(${isSigned ? 'sum(sign)' : 'count()'}) AS copies
     FROM \`${name}\`${isMerging ? ' FINAL' : ''}
     WHERE sipHash64(line) % {parts: UInt32} = {part: UInt32}
     GROUP BY line
     HAVING copies != 0`;
}

async function compareTable(left: Reader, right: Reader, table: Table): Promise<TableComparison> {
  const columns = await columnsOf(left, table.name);
  const sql = rowsQuery(table, columns);
  const row = z.object({ line: z.string(), copies: z.int() });
  const parts = Math.max(1, Math.ceil(table.rows / SLICE_ROWS));
  const counts = { left: 0, right: 0, differences: 0 };
  const examples: string[] = [];
  const differs = (line: string, here: number, there: number): void => {
    counts.differences++;
    if (examples.length < EXAMPLES_MAX) examples.push(`${here} × here, ${there} × there: ${line}`);
  };
  for (let part = 0; part < parts; part++) {
    const here = new Map((await ask(left, sql, row, { part, parts })).map(({ line, copies }) => [line, copies]));
    const there = await ask(right, sql, row, { part, parts });
    counts.left += here.size;
    counts.right += there.length;
    for (const { line, copies } of there) {
      const expected = here.get(line) ?? 0;
      if (expected !== copies) differs(line, expected, copies);
      here.delete(line);
    }
    for (const [line, copies] of here) differs(line, copies, 0);
  }
  return { table: table.name, ...counts, examples };
}

/**
 * @returns one entry a table of either store
 * @throws when a store cannot be read, or has a table that the other has not
 */
export async function compareStores(left: ClickHouseAddress, right: ClickHouseAddress): Promise<TableComparison[]> {
  const readers = [createReader(left), createReader(right)] as const;
  try {
    const [here, there] = [await tablesOf(readers[0]), await tablesOf(readers[1])];
    const names = (tables: readonly Table[]): string => tables.map(({ name }) => name).join();
    if (here.length === 0 || names(here) !== names(there))
      throw new Error(`other tables: ${names(here)} / ${names(there)}`);
    const compared: TableComparison[] = [];
    for (const table of here) compared.push(await compareTable(...readers, table));
    return compared;
  } finally {
    for (const reader of readers) await reader.close();
  }
}
