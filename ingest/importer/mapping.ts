/** Runs a mapping over a CSV: rows → events, one by one or by group. Groups are held until the file ends: their rows need not stand together. */
import { minorDigits } from '#lib/contracts/money.ts';
import { createChunker, type Chunk, type Conversion, type Convert, type ImportEvent } from './conversion.ts';
import { openTable, sampleValues, type CsvRow, type CsvTable } from './csv.ts';
import { detectDateStyle, readTime } from './date-text.ts';
import { ImportFault } from './fault.ts';
import { contentHash, createOrdinals } from './ids.ts';
import type { Cell, Condition, EventMapping, Field, Mapping } from './mapping-schema.ts';
import type { Input } from './input.ts';
import { createCellReader, Misread, type CellReader, type Formats } from './mapping-cells.ts';
import { detectDecimal } from './money-text.ts';

const ID_MAX = 128;

interface Plan {
  readonly event: EventMapping;
  readonly time: number;
  readonly where: (row: CsvRow) => boolean;
  readonly group: readonly number[] | null;
  /** columns that name the event; with a group and no id of its own, the group's */
  readonly id: readonly number[] | null;
  /** every column it uses, in the order of the file */
  readonly used: readonly number[];
  readonly fields: readonly { readonly name: string; readonly read: (rows: readonly CsvRow[]) => unknown }[];
  readonly groups: Map<string, CsvRow[]>;
  readonly ordinalOf: (key: string) => number;
}

const cellsOf = (field: Field): readonly Cell[] => (field.kind === 'rows' ? Object.values(field.fields) : [field]);
const columnsOf = (cell: Cell): readonly string[] =>
  cell.kind === 'const' || cell.kind === 'ordinal' ? [] : [cell.column].flat();
const textOf = (row: CsvRow, column: number): string => row.cells[column]?.trim() ?? '';

/** Names of the columns of one kind of cell over all events. */
function columnsOfKind(mapping: Mapping, kinds: readonly Cell['kind'][]): Set<string> {
  const cells = mapping.events.flatMap(({ data }) => Object.values(data).flatMap(cellsOf));
  return new Set(cells.filter(({ kind }) => kinds.includes(kind)).flatMap(columnsOf));
}

/** Told or detected: one date style and one decimal mark for the whole file. */
function formatsOf(mapping: Mapping, table: CsvTable, { told, clock, note }: Conversion): Formats {
  const values = (names: Iterable<string>) => sampleValues(table, [...names].map(table.column));
  const dates = new Set([...mapping.events.map(({ time }) => time), ...columnsOfKind(mapping, ['date', 'time'])]);
  const money = columnsOfKind(mapping, ['money']);
  const style = told.dateStyle ?? detectDateStyle(values(dates), `${table.file}, ${[...dates].join(' and ')}`);
  const decimal = told.decimal ?? detectDecimal(values(money), `${table.file}, ${[...money].join(' and ')}`);
  note(`${table.file}: ${table.format}, dates ${style.order}, decimal mark ${decimal}`);
  return { style, decimal, digits: minorDigits(mapping.currency), clock };
}

function condition({ column, is, not, starts_with, empty }: Condition, table: CsvTable): (row: CsvRow) => boolean {
  const at = table.column(column);
  return (row) => {
    const text = textOf(row, at);
    if (is !== undefined && !is.includes(text)) return false;
    if (not?.includes(text) === true) return false;
    if (starts_with !== undefined && !text.startsWith(starts_with)) return false;
    return empty === undefined || empty === (text === '');
  };
}

/** An object of fields over the rows of one event; the first misread field spoils it. */
function readFields(
  readers: readonly (readonly [string, CellReader])[],
  row: CsvRow,
  ordinal: number
): Record<string, unknown> | Misread {
  const values: Record<string, unknown> = {};
  for (const [name, read] of readers) {
    const value = read(row, ordinal);
    if (value instanceof Misread) return value;
    if (value !== undefined) values[name] = value;
  }
  return values;
}

function fieldReader(field: Field, table: CsvTable, formats: Formats): (rows: readonly CsvRow[]) => unknown {
  if (field.kind !== 'rows') {
    const read = createCellReader(field, table, formats);
    return ([row]) => (row === undefined ? undefined : read(row, 1));
  }
  const readers = Object.entries(field.fields).map(
    ([name, cell]) => [name, createCellReader(cell, table, formats)] as const
  );
  return (rows) => {
    const list: Record<string, unknown>[] = [];
    for (const [index, row] of rows.entries()) {
      const values = readFields(readers, row, index + 1);
      if (values instanceof Misread) return values;
      list.push(values);
    }
    return list;
  };
}

