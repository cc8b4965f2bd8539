/** IBM "Late Payment Histories": one row = one invoice of one instalment and its settlement. Dates are local midnight of the business's zone. */
import { createChunker, type Chunk, type Conversion, type ImportEvent, type Preset } from './conversion.ts';
import { openTable, sampleValues, type CsvRow, type CsvTable } from './csv.ts';
import { detectDateStyle, readTime, type DateStyle, type WrittenTime } from './date-text.ts';
import { ImportFault } from './fault.ts';
import type { Input } from './input.ts';
import { detectDecimal, minorOf, type Decimal } from './money-text.ts';

const CURRENCY = 'USD';
const DIGITS = 2;
/** The file does not tell into which account the money went. */
const ACCOUNT = 'import';

interface Columns {
  readonly customer: number;
  readonly invoice: number;
  readonly issued: number;
  readonly due: number;
  readonly amount: number;
  readonly settled: number;
}
interface Reader {
  readonly at: Columns;
  readonly style: DateStyle;
  readonly decimal: Decimal;
  readonly file: string;
  readonly seen: Set<string>;
}

const columnsOf = (table: CsvTable): Columns => ({
  customer: table.column('customerID'),
  invoice: table.column('invoiceNumber'),
  issued: table.column('InvoiceDate'),
  due: table.column('DueDate'),
  amount: table.column('InvoiceAmount'),
  settled: table.column('SettledDate')
});

const midnight = (written: WrittenTime): WrittenTime => ({ ...written, time_of_day: 0 });

function rowEvents(
  row: CsvRow,
  { at, style, decimal, file, seen }: Reader,
  { clock, skips }: Conversion,
  add: (event: ImportEvent) => void
): void {
  const { line } = row;
  const cell = (column: number): string => row.cells[column]?.trim() ?? '';
  const invoice_id = cell(at.invoice);
  const customer_id = cell(at.customer);
  if (invoice_id === '' || customer_id === '')
    return skips.add('missing_value', file, line, invoice_id === '' ? 'invoiceNumber' : 'customerID');
  if (seen.has(invoice_id)) return skips.add('twice', file, line, `invoice ${invoice_id}`);
  const issued = readTime(cell(at.issued), style);
  const due = readTime(cell(at.due), style);
  if (issued === undefined || due === undefined)
    return skips.add(
      'bad_date',
      file,
      line,
      issued === undefined ? `InvoiceDate "${cell(at.issued)}"` : `DueDate "${cell(at.due)}"`
    );
  const amount_minor = minorOf(cell(at.amount), DIGITS, decimal);
  if (amount_minor === 'fraction')
    return skips.add('fraction_of_minor', file, line, `InvoiceAmount "${cell(at.amount)}"`);
  if (typeof amount_minor !== 'number' || amount_minor <= 0)
    return skips.add('bad_money', file, line, `InvoiceAmount "${cell(at.amount)}"`);
  seen.add(invoice_id);
  const installments = [{ number: 1, due_date: clock.date(due), amount_minor }];
  const time = clock.instant(midnight(issued));
  add({
    id: `${invoice_id}/issued`,
    type: 'invoice.issued',
    time,
    data: { invoice_id, customer_id, currency: CURRENCY, installments },
    file,
    line
  });
  if (cell(at.settled) === '') return;
  const settled = readTime(cell(at.settled), style);
  if (settled === undefined)
    return skips.add('bad_date', file, line, `SettledDate "${cell(at.settled)}"; the invoice itself goes in`);
  const money = { account: ACCOUNT, amount_minor, fee_minor: 0, currency: CURRENCY, method: 'other' };
  const data = { payment_id: invoice_id, ...money, customer_id, invoice_id, installment: 1 };
  add({
    id: `${invoice_id}/settled`,
    type: 'payment.settled',
    time: clock.instant(midnight(settled)),
    data,
    file,
    line
  });
}

async function* convert(inputs: readonly Input[], conversion: Conversion): AsyncGenerator<Chunk> {
  const [input] = inputs;
  if (input === undefined) throw new ImportFault('ibm-late-payment', 'no file', 'name the CSV file');
  const table = await openTable(input, conversion.told, conversion.skips);
  const at = columnsOf(table);
  // 941 due dates of the sample could be read either way: the three columns together decide
  const dates = sampleValues(table, [at.issued, at.due, at.settled]);
  const style =
    conversion.told.dateStyle ?? detectDateStyle(dates, `${table.file}, InvoiceDate, DueDate and SettledDate`);
  const decimal =
    conversion.told.decimal ?? detectDecimal(sampleValues(table, [at.amount]), `${table.file}, InvoiceAmount`);
  conversion.note(`${table.file}: ${table.format}, dates ${style.order}, decimal mark ${decimal}`);
  const reader: Reader = { at, style, decimal, file: table.file, seen: new Set() };
  const chunker = createChunker();
  for await (const { rows, read } of table.batches()) {
    conversion.countRows(rows.length);
    for (const row of rows) rowEvents(row, reader, conversion, chunker.add);
    if (chunker.full()) yield chunker.take(read / input.size);
  }
  yield chunker.take(1);
}

export const ibmLatePayment: Preset = {
  title: 'IBM Late Payment Histories: invoices with due and settled dates (USD, the business zone)',
  files: 'one',
  currency: CURRENCY,
  timezone: null,
  convert
};
