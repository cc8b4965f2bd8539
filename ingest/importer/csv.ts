/** A CSV file as rows of text: delimiter and encoding told or detected, every row with its line. */
import { parse, type Parser } from 'csv-parse';
import iconv from 'iconv-lite';
import { ImportFault } from './fault.ts';
import type { Input } from './input.ts';
import type { SkipLog } from './skips.ts';

/** What the operator or a mapping tells of the format; the rest is detected. */
export interface ToldFormat {
  readonly delimiter?: string | undefined;
  readonly quote?: string | undefined;
  readonly encoding?: string | undefined;
}
export interface CsvRow {
  /** of the file, the header is usually 1 */
  readonly line: number;
  readonly cells: readonly string[];
}
export interface CsvTable {
  readonly file: string;
  readonly header: readonly string[];
  /** how it was read, for the report */
  readonly format: string;
  /** the first rows, for detection: at most 20,000 and what their chunk still held */
  readonly sample: readonly CsvRow[];
  /** position of a column, by name: case, blanks and marks aside */
  column(name: string): number;
  /** all rows, in batches, the sample included; once. `read`: decompressed bytes read so far */
  batches(): AsyncGenerator<{ readonly rows: readonly CsvRow[]; readonly read: number }>;
}

const DELIMITERS = [',', ';', '\t', '|'];
const SAMPLE_ROWS = 20_000;
const SNIFFED_LINES = 20;
/** A quote never closed would swallow the file: beyond this a record is broken. */
const RECORD_BYTES_MAX = 1024 * 1024;

/** Occurrences outside quotes. */
function count(line: string, mark: string, quote: string): number {
  let quoted = false;
  let n = 0;
  for (const character of line) {
    if (character === quote) quoted = !quoted;
    else if (character === mark && !quoted) n++;
  }
  return n;
}

/** The mark that cuts the first lines into the same number of columns most often; of equals, into more. */
function sniffDelimiter(head: string, quote: string): string {
  const lines = head
    .split(/\r\n|\r|\n/)
    .filter((line) => line !== '')
    .slice(0, SNIFFED_LINES);
  let best = ',';
  let bestScore = 0;
  for (const mark of DELIMITERS) {
    const counts = lines.map((line) => count(line, mark, quote));
    const [first = 0] = counts;
    const score = first === 0 ? 0 : counts.filter((n) => n === first).length * 1000 + Math.min(first, 999);
    if (score > bestScore) {
      best = mark;
      bestScore = score;
    }
  }
  return best;
}

async function* utf8Chunks(
  input: Input,
  encoding: string
): AsyncGenerator<{ readonly bytes: Buffer | string; readonly read: number }> {
  let read = 0;
  const decoder = encoding === 'utf-8' ? null : iconv.getDecoder(encoding);
  for await (const chunk of input.chunks()) {
    read += chunk.length;
    yield { bytes: decoder === null ? chunk : decoder.write(chunk), read };
  }
  const rest = decoder?.end() ?? '';
  if (rest !== '') yield { bytes: rest, read };
}

const plain = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

function findColumn(file: string, header: readonly string[], name: string): number {
  const wanted = plain(name);
  const at = header.findIndex((column) => plain(column) === wanted);
  if (at < 0)
    throw new ImportFault(
      file,
      `has no column "${name}"; it has ${header.join(', ')}`,
      'check that file and preset or mapping belong together, or tell --delimiter'
    );
  return at;
}

interface Reading {
  /** rows since the last call */
  take(): CsvRow[];
  write(bytes: Buffer | string): void;
  end(): void;
}

