/**
 * Olist: a folder of Brazilian orders, their items, payments and customers (BRL, America/Sao_Paulo).
 * Card money comes in parcels: the k-th is available 30·k days after approval, as acquirers pay in Brazil.
 */
import { createChunker, type Chunk, type Conversion, type ImportEvent, type Preset } from './conversion.ts';
import { openTable, type CsvRow, type CsvTable } from './csv.ts';
import { readTime, type WrittenTime } from './date-text.ts';
import { ImportFault } from './fault.ts';
import type { Input } from './input.ts';
import { minorOf } from './money-text.ts';
import { cardEvents, directEvent, type Payment } from './olist-payments.ts';

const CURRENCY = 'BRL';
const DIGITS = 2;
const FILES = ['orders.csv', 'order_items.csv', 'order_payments.csv', 'customers.csv'] as const;
const ISO = { order: 'ymd', shortYear: false } as const;
const CANCELLED = new Set(['canceled', 'unavailable']);
/** What tells of something that happened; the estimated delivery is a promise and no stamp. */
const STAMPS = [
  'order_purchase_timestamp',
  'order_approved_at',
  'order_delivered_carrier_date',
  'order_delivered_customer_date'
] as const;
type Stamp = (typeof STAMPS)[number];

interface Item {
  readonly sku: string;
  readonly price: number;
  readonly freight: number;
  readonly file: string;
  readonly line: number;
}
interface Folder {
  readonly items: ReadonlyMap<string, readonly Item[]>;
  readonly payments: ReadonlyMap<string, readonly Payment[]>;
  /** customer_id, which is new at every order → the customer's own */
  readonly customers: ReadonlyMap<string, string>;
}
type Cell = (name: string) => string;

/** Reads a whole file, handing each row over with its cells by name. */
async function eachRow(
  input: Input,
  names: readonly string[],
  conversion: Conversion,
  take: (cell: Cell, line: number, file: string) => void
): Promise<void> {
  const table = await openTable(input, conversion.told, conversion.skips);
  conversion.note(`${table.file}: ${table.format}`);
  const cellOf = cellReader(table, names);
  for await (const { rows } of table.batches()) {
    conversion.countRows(rows.length);
    for (const row of rows) take(cellOf(row), row.line, table.file);
  }
}

function cellReader(table: CsvTable, names: readonly string[]): (row: CsvRow) => Cell {
  const at = new Map(names.map((name) => [name, table.column(name)]));
  return (row) => (name) => row.cells[at.get(name) ?? -1]?.trim() ?? '';
}

