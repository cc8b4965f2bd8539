/** What the made-up wholesaler is made of: its people, goods, papers, and what each department does for the others. */
import type { Method } from '#lib/contracts/events/shared.ts';
import type { Almanac } from './almanac.ts';
import type { Kernel } from './kernel.ts';
import type { Random } from './random.ts';
import type { Scenario } from './scenarios.ts';

export type Temper = 'early' | 'punctual' | 'late' | 'slow' | 'never';
export const SEGMENTS = ['revenda', 'construtora', 'industria', 'condominio', 'instalador'] as const;
export type Segment = (typeof SEGMENTS)[number];
export const WAREHOUSES = ['cd-guarulhos', 'loja-centro'] as const;
export type Warehouse = (typeof WAREHOUSES)[number];
export const ACCOUNTS = { main: 'itau-1234', second: 'bb-5678', till: 'caixa-loja', psp: 'stone-9012' } as const;
export type Account = (typeof ACCOUNTS)[keyof typeof ACCOUNTS];

export interface Customer {
  readonly id: string;
  readonly name: string;
  readonly taxId: string;
  readonly state: string;
  readonly segment: Segment;
  /** how much this one buys, relative to the others */
  readonly weight: number;
  temper: Temper;
  readonly phone: string;
  readonly email: string;
  readonly creditLimitMinor: number;
  /** instalments that still ask for money, none paid, replaced or written off */
  readonly open: Set<Instalment>;
  /** once something of theirs was replaced or written off, on-account money would go there first */
  onAccountUnsafe: boolean;
  contactedDay: number;
  promisedUntil: number;
}

export interface Product {
  readonly sku: string;
  readonly name: string;
  readonly category: string;
  priceMinor: number;
  costMinor: number;
  readonly leadDays: number;
  readonly supplier: Supplier;
  readonly popularity: number;
  /** units a calendar day the business expects to sell */
  velocity: number;
  reorderPoint: number;
  active: boolean;
  readonly onHand: Record<Warehouse, number>;
  reserved: number;
  onOrder: number;
  /** paid or approved orders that wait for this sku */
  readonly waiting: Set<Order>;
}

export interface Supplier {
  readonly name: string;
  readonly termDays: number;
  /** probability that a delivery comes late */
  readonly lateness: number;
}

export interface OrderLine {
  readonly product: Product;
  quantity: number;
  readonly priceMinor: number;
  readonly discountMinor: number;
  shipped: number;
}

export type Channel = 'representante' | 'televendas' | 'balcao' | 'online';
/** small: an unnamed buyer's few pieces, packed at once, day and night */
export type OrderSize = 'usual' | 'small';
export interface Order {
  readonly id: string;
  readonly customer: Customer | undefined;
  readonly channel: Channel;
  readonly size: OrderSize;
  readonly branch: string;
  readonly lines: readonly OrderLine[];
  readonly shippingMinor: number;
  readonly discountMinor: number;
  readonly method: Method;
  /** days from the invoice to each instalment; empty: paid before it ships */
  readonly terms: readonly number[];
  invoicedMinor: number;
  readonly invoices: Invoice[];
  payment: Payment | undefined;
  state: 'open' | 'shipping' | 'shipped' | 'cancelled';
  revision: number;
}

export interface Invoice {
  readonly id: string;
  readonly customer: Customer;
  readonly order: Order | undefined;
  readonly kind: 'sale' | 'agreement';
  readonly instalments: Instalment[];
  /** what paid it precisely, for refunds */
  readonly paid: { readonly payment: Payment; readonly instalment: Instalment }[];
  revision: number;
}

export interface Instalment {
  readonly invoice: Invoice;
  readonly number: number;
  /** day number */
  due: number;
  readonly billedMinor: number;
  openMinor: number;
  disputed: boolean;
}

export interface Payment {
  readonly id: string;
  readonly method: Method;
  readonly grossMinor: number;
  /** what it paid of the debt or order, without interest and fine */
  readonly principalMinor: number;
  readonly account: Account;
  reversedMinor: number;
}

export type CreditReason = 'return' | 'discount' | 'withholding';