function startReading(file: string, told: { delimiter: string; quote: string }, skips: SkipLog): Reading {
  let rows: CsvRow[] = [];
  let failed: Error | null = null;
  const parser: Parser = parse({
    delimiter: told.delimiter,
    quote: told.quote === '' ? null : told.quote,
    bom: true,
    relax_column_count: true,
    skip_empty_lines: true,
    // 5" or "x"y is text: a stray quote spoils neither its row nor the next ones
    relax_quotes: true,
    skip_records_with_error: true,
    max_record_size: RECORD_BYTES_MAX,
    // taken here and kept out of the stream: its own queue costs more than the parsing
    on_record: (cells: readonly string[], { lines }) => {
      rows.push({ line: lines, cells });
      return null;
    },
    on_skip: (error) => {
      // it swallowed every row behind it
      if (error?.code === 'CSV_QUOTE_NOT_CLOSED') failed = error;
      else skips.add('malformed_row', file, Number(error?.['lines'] ?? 0), error?.code ?? '');
      return undefined;
    }
  });
  parser.on('error', (error) => (failed = error));
  const check = (): void => {
    if (failed !== null)
      throw new ImportFault(
        file,
        `is no CSV: ${failed.message}`,
        "close the quote, or tell --quote '' (none), --delimiter or --encoding"
      );
  };
  return {
    take() {
      const taken = rows;
      rows = [];
      return taken;
    },
    write(bytes) {
      parser.write(bytes);
      check();
    },
    end() {
      parser.end();
      check();
    }
  };
}

async function* readRows(input: Input, encoding: string, told: { delimiter: string; quote: string }, skips: SkipLog) {
  const reading = startReading(input.name, told, skips);
  for await (const { bytes, read } of utf8Chunks(input, encoding)) {
    reading.write(bytes);
    const rows = reading.take();
    if (rows.length > 0) yield { rows, read };
  }
  reading.end();
  const rows = reading.take();
  if (rows.length > 0) yield { rows, read: input.size };
}

/**
 * @throws ImportFault when the encoding is unknown, there is no header or no CSV; a row of another width is skipped and listed
 */
export async function openTable(input: Input, told: ToldFormat, skips: SkipLog): Promise<CsvTable> {
  const encoding = told.encoding ?? input.encoding;
  const known: boolean = iconv.encodingExists(encoding);
  if (!known)
    throw new ImportFault('--encoding', `"${encoding}" is unknown`, 'tell one such as utf-8, latin1 or windows-1252');
  const quote = told.quote ?? '"';
  const delimiter = told.delimiter ?? sniffDelimiter(iconv.decode(input.head, encoding), quote);
  const source = readRows(input, encoding, { delimiter, quote }, skips);
  let header: readonly string[] | undefined;
  let width = 0;
  const fits = (row: CsvRow): boolean => {
    if (row.cells.length === width) return true;
    skips.add('malformed_row', input.name, row.line, `${row.cells.length} columns instead of ${width}`);
    return false;
  };
  const held: { readonly rows: readonly CsvRow[]; readonly read: number }[] = [];
  let sampled = 0;
  while (sampled < SAMPLE_ROWS) {
    const next = await source.next();
    if (next.done === true) break;
    let { rows } = next.value;
    if (header === undefined) {
      header = rows[0]?.cells.map((name) => name.trim());
      width = header?.length ?? 0;
      rows = rows.slice(1);
    }
    rows = rows.filter(fits);
    sampled += rows.length;
    held.push({ rows, read: next.value.read });
  }
  if (header === undefined)
    throw new ImportFault(input.path, 'has no header line', 'the first line must name the columns');
  const names = header;
  return {
    file: input.name,
    header: names,
    format: `${encoding}, columns cut by ${JSON.stringify(delimiter)}`,
    sample: held.flatMap(({ rows }) => rows),
    column: (name) => findColumn(input.name, names, name),
    async *batches() {
      yield* held.splice(0);
      for await (const { rows, read } of source) yield { rows: rows.filter(fits), read };
    }
  };
}

/** Non-empty trimmed values of some columns in the sample. */
export function* sampleValues(table: CsvTable, columns: readonly number[]): Generator<string> {
  for (const { cells } of table.sample)
    for (const column of columns) {
      const value = cells[column]?.trim() ?? '';
      if (value !== '') yield value;
    }
}
