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

export interface Pulse {
  /** At least `rateMin` events a second in [from, to), epoch ms; a lease that touches the one before carries it on. */
  lease(from: number, to: number): void;
}

export class LivePulse implements Pulse {
  readonly #business: Business;
  readonly #rateMin: number;
  readonly #kernel: Business['kernel'];
  readonly #almanac: Business['almanac'];
  readonly #customers: Business['customers'];
  readonly #products: Business['products'];
  readonly #scenario: Business['scenario'];
  readonly #random: Business['random'];
  readonly #recent: Order[] = [];
  #leasedTo = -Infinity;
  #credit = 0;
  #seen = 0;
  #updates = 0;
  readonly #flows: readonly (readonly [run: () => void, weight: number])[];
  readonly #pickFlow: (random: Random) => readonly [run: () => void, weight: number];
  #next = -Infinity;
  #waiting = true;

  constructor(business: Business, rateMin: number) {
    this.#business = business;
    this.#rateMin = rateMin;
    this.#kernel = business.kernel;
    this.#almanac = business.almanac;
    this.#customers = business.customers;
    this.#products = business.products;
    this.#scenario = business.scenario;
    this.#random = this.#business.random.fork('pulse');
    this.#flows = [
      [() => this.#order(), 5],
      [() => this.#sendBack(), 0.9],
      [() => this.#payInPortal(), 1],
      [() => this.#remind(), 26],
      [() => this.#call(), 4],
      [() => this.#count(), 20],
      [() => this.#business.warehouse.transfer(this.#random.pick(this.#products)), 9],
      [() => this.#business.warehouse.adjust(this.#random.pick(this.#products), this.#random.pick(WAREHOUSES)), 3],
      [() => this.#business.treasury.report(this.#random.pick(Object.values(ACCOUNTS))), 7],
      [() => this.#business.treasury.tinyMove(), 8],
      [() => this.#updateCustomer(), 6]
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

  #beat(): void {
    const target =
      this.#rateMin * (1 + BY_DAY * intensity(this.#almanac, this.#kernel.now)) * this.#scenario.heat(this.#kernel.now);
    this.#credit = Math.max(0, this.#credit + target - (this.#kernel.delivered - this.#seen));
    this.#seen = this.#kernel.delivered;
    const wanted = Math.max(Math.ceil(this.#rateMin), Math.floor(this.#credit));
    this.#happen();
    for (let i = 1; i < wanted; i++) this.#kernel.after((i * SECOND) / wanted, () => this.#happen());
    this.#schedule(this.#kernel.now + SECOND);
  }

  #schedule(at: number): void {
    this.#next = at;
    if (at < this.#leasedTo) this.#kernel.schedule(at, () => this.#beat(), RANK);
    else this.#waiting = true;
  }

  lease(from: number, to: number): void {
    const carriesOn = from <= this.#leasedTo && this.#next > -Infinity;
    this.#leasedTo = Math.max(this.#leasedTo, to);
    if (!this.#waiting) return;
    this.#waiting = false;
    if (!carriesOn) this.#seen = this.#kernel.delivered;
    this.#schedule(carriesOn ? this.#next : from);
  }
}
