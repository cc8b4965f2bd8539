/**
 * Live traffic: the small things of a large business that keep its screens moving when the large ones rest (a web shop's pocket-money
 * orders, payments in the portal, counts on the night shift, reminders). Each second at least one event; more by day. Amounts are small,
 * so that an hour of it does not outweigh the business. Every second of a lease happens alike whenever it is played.
 */
import { SECOND } from './almanac.ts';
import { ACCOUNTS, WAREHOUSES, type Business, type Customer, type Order } from './business.ts';
import { weighted, type Random } from './random.ts';
import { intensity } from './rhythm.ts';

const RECENT_MAX = 120;
const TRIES = 40;
const BY_DAY = 1.4;
/** before whatever else happens in that millisecond */
const RANK = 0;

/** One span of live traffic. It begins at once and ends where it was last extended to. */
export interface LiveLease {
  /** @param to epoch ms, exclusive; never earlier than before. To be called before the world runs on to the old end. */
  extend(to: number): void;
}
export interface Pulse {
  /** @param from epoch ms; @param rateMin events a second that the span never falls below */
  open(from: number, rateMin: number): LiveLease;
}
interface Span {
  readonly rateMin: number;
  to: number;
  /** of the next beat; a span that reached its end waits to be extended */
  next: number;
  isWaiting: boolean;
  /** events that should have happened and have not */
  credit: number;
  /** how many had been delivered at the last beat */
  seen: number | undefined;
}

export class LivePulse implements Pulse {
  readonly #business: Business;
  readonly #kernel: Business['kernel'];
  readonly #almanac: Business['almanac'];
  readonly #customers: Business['customers'];
  readonly #products: Business['products'];
  readonly #scenario: Business['scenario'];
  readonly #random: Business['random'];
  readonly #recent: Order[] = [];
  #updates = 0;
  readonly #flows: readonly (readonly [run: () => void, weight: number])[];
  readonly #pickFlow: (random: Random) => readonly [run: () => void, weight: number];

  constructor(business: Business) {
    this.#business = business;
    this.#kernel = business.kernel;
    this.#almanac = business.almanac;
    this.#customers = business.customers;
    this.#products = business.products;
    this.#scenario = business.scenario;
    this.#random = this.#business.random.fork('pulse');
    this.#flows = [
      [() => this.#order(), 5],
      [() => this.#sendBack(), 0.5],
      [() => this.#payInPortal(), 1],
      [() => this.#remind(), 26],
      [() => this.#call(), 4],
      [() => this.#count(), 24],
      [() => this.#business.warehouse.transfer(this.#random.pick(this.#products)), 9],
      [() => this.#business.warehouse.adjust(this.#random.pick(this.#products), this.#random.pick(WAREHOUSES)), 3],
      [() => this.#business.treasury.report(this.#random.pick(Object.values(ACCOUNTS))), 0.5],
      [() => this.#business.treasury.tinyMove(), 3],
      [() => this.#updateCustomer(), 9]
    ];
    this.#pickFlow = weighted(this.#flows, ([, weight]) => weight);
  }

  #find(wanted: (customer: Customer) => boolean): Customer | undefined {
    for (let i = 0; i < TRIES; i++) {
      const customer = this.#random.pick(this.#customers);
      if (wanted(customer)) return customer;
    }
    return undefined;
  }

  #order(): void {
    const placed = this.#business.sales.place('online', 'small');
    if (placed === undefined) return;
    this.#recent.push(placed);
    if (this.#recent.length > RECENT_MAX) this.#recent.shift();
  }

  #sendBack(): void {
    const index = this.#recent.findIndex(({ state }) => state === 'shipped');
    const [back] = index < 0 ? [] : this.#recent.splice(index, 1);
    if (back !== undefined) this.#business.returns.request(back, 'minutes');
  }

  /** A part of a debt by Pix in the customers' portal. */
  #payInPortal(): void {
    const overdue = this.#random.chance(0.6);
    const due = (customer: Customer) =>
      [...customer.open].find(
        (one) =>
          !one.disputed && one.openMinor > 0 && (!overdue || this.#almanac.business(one.due) < this.#kernel.today)
      );
    const customer = this.#find((one) => due(one) !== undefined);
    const instalment = customer && due(customer);
    if (instalment === undefined) return;
    this.#business.receipts.payInstalment(
      instalment,
      'pix',
      Math.min(1, this.#random.int(3_500, 18_000) / instalment.openMinor)
    );
  }

  #remind(): void {
    const customer = this.#find(({ open }) => open.size > 0);
    const [instalment] = customer?.open ?? [];
    if (customer !== undefined && instalment !== undefined) this.#business.collections.remind(customer, instalment);
  }

  #call(): void {
    if (intensity(this.#almanac, this.#kernel.now) < 0.2) return;
    const customer = this.#find(({ open }) =>
      [...open].some((one) => this.#almanac.business(one.due) < this.#kernel.today)
    );
    if (customer !== undefined) this.#business.collections.contact(customer);
  }

  #count(): void {
    this.#business.warehouse.count(this.#random.pick(this.#products), this.#random.pick(WAREHOUSES));
  }

  #updateCustomer(): void {
    const customer = this.#random.pick(this.#customers);
    this.#kernel.emit('customer.updated', 'erp', `${customer.id}.touched.${++this.#updates}`, {
      customer_id: customer.id,
      contacts: [
        { kind: 'whatsapp', value: customer.phone, status: 'ok' },
        { kind: 'email', value: customer.email, status: 'ok' }
      ]
    });
  }

  #happen(): void {
    const before = this.#kernel.delivered;
    this.#pickFlow(this.#random)[0]();
    // nothing to do there, or its word is held back: the shelves can always be counted
    if (this.#kernel.delivered === before) this.#count();
  }

  #beat(span: Span): void {
    const target =
      span.rateMin * (1 + BY_DAY * intensity(this.#almanac, this.#kernel.now)) * this.#scenario.heat(this.#kernel.now);
    const delivered = this.#kernel.delivered;
    span.credit = Math.max(0, span.credit + target - (delivered - (span.seen ?? delivered)));
    span.seen = delivered;
    const wanted = Math.max(Math.ceil(span.rateMin), Math.floor(span.credit));
    this.#happen();
    for (let i = 1; i < wanted; i++) this.#kernel.after((i * SECOND) / wanted, () => this.#happen());
    this.#schedule(span, span.next + SECOND);
  }

  #schedule(span: Span, at: number): void {
    span.next = at;
    span.isWaiting = at >= span.to;
    if (!span.isWaiting) this.#kernel.schedule(at, () => this.#beat(span), RANK);
  }

  open(from: number, rateMin: number): LiveLease {
    const span: Span = { rateMin, to: from, next: from, isWaiting: true, credit: 0, seen: undefined };
    return {
      extend: (to) => {
        span.to = Math.max(span.to, to);
        if (span.isWaiting) this.#schedule(span, span.next);
      }
    };
  }
}