/** An amount ≥ 0, or undefined with the reason listed. */
function readMoney(
  cell: Cell,
  name: string,
  line: number,
  file: string,
  { skips, told }: Conversion
): number | undefined {
  const minor = minorOf(cell(name), DIGITS, told.decimal);
  if (typeof minor === 'number' && minor >= 0) return minor;
  skips.add(minor === 'fraction' ? 'fraction_of_minor' : 'bad_money', file, line, `${name} "${cell(name)}"`);
  return undefined;
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

async function readItems(input: Input, conversion: Conversion): Promise<Map<string, Item[]>> {
  const items = new Map<string, Item[]>();
  await eachRow(input, ['order_id', 'product_id', 'price', 'freight_value'], conversion, (cell, line, file) => {
    const price = readMoney(cell, 'price', line, file, conversion);
    const freight = readMoney(cell, 'freight_value', line, file, conversion);
    if (price !== undefined && freight !== undefined)
      push(items, cell('order_id'), { sku: cell('product_id'), price, freight, file, line });
  });
  return items;
}

async function readPayments(input: Input, conversion: Conversion): Promise<Map<string, Payment[]>> {
  const payments = new Map<string, Payment[]>();
  const names = ['order_id', 'payment_sequential', 'payment_type', 'payment_installments', 'payment_value'];
  await eachRow(input, names, conversion, (cell, line, file) => {
    const amount = readMoney(cell, 'payment_value', line, file, conversion);
    if (amount === undefined) return;
    const order_id = cell('order_id');
    const payment_id = `${order_id}/${cell('payment_sequential')}`;
    if (amount === 0)
      return conversion.skips.add('payment_zero', file, line, `payment ${payment_id}, ${cell('payment_type')}`);
    const parcels = Number(cell('payment_installments'));
    if (!Number.isSafeInteger(parcels) || parcels < 0)
      return conversion.skips.add('bad_integer', file, line, `payment_installments "${cell('payment_installments')}"`);
    push(payments, order_id, {
      payment_id,
      order_id,
      type: cell('payment_type'),
      parcels: Math.max(1, parcels),
      amount,
      file,
      line
    });
  });
  return payments;
}

async function readCustomers(input: Input, conversion: Conversion): Promise<Map<string, string>> {
  const customers = new Map<string, string>();
  await eachRow(
    input,
    ['customer_id', 'customer_unique_id'],
    conversion,
    (cell) => void customers.set(cell('customer_id'), cell('customer_unique_id'))
  );
  return customers;
}

/** The stamps an order has; undefined, and listed, when one is no date or the purchase is missing. */
function readStamps(
  cell: Cell,
  line: number,
  file: string,
  { skips }: Conversion
): ReadonlyMap<Stamp, WrittenTime> | undefined {
  const stamps = new Map<Stamp, WrittenTime>();
  for (const name of STAMPS) {
    const text = cell(name);
    if (text === '') continue;
    const written = readTime(text, ISO);
    if (written === undefined) {
      skips.add('bad_date', file, line, `${name} "${text}"`);
      return undefined;
    }
    stamps.set(name, written);
  }
  if (stamps.has('order_purchase_timestamp')) return stamps;
  skips.add('missing_value', file, line, 'order_purchase_timestamp');
  return undefined;
}

function orderEvents(
  cell: Cell,
  line: number,
  file: string,
  folder: Folder,
  conversion: Conversion,
  add: (event: ImportEvent) => void
): void {
  const { clock, skips } = conversion;
  const order_id = cell('order_id');
  const stamps = readStamps(cell, line, file, conversion);
  if (stamps === undefined) return;
  const times = new Map([...stamps].map(([name, written]) => [name, clock.instant(written)]));
  const purchase = times.get('order_purchase_timestamp') ?? 0;
  const customer_id = folder.customers.get(cell('customer_id'));
  const customer = customer_id === undefined ? {} : { customer_id };
  const items = folder.items.get(order_id) ?? [];
  const lines = items.map(({ sku, price }) => ({ sku, quantity: 1, unit_price_minor: price }));
  const shipping_minor = items.reduce((sum, { freight }) => sum + freight, 0);
  add({
    id: `${order_id}/placed`,
    type: 'order.placed',
    time: purchase,
    data: { order_id, ...customer, currency: CURRENCY, lines, shipping_minor },
    file,
    line
  });
  const carrier = times.get('order_delivered_carrier_date');
  if (carrier !== undefined && items.length > 0)
    add({
      id: `${order_id}/shipped`,
      type: 'order.shipped',
      time: carrier,
      data: { order_id, lines: items.map(({ sku }) => ({ sku, quantity: 1 })) },
      file,
      line
    });
  const status = cell('order_status');
  if (CANCELLED.has(status))
    add({
      id: `${order_id}/cancelled`,
      type: 'order.cancelled',
      time: Math.max(...times.values()),
      data: { order_id, reason: status },
      file,
      line
    });
  const paidAt = times.get('order_approved_at') ?? purchase;
  for (const payment of folder.payments.get(order_id) ?? []) {
    if (payment.type === 'credit_card') cardEvents(payment, customer, paidAt, conversion.now, add, skips);
    else add(directEvent(payment, customer, paidAt));
  }
}

/** Rows of items and payments whose order the folder does not have. */
function listStrangers(
  rows: Folder['items'] | Folder['payments'],
  seen: ReadonlySet<string>,
  { skips }: Conversion
): void {
  for (const [order_id, list] of rows)
    if (!seen.has(order_id))
      for (const { file, line } of list) skips.add('no_such_order', file, line, `order ${order_id}`);
}

async function* convert(inputs: readonly Input[], conversion: Conversion): AsyncGenerator<Chunk> {
  const [orders, orderItems, orderPayments, customersFile] = inputs;
  if (orders === undefined || orderItems === undefined || orderPayments === undefined || customersFile === undefined)
    throw new ImportFault(
      'olist',
      'files are missing',
      `the folder must hold ${FILES.join(', ')}, each plain or with .gz`
    );
  const folder: Folder = {
    items: await readItems(orderItems, conversion),
    payments: await readPayments(orderPayments, conversion),
    customers: await readCustomers(customersFile, conversion)
  };
  const table = await openTable(orders, conversion.told, conversion.skips);
  conversion.note(`${table.file}: ${table.format}`);
  const cellOf = cellReader(table, ['order_id', 'customer_id', 'order_status', ...STAMPS]);
  const chunker = createChunker();
  const seen = new Set<string>();
  for await (const { rows, read } of table.batches()) {
    conversion.countRows(rows.length);
    for (const row of rows) {
      const cell = cellOf(row);
      const order_id = cell('order_id');
      if (seen.has(order_id)) conversion.skips.add('twice', table.file, row.line, `order ${order_id}`);
      else orderEvents(cell, row.line, table.file, folder, conversion, chunker.add);
      seen.add(order_id);
    }
    if (chunker.full()) yield chunker.take(read / orders.size);
  }
  listStrangers(folder.items, seen, conversion);
  listStrangers(folder.payments, seen, conversion);
  yield chunker.take(1);
}

export const olist: Preset = {
  title: 'Olist: a folder of Brazilian orders, items, payments and customers (BRL, America/Sao_Paulo)',
  files: FILES,
  currency: CURRENCY,
  timezone: 'America/Sao_Paulo',
  convert
};
