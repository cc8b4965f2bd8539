/**
 * UCI "Online Retail": lines of a British gift shop's invoices, its credit notes (`C…`), stock write-offs and bad-debt entries (`A…`).
 * An invoice's lines need not stand together (542806 does not), so the whole file is held, grouped, before the first event.
 */
import { createChunker, type Chunk, type Conversion, type ImportEvent, type Preset } from './conversion.ts';
import { openTable, sampleValues, type CsvRow, type CsvTable } from './csv.ts';
import { detectDateStyle, readTime, type DateStyle } from './date-text.ts';
import { ImportFault } from './fault.ts';
import { contentHash, createOrdinals } from './ids.ts';
import type { Input } from './input.ts';
import { detectDecimal, minorOf, type Decimal } from './money-text.ts';

const CURRENCY = 'GBP';
const DIGITS = 2;
/** Lines of money and not of goods: postage, carriage, manual entries, discounts, samples, fees, commission, bad debt. */
const SERVICE_CODES = new Set(['POST', 'DOT', 'C2', 'M', 'D', 'S', 'B', 'BANK CHARGES', 'AMAZONFEE', 'CRUK']);

interface Line {
  readonly line: number;
  readonly sku: string;
  readonly quantity: number;
  /** null: finer than a penny */
  readonly price: number | null;
  readonly price_text: string;
  readonly description: string;
}
interface Invoice {
  readonly number: string;
  readonly customer: string;
  readonly time_text: string;
  readonly lines: Line[];
}
interface Columns {
  readonly invoice: number;
  readonly sku: number;
  readonly description: number;
  readonly quantity: number;
  readonly date: number;
  readonly price: number;
  readonly customer: number;
}

const isService = (sku: string): boolean => SERVICE_CODES.has(sku.toUpperCase());
const known = (text: string): string => (text === 'NA' ? '' : text);

const columnsOf = (table: CsvTable): Columns => ({
  invoice: table.column('InvoiceNo'),
  sku: table.column('StockCode'),
  description: table.column('Description'),
  quantity: table.column('Quantity'),
  date: table.column('InvoiceDate'),
  price: table.column('UnitPrice'),
  customer: table.column('CustomerID')
});

/** Reads one row into its invoice; what is no line at all is listed. */
function readLine(
  row: CsvRow,
  at: Columns,
  decimal: Decimal,
  into: Map<string, Invoice>,
  file: string,
  { skips }: Conversion
): void {
  const cell = (column: number): string => row.cells[column] ?? '';
  const number = cell(at.invoice).trim();
  const sku = cell(at.sku).trim();
  if (number === '' || sku === '')
    return skips.add('missing_value', file, row.line, number === '' ? 'InvoiceNo' : 'StockCode');
  const quantity = Number(cell(at.quantity));
  if (!Number.isSafeInteger(quantity) || cell(at.quantity).trim() === '')
    return skips.add('bad_integer', file, row.line, `Quantity "${cell(at.quantity)}"`);
  const price_text = cell(at.price);
  const price = minorOf(price_text, DIGITS, decimal);
  if (price === 'malformed' || price === 'too_large')
    return skips.add('bad_money', file, row.line, `UnitPrice "${price_text}"`);
  const line: Line = {
    line: row.line,
    sku,
    quantity,
    price: price === 'fraction' ? null : price,
    price_text,
    // kept for the lines whose words go on: adjustments and bad debts
    description: quantity < 0 || number.startsWith('A') ? known(cell(at.description).trim()) : ''
  };
  const invoice = into.get(number);
  if (invoice !== undefined) invoice.lines.push(line);
  else
    into.set(number, {
      number,
      customer: known(cell(at.customer).trim()),
      time_text: cell(at.date).trim(),
      lines: [line]
    });
}

type Emit = (type: string, what: string, line: number, data: Readonly<Record<string, unknown>>) => void;
type Skip = (reason: Parameters<Conversion['skips']['add']>[0], line: Line) => void;

/** Whether the line's price may stand in an order; why not is listed. */
function isSold(line: Line, skip: Skip): boolean {
  if (line.price === null) skip('fraction_of_minor', line);
  else if (line.price < 0) skip('price_negative', line);
  else if (line.price === 0) skip('price_zero', line);
  else return true;
  return false;
}