export interface Sales {
  /** spreads a day's orders over the day */
  planDay(day: number): void;
  /** an order now; undefined when nothing was to be had */
  place(channel: Channel, size?: OrderSize): Order | undefined;
}
export interface Warehousing {
  planDay(day: number): void;
  reserve(order: Order): void;
  release(order: Order): void;
  /** paid, or sold on credit: it may leave; what is not there waits for goods */
  approve(order: Order): void;
  /** goods of a return */
  takeBack(product: Product, quantity: number, saleable: boolean): Warehouse;
  count(product: Product, warehouse: Warehouse): void;
  adjust(product: Product, warehouse: Warehouse): void;
  transfer(product: Product): void;
}
export interface Billing {
  /** writes the invoice of a shipment: goods of `shippedMinor`, or all that is left when the order is complete */
  invoiceShipment(order: Order, shippedMinor: number, complete: boolean): void;
  issue(invoice: Invoice, replaces?: readonly Instalment[]): void;
  /** credits what is open. @returns what was credited: never more than is open */
  credit(invoice: Invoice, amountMinor: number, reason: CreditReason, returnId?: string): number;
  /** credits an instalment whose payment was just taken back by the same amount */
  creditRefunded(instalment: Instalment, amountMinor: number, returnId: string): void;
  /** takes off what is owed; a reversal adds to it (negative) */
  reduce(instalment: Instalment, amountMinor: number): void;
  nextInvoiceId(): string;
  nextAgreementId(): string;
  writeOff(invoice: Invoice): void;
}
export interface Receipts {
  /** the customer will decide near the due date when to pay it */
  expect(instalment: Instalment): void;
  payOrder(order: Order): void;
  /** pays an instalment, or part of it, naming it; does nothing when nothing is open */
  payInstalment(instalment: Instalment, method: 'boleto' | 'pix', share?: number): void;
  /** gives money back. @returns the movement_id that the shop tells too */
  refund(payment: Payment, amountMinor: number): string;
  /** the shop owes an unnamed buyer this much, in goods */
  keepStoreCredit(amountMinor: number): void;
}
export interface Returns {
  /** a shipped order may come back, in part */
  consider(order: Order): void;
  request(order: Order, pace: 'days' | 'minutes'): void;
}
export interface Collections {
  planDay(day: number): void;
  remind(customer: Customer, instalment: Instalment): void;
  contact(customer: Customer): void;
}
export interface Treasury {
  planDay(day: number): void;
  balance(account: Account): number;
  /** the money is there, not told by this call */
  book(account: Account, amountMinor: number): void;
  owe(
    payee: string,
    category: 'supplier' | 'payroll' | 'tax' | 'rent' | 'fee' | 'other',
    amountMinor: number,
    due: number
  ): void;
  report(account: Account): void;
  /** something small on the statement */
  tinyMove(): void;
}

export interface Business {
  readonly kernel: Kernel;
  readonly almanac: Almanac;
  readonly random: Random;
  readonly scenario: Scenario;
  /** 1 = some 650 orders a working day */
  readonly scale: number;
  readonly customers: readonly Customer[];
  readonly products: readonly Product[];
  readonly suppliers: readonly Supplier[];
  readonly pickCustomer: (random: Random) => Customer;
  readonly pickProduct: (random: Random) => Product;
  readonly sales: Sales;
  readonly warehouse: Warehousing;
  readonly billing: Billing;
  readonly receipts: Receipts;
  readonly returns: Returns;
  readonly collections: Collections;
  readonly treasury: Treasury;
}

export const CURRENCY = 'BRL';
export const lineValue = (line: OrderLine, quantity = line.quantity): number =>
  quantity * line.priceMinor - Math.round((line.discountMinor * quantity) / line.quantity);
/** what the customer pays: goods − discount + freight */
export const orderTotal = (order: Order): number =>
  order.lines.reduce((sum, line) => sum + lineValue(line), 0) - order.discountMinor + order.shippingMinor;
export const freeUnits = (product: Product): number =>
  product.onHand['cd-guarulhos'] + product.onHand['loja-centro'] - product.reserved;
