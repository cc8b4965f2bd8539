/**
 * A made-up Brazilian wholesaler, alive: 90 days of history and then as long as one likes. The same options tell the same events, with
 * the same ids, on every machine; history and live are one world, so its books stay consistent.
 */
import type { CalendarName } from '#lib/domain/calendar.ts';
import { createAlmanac, type Almanac } from './almanac.ts';
import { BillingDesk } from './billing.ts';
import {
  ACCOUNTS,
  freeUnits,
  WAREHOUSES,
  type Billing,
  type Business,
  type Collections,
  type Customer,
  type Product,
  type Receipts,
  type Returns,
  type Sales,
  type Supplier,
  type Treasury,
  type Warehousing
} from './business.ts';
import { makeProducts, makeSuppliers } from './catalog.ts';
import { CollectionsDesk } from './collections.ts';
import { Kernel, type Emission } from './kernel.ts';
import { openBooks } from './opening.ts';
import { makeCustomers } from './people.ts';
import { LivePulse, type LiveLease } from './pulse.ts';
import { createRandom, weighted, type Random } from './random.ts';
import { ReceiptsDesk } from './receipts.ts';
import { ReturnsDesk } from './returns.ts';
import { SalesDesk } from './sales.ts';
import { createScenario, type Scenario, type ScenarioName } from './scenarios.ts';
import { TreasuryDesk } from './treasury.ts';
import { WarehouseDesk } from './warehouse.ts';

const CUSTOMERS = 640;
const CUSTOMERS_MIN = 40;

export interface WorldOptions {
  readonly seed: number;
  /** epoch ms; the world begins at this day's local midnight */
  readonly start: number;
  /** epoch ms: where history ends and live begins; scenarios turn around it. The world itself goes on. */
  readonly end: number;
  readonly scenario: ScenarioName;
  readonly timezone?: string;
  readonly calendar?: CalendarName;
  /** 1: some 690 orders a working day; smaller for a small world */
  readonly scale?: number;
}

export interface World {
  /** Runs on through `moment` (epoch ms) and yields what is delivered by then, in order of delivery. */
  until(moment: number): Generator<Emission, void, void>;
  /**
   * Live traffic from `from` on (epoch ms, not before the moment the world has reached), at least `rateMin` events a second.
   * The same spans tell the same events again, however their extensions were cut.
   */
  live(from: number, rateMin: number): LiveLease;
  /** what the business itself holds to be true right now, from its own books and not from its events */
  books(): Books;
}
export interface Books {
  /** minor units by account */
  readonly accounts: Readonly<Record<string, number>>;
  readonly receivablesOpenMinor: number;
  readonly unitsOnHand: number;
  /** kept skus of which nothing is left to sell, those out of the range apart */
  readonly stockOuts: number;
}

/** Every department keeps the whole and looks the others up when something happens: what they read while being made is set first. */
class Wholesaler implements Business {
  readonly kernel: Kernel;
  readonly almanac: Almanac;
  readonly random: Random;
  readonly scenario: Scenario;
  readonly scale: number;
  readonly customers: readonly Customer[];
  readonly products: readonly Product[];
  readonly suppliers: readonly Supplier[];
  readonly pickCustomer: (random: Random) => Customer;
  readonly pickProduct: (random: Random) => Product;
  readonly treasury: Treasury;
  readonly billing: Billing;
  readonly warehouse: Warehousing;
  readonly receipts: Receipts;
  readonly returns: Returns;
  readonly collections: Collections;
  readonly sales: Sales;

  constructor({
    seed,
    start,
    end,
    scenario,
    timezone = 'America/Sao_Paulo',
    calendar = 'BR',
    scale = 1
  }: WorldOptions) {
    const label = `pulso/${seed}`;
    this.almanac = createAlmanac(timezone, calendar);
    this.scenario = createScenario(scenario, end, this.almanac);
    const midnight = this.almanac.startOf(this.almanac.dayOf(start));
    this.kernel = new Kernel({ almanac: this.almanac, seed, start: midnight, delivery: this.scenario.delivery });
    this.random = createRandom(label);
    this.scale = scale;
    this.suppliers = makeSuppliers();
    this.products = makeProducts(label, this.suppliers, scale);
    this.customers = makeCustomers(label, Math.max(CUSTOMERS_MIN, Math.round(CUSTOMERS * Math.min(1, scale * 2))));
    this.pickCustomer = weighted(this.customers, ({ weight }) => weight);
    this.pickProduct = weighted(this.products, ({ popularity }) => popularity);
    this.treasury = new TreasuryDesk(this);
    this.billing = new BillingDesk(this);
    this.warehouse = new WarehouseDesk(this);
    this.receipts = new ReceiptsDesk(this);
    this.returns = new ReturnsDesk(this);
    this.collections = new CollectionsDesk(this);
    this.sales = new SalesDesk(this);
  }

  /** Each midnight plans its day and the next midnight. */
  begin(day: number): void {
    for (const department of [this.sales, this.warehouse, this.collections, this.treasury]) department.planDay(day);
    this.kernel.schedule(this.almanac.startOf(day + 1), () => this.begin(day + 1));
  }
}

const sum = <T>(list: readonly T[], of: (entry: T) => number): number =>
  list.reduce((total, entry) => total + of(entry), 0);

export function createWorld(options: WorldOptions): World {
  const business = new Wholesaler(options);
  const { kernel } = business;
  const pulse = new LivePulse(business);
  openBooks(business);
  kernel.sortOutbox();
  business.begin(kernel.today);
  return {
    until: (moment) => kernel.until(moment),
    live: (from, rateMin) => pulse.open(from, rateMin),
    books: () => ({
      accounts: Object.fromEntries(
        Object.values(ACCOUNTS).map((account) => [account, business.treasury.balance(account)])
      ),
      receivablesOpenMinor: sum(business.customers, ({ open }) => sum([...open], ({ openMinor }) => openMinor)),
      unitsOnHand: sum(business.products, ({ onHand }) => sum(WAREHOUSES, (warehouse) => onHand[warehouse])),
      stockOuts: sum(business.products, (product) => (product.active && freeUnits(product) <= 0 ? 1 : 0))
    })
  };
}