function orderEvents(invoice: Invoice, emit: Emit, skip: Skip): void {
  const sold: { sku: string; quantity: number; unit_price_minor: number }[] = [];
  const shipped: { sku: string; quantity: number }[] = [];
  const ordinalOf = createOrdinals();
  let first = 0;
  for (const line of invoice.lines) {
    const { sku, quantity } = line;
    if (quantity === 0) skip('quantity_zero', line);
    else if (quantity < 0) {
      const content = contentHash([sku, String(quantity), line.description]);
      emit('stock.adjusted', `adjusted/${content}/${ordinalOf(content)}`, line.line, {
        sku,
        quantity,
        reason: line.description || 'adjustment'
      });
    } else if (isSold(line, skip)) {
      first ||= line.line;
      sold.push({ sku, quantity, unit_price_minor: line.price ?? 0 });
      if (!isService(sku)) shipped.push({ sku, quantity });
    }
  }
  if (sold.length === 0) return;
  const order_id = invoice.number;
  const customer = invoice.customer === '' ? {} : { customer_id: invoice.customer };
  emit('order.placed', 'placed', first, { order_id, ...customer, currency: CURRENCY, lines: sold });
  if (shipped.length > 0) emit('order.shipped', 'shipped', first, { order_id, lines: shipped });
}

function returnEvents(invoice: Invoice, emit: Emit, skip: Skip): void {
  const received: { sku: string; quantity: number; condition: 'saleable' }[] = [];
  let refund = 0;
  let first: Line | undefined;
  for (const line of invoice.lines) {
    if (line.quantity >= 0) skip('return_of_nothing', line);
    else if (line.price === null) skip('fraction_of_minor', line);
    else {
      first ??= line;
      refund += -line.quantity * line.price;
      if (!isService(line.sku)) received.push({ sku: line.sku, quantity: -line.quantity, condition: 'saleable' });
    }
  }
  if (first === undefined) return;
  const return_id = invoice.number;
  if (received.length > 0) emit('return.received', 'received', first.line, { return_id, lines: received });
  // no account: the file does not tell that money went back, so no cash moves
  if (refund > 0)
    emit('return.refunded', 'refunded', first.line, {
      return_id,
      amount_minor: refund,
      currency: CURRENCY,
      method: 'other'
    });
  else skip('refund_not_positive', first);
}

/** A type the product does not know: it goes in as it is, to quarantine, where it can be seen and replayed. */
function debtEvents(invoice: Invoice, emit: Emit, skip: Skip): void {
  const ordinalOf = createOrdinals();
  for (const line of invoice.lines) {
    if (line.price === null) {
      skip('fraction_of_minor', line);
      continue;
    }
    const content = contentHash([line.sku, String(line.quantity), String(line.price), line.description]);
    const amount_minor = line.quantity * line.price;
    emit('debt.adjusted', `debt/${content}/${ordinalOf(content)}`, line.line, {
      invoice_id: invoice.number,
      amount_minor,
      currency: CURRENCY,
      reason: line.description
    });
  }
}

function invoiceEvents(
  invoice: Invoice,
  style: DateStyle,
  file: string,
  conversion: Conversion,
  add: (event: ImportEvent) => void
): void {
  const { skips } = conversion;
  const written = readTime(invoice.time_text, style);
  if (written === undefined) {
    for (const { line } of invoice.lines) skips.add('bad_date', file, line, `InvoiceDate "${invoice.time_text}"`);
    return;
  }
  const time = conversion.clock.instant(written);
  const emit: Emit = (type, what, line, data) => add({ id: `${invoice.number}/${what}`, type, time, data, file, line });
  const skip: Skip = (reason, line) =>
    skips.add(reason, file, line.line, `invoice ${invoice.number}, ${line.sku}, ${line.quantity} × ${line.price_text}`);
  if (invoice.number.startsWith('C')) returnEvents(invoice, emit, skip);
  else if (invoice.number.startsWith('A')) debtEvents(invoice, emit, skip);
  else orderEvents(invoice, emit, skip);
}

async function* convert(inputs: readonly Input[], conversion: Conversion): AsyncGenerator<Chunk> {
  const [input] = inputs;
  if (input === undefined) throw new ImportFault('uci-online-retail', 'no file', 'name the CSV file');
  const table = await openTable(input, conversion.told, conversion.skips);
  const at = columnsOf(table);
  const style =
    conversion.told.dateStyle ?? detectDateStyle(sampleValues(table, [at.date]), `${table.file}, InvoiceDate`);
  const decimal = conversion.told.decimal ?? detectDecimal(sampleValues(table, [at.price]), `${table.file}, UnitPrice`);
  conversion.note(`${table.file}: ${table.format}, dates ${style.order}, decimal mark ${decimal}`);
  const invoices = new Map<string, Invoice>();
  for await (const { rows } of table.batches()) {
    conversion.countRows(rows.length);
    for (const row of rows) readLine(row, at, decimal, invoices, table.file, conversion);
  }
  const chunker = createChunker();
  let done = 0;
  for (const invoice of invoices.values()) {
    invoiceEvents(invoice, style, table.file, conversion, chunker.add);
    done++;
    if (chunker.full()) yield chunker.take(done / invoices.size);
  }
  yield chunker.take(1);
}

export const uciOnlineRetail: Preset = {
  title: 'UCI Online Retail: invoices, credit notes and stock write-offs of a British shop (GBP, Europe/London)',
  files: 'one',
  currency: CURRENCY,
  timezone: 'Europe/London',
  convert
};