function planOf(event: EventMapping, table: CsvTable, formats: Formats): Plan {
  const conditions = event.where.map((part) => condition(part, table));
  const group = event.group_by?.map(table.column) ?? null;
  const cells = Object.values(event.data).flatMap(cellsOf).flatMap(columnsOf);
  const used = [...new Set([event.time, ...cells].map(table.column))].sort((a, b) => a - b);
  return {
    event,
    time: table.column(event.time),
    where: (row) => conditions.every((holds) => holds(row)),
    group,
    id: event.id?.map(table.column) ?? group,
    used,
    fields: Object.entries(event.data).map(([name, field]) => ({ name, read: fieldReader(field, table, formats) })),
    groups: new Map(),
    ordinalOf: createOrdinals()
  };
}

/** `type/values` where columns name it, else a hash of all it uses; identical rows are numbered. */
function idOf(plan: Plan, row: CsvRow): string {
  const { type } = plan.event;
  if (plan.id !== null) {
    const values = plan.id.map((column) => textOf(row, column));
    const id = `${type}/${values.join('/')}`;
    // values that hold the separator could meet another row's
    return id.length > ID_MAX || values.some((value) => value.includes('/')) ? `${type}/${contentHash(values)}` : id;
  }
  const content = contentHash(plan.used.map((column) => textOf(row, column)));
  return `${type}/${content}/${plan.ordinalOf(content)}`;
}

/** The event of some rows (one, or a group in the file's order); what cannot be read skips all of them. */
function eventOf(
  plan: Plan,
  rows: readonly CsvRow[],
  file: string,
  formats: Formats,
  { skips }: Conversion
): ImportEvent | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  const skip = ({ reason, detail }: Misread): undefined => {
    for (const { line } of rows) skips.add(reason, file, line, `${plan.event.type}: ${detail}`);
  };
  const text = textOf(first, plan.time);
  const written = readTime(text, formats.style);
  if (written === undefined)
    return skip(new Misread(text === '' ? 'missing_value' : 'bad_date', `${plan.event.time} "${text}"`));
  const data: Record<string, unknown> = {};
  for (const { name, read } of plan.fields) {
    const value = read(rows);
    if (value instanceof Misread) return skip(value);
    if (value !== undefined) data[name] = value;
  }
  return {
    id: idOf(plan, first),
    type: plan.event.type,
    time: formats.clock.instant(written),
    data,
    file,
    line: first.line
  };
}

/** Takes a row into the plan's group, or makes its event at once. */
function takeRow(
  plan: Plan,
  row: CsvRow,
  file: string,
  formats: Formats,
  conversion: Conversion,
  add: (event: ImportEvent) => void
): void {
  if (plan.group === null) {
    const event = eventOf(plan, [row], file, formats, conversion);
    if (event !== undefined) add(event);
    return;
  }
  const key = JSON.stringify(plan.group.map((column) => textOf(row, column)));
  const rows = plan.groups.get(key);
  if (rows === undefined) plan.groups.set(key, [row]);
  else rows.push(row);
}

async function* convert(mapping: Mapping, input: Input, conversion: Conversion): AsyncGenerator<Chunk> {
  const table = await openTable(input, conversion.told, conversion.skips);
  const formats = formatsOf(mapping, table, conversion);
  const plans = mapping.events.map((event) => planOf(event, table, formats));
  const chunker = createChunker();
  for await (const { rows, read } of table.batches()) {
    conversion.countRows(rows.length);
    for (const row of rows) {
      const wanted = plans.filter((plan) => plan.where(row));
      if (wanted.length === 0) conversion.skips.add('no_event', table.file, row.line, '');
      for (const plan of wanted) takeRow(plan, row, table.file, formats, conversion, chunker.add);
    }
    if (chunker.full()) yield chunker.take(read / input.size);
  }
  for (const plan of plans)
    for (const rows of plan.groups.values()) {
      const event = eventOf(plan, rows, table.file, formats, conversion);
      if (event !== undefined) chunker.add(event);
      if (chunker.full()) yield chunker.take(1);
    }
  yield chunker.take(1);
}

/** @throws ImportFault (from the conversion) when a column is missing or a format cannot be told */
export function mappingConverter(mapping: Mapping): Convert {
  return async function* (inputs, conversion) {
    const [input] = inputs;
    if (input === undefined) throw new ImportFault(mapping.name, 'no file', 'name the CSV file');
    yield* convert(mapping, input, conversion);
  };
}
