/** One cell of a row into one value of an event. */
import type { CsvRow, CsvTable } from './csv.ts';
import { readTime, type DateStyle } from './date-text.ts';
import type { ImportClock } from './import-clock.ts';
import type { Cell } from './mapping-schema.ts';
import { minorOf, type Decimal } from './money-text.ts';
import type { SkipReason } from './skips.ts';

export interface Formats {
  readonly style: DateStyle;
  readonly decimal: Decimal;
  /** decimal places of the mapping's currency */
  readonly digits: number;
  readonly clock: ImportClock;
}

/** Why a cell could not be read. */
export class Misread {
  readonly reason: SkipReason;
  readonly detail: string;

  constructor(reason: SkipReason, detail: string) {
    this.reason = reason;
    this.detail = detail;
  }
}

/** @param ordinal of the row within its group, from 1; undefined means: leave the field out */
export type CellReader = (row: CsvRow, ordinal: number) => unknown;

const signed = (n: number, sign: 'as_written' | 'absolute' | 'negated'): number =>
  sign === 'absolute' ? Math.abs(n) : sign === 'negated' && n !== 0 ? -n : n;

function readMoney(
  text: string,
  sign: 'as_written' | 'absolute' | 'negated',
  { digits, decimal }: Formats
): number | SkipReason {
  const minor = minorOf(text, digits, decimal);
  if (typeof minor === 'number') return signed(minor, sign);
  return minor === 'fraction' ? 'fraction_of_minor' : 'bad_money';
}

function readInteger(text: string, sign: 'as_written' | 'absolute' | 'negated'): number | SkipReason {
  const n = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(n) ? signed(n, sign) : 'bad_integer';
}

/** A reader of non-empty text for the kinds that read one column. */
function textReader(
  cell: Exclude<Cell, { kind: 'const' | 'ordinal' | 'id' }>,
  formats: Formats
): (text: string) => { value: unknown } | SkipReason {
  const wrap = (value: unknown, ok: boolean, reason: SkipReason) => (ok ? { value } : reason);
  switch (cell.kind) {
    case 'text':
      return (text) => {
        const word = cell.words === undefined ? text : Object.hasOwn(cell.words, text) ? cell.words[text] : undefined;
        return wrap(word, word !== undefined, 'bad_word');
      };
    case 'money':
      return (text) => {
        const minor = readMoney(text, cell.sign, formats);
        return typeof minor === 'number' ? { value: minor } : minor;
      };
    case 'integer':
      return (text) => {
        const n = readInteger(text, cell.sign);
        return typeof n === 'number' ? { value: n } : n;
      };
    case 'date':
      return (text) => {
        const written = readTime(text, formats.style);
        return written === undefined ? 'bad_date' : { value: formats.clock.date(written) };
      };
    case 'time':
      return (text) => {
        const written = readTime(text, formats.style);
        return written === undefined ? 'bad_date' : { value: new Date(formats.clock.moment(written)).toISOString() };
      };
  }
}

/** @throws ImportFault when the table lacks a column */
export function createCellReader(cell: Cell, table: CsvTable, formats: Formats): CellReader {
  if (cell.kind === 'const') return () => cell.value;
  if (cell.kind === 'ordinal') return (_, ordinal) => ordinal;
  const at = [cell.column].flat().map(table.column);
  const names = [cell.column].flat().join('/');
  const empty = new Set(['', ...cell.empty]);
  const read = cell.kind === 'id' ? (text: string) => ({ value: `${cell.prefix}${text}` }) : textReader(cell, formats);
  return (row) => {
    const texts = at.map((column) => row.cells[column]?.trim() ?? '');
    if (texts.some((text) => empty.has(text))) return cell.optional ? undefined : new Misread('missing_value', names);
    const text = texts.join('/');
    const result = read(text);
    return typeof result === 'string' ? new Misread(result, `${names} "${text}"`) : result.value;
  };
}
