/** Goods: reserved, shipped as far as they are there, bought again, received, counted, moved between the two warehouses. */
import { HOUR, MINUTE } from './almanac.ts';
import {
  freeUnits,
  lineValue,
  WAREHOUSES,
  type Business,
  type Order,
  type OrderLine,
  type Product,
  type Warehouse,
  type Warehousing
} from './business.ts';
import { splitAmount } from './billing.ts';
import { drawTime } from './rhythm.ts';

const LOT_DAYS = 22;
const COUNTS_A_DAY = 34;
/** What costs more is paid in two parts. Minor units. */
const LARGE_BILL_MINOR = 3_000_000;
const SECOND_PART_DAYS = 14;
const SPLIT_SHARE = 0.06;
const MISCOUNT_SHARE = 0.07;

export class WarehouseDesk implements Warehousing {
  readonly #business: Business;
  readonly #kernel: Business['kernel'];
  readonly #almanac: Business['almanac'];
  readonly #scenario: Business['scenario'];
  readonly #products: Business['products'];
  readonly #random: Business['random'];
  readonly #ordinal = new Map<string, number>();

  constructor(business: Business) {
    this.#business = business;
    this.#kernel = business.kernel;
    this.#almanac = business.almanac;
    this.#scenario = business.scenario;
    this.#products = business.products;
    this.#random = this.#business.random.fork('warehouse');
  }

  /** numbers what has no id of its own */
  #nextKey(name: string): string {
    const next = (this.#ordinal.get(name) ?? 0) + 1;
    this.#ordinal.set(name, next);
    return `${name}.${next}`;
  }

  /** The moment itself in working hours, else after the next opening. */
  #inShift(ms: number): number {
    const day = this.#almanac.dayOf(ms);
    const hours = this.#almanac.hours(ms);
    const closes = this.#almanac.isBusiness(day)
      ? 20
      : this.#almanac.weekday(day) === 6 && !this.#almanac.isHoliday(day)
        ? 13
        : 0;
    if (hours >= 6.5 && hours < closes) return ms;
    const opening = hours < 6.5 && closes > 0 ? day : this.#almanac.business(day + 1);
    return this.#almanac.at(opening, 6.5 + this.#random.between(0.1, 5));
  }

  reserve(order: Order): void {
    for (const line of order.lines) line.product.reserved += line.quantity - line.shipped;
  }

  release(order: Order): void {
    for (const line of order.lines) {
      line.product.reserved -= line.quantity - line.shipped;
      line.product.waiting.delete(order);
    }
  }

  #takeUnits(line: OrderLine, from: Warehouse, quantity: number): void {
    line.product.onHand[from] -= quantity;
    line.product.reserved -= quantity;
    line.shipped += quantity;
  }

  /** Ships what one warehouse has. */
  #shipFrom(order: Order, from: Warehouse, lines: readonly OrderLine[]): void {
    if (order.state === 'cancelled') return;
    const shipped: { sku: string; quantity: number }[] = [];
    let valueMinor = 0;
    for (const line of lines) {
      const quantity = Math.min(line.quantity - line.shipped, line.product.onHand[from]);
      if (quantity <= 0) continue;
      this.#takeUnits(line, from, quantity);
      valueMinor += lineValue(line, quantity);
      shipped.push({ sku: line.product.sku, quantity });
    }
    if (shipped.length === 0) return;
    const complete = order.lines.every((line) => line.shipped === line.quantity);
    order.state = complete ? 'shipped' : 'shipping';
    this.#kernel.emit('order.shipped', 'warehouse', this.#nextKey(`${order.id}.shipped`), {
      order_id: order.id,
      lines: shipped,
      warehouse: from
    });
    this.#kernel.after(this.#random.between(0.3, 6) * MINUTE, () =>
      this.#business.billing.invoiceShipment(order, valueMinor, complete)
    );
    if (complete) this.#business.returns.consider(order);
  }

  #ship(order: Order): void {
    if (order.state === 'cancelled' || order.state === 'shipped') return;
    const missing = order.lines.filter((line) => line.shipped < line.quantity);
    const split = order.state === 'open' && missing.length > 1 && this.#random.chance(SPLIT_SHARE);
    const wanted = split ? missing.slice(0, Math.ceil(missing.length / 2)) : missing;
    const inShop = wanted.every((line) => line.product.onHand['loja-centro'] >= line.quantity - line.shipped);
    const first: Warehouse = order.channel === 'balcao' && inShop ? 'loja-centro' : 'cd-guarulhos';
    this.#shipFrom(order, first, wanted);
    const second = wanted.filter((line) => line.shipped < line.quantity && line.product.onHand['loja-centro'] > 0);
    if (first === 'cd-guarulhos' && second.length > 0)
      this.#kernel.after(this.#random.between(5, 50) * MINUTE, () => this.#shipFrom(order, 'loja-centro', second));
    for (const line of wanted) if (line.shipped < line.quantity) line.product.waiting.add(order);
    if (split)
      this.#kernel.schedule(this.#inShift(this.#kernel.now + this.#random.between(2, 26) * HOUR), () =>
        this.#ship(order)
      );
  }

  approve(order: Order): void {
    const soon = order.channel === 'balcao' || order.size === 'small';
    const wait = soon ? this.#random.between(2, 14) * MINUTE : this.#random.between(0.7, 9) * HOUR;
    this.#kernel.schedule(soon ? this.#kernel.now + wait : this.#inShift(this.#kernel.now + wait), () =>
      this.#ship(order)
    );
  }

  #serveWaiting(product: Product): void {
    for (const order of product.waiting) {
      product.waiting.delete(order);
      this.#kernel.schedule(this.#inShift(this.#kernel.now + this.#random.between(0.3, 3) * HOUR), () =>
        this.#ship(order)
      );
    }
  }

  #receive(product: Product, quantity: number, unitCostMinor: number): void {
    product.onHand['cd-guarulhos'] += quantity;
    product.onOrder -= quantity;
    this.#kernel.emit('stock.received', 'warehouse', this.#nextKey(`${product.sku}.received`), {
      sku: product.sku,
      quantity,
      unit_cost_minor: unitCostMinor,
      warehouse: 'cd-guarulhos',
      supplier: product.supplier.name
    });
    const costMinor = quantity * unitCostMinor;
    const parts = costMinor > LARGE_BILL_MINOR ? splitAmount(costMinor, 2) : [costMinor];
    parts.forEach((minor, index) =>
      this.#business.treasury.owe(
        product.supplier.name,
        'supplier',
        minor,
        this.#kernel.today + product.supplier.termDays + index * SECOND_PART_DAYS
      )
    );
    this.#serveWaiting(product);
  }

  #purchase(product: Product): void {
    const lot = Math.ceil(product.velocity * LOT_DAYS + Math.max(0, -freeUnits(product)));
    const calm = this.#scenario.isCalm(this.#kernel.now);
    const late = !calm && this.#random.chance(product.supplier.lateness);
    const days = product.leadDays * this.#random.between(0.85, 1.2) * (late ? this.#random.between(1.6, 2.4) : 1);
    const unitCostMinor = Math.max(1, Math.round(product.costMinor * this.#random.between(0.985, 1.01)));
    product.onOrder += lot;
    const arrival = this.#almanac.at(
      this.#almanac.business(this.#kernel.today + Math.max(1, Math.round(days))),
      this.#random.between(7.5, 16.5)
    );
    // large lots come on two lorries
    const firstPart = lot > 60 && this.#random.chance(0.3) ? Math.ceil(lot * 0.6) : lot;
    this.#kernel.schedule(arrival, () => this.#receive(product, firstPart, unitCostMinor));
    if (firstPart < lot)
      this.#kernel.schedule(this.#inShift(arrival + this.#random.between(2, 40) * HOUR), () =>
        this.#receive(product, lot - firstPart, unitCostMinor)
      );
  }

  #review(): void {
    for (const product of this.#products)
      if (product.active && freeUnits(product) + product.onOrder < product.reorderPoint) this.#purchase(product);
  }

  count(product: Product, warehouse: Warehouse): void {
    const book = product.onHand[warehouse];
    const wrong = !this.#scenario.isCalm(this.#kernel.now) && this.#random.chance(MISCOUNT_SHARE);
    const found = Math.max(0, book + (wrong ? this.#random.pick([-3, -2, -1, -1, 1]) : 0));
    product.onHand[warehouse] = found;
    this.#kernel.emit('stock.counted', 'warehouse', this.#nextKey(`${product.sku}.counted`), {
      sku: product.sku,
      quantity: found,
      warehouse
    });
  }

  adjust(product: Product, warehouse: Warehouse): void {
    const loss = product.onHand[warehouse] > 3 && this.#random.chance(0.8);
    const quantity = loss ? -this.#random.int(1, 2) : 1;
    product.onHand[warehouse] += quantity;
    const reason = loss
      ? this.#random.pick(['avaria no manuseio', 'uso interno', 'validade vencida'])
      : 'sobra encontrada';
    this.#kernel.emit('stock.adjusted', 'warehouse', this.#nextKey(`${product.sku}.adjusted`), {
      sku: product.sku,
      quantity,
      reason,
      warehouse
    });
  }

  transfer(product: Product): void {
    const shopWants = Math.ceil(product.velocity * 2.5) - product.onHand['loja-centro'];
    const toShop = shopWants > 0;
    const from: Warehouse = toShop ? 'cd-guarulhos' : 'loja-centro';
    const to: Warehouse = toShop ? 'loja-centro' : 'cd-guarulhos';
    const wanted = toShop ? shopWants : Math.floor(-shopWants / 2);
    const quantity = Math.min(wanted, toShop ? Math.floor(product.onHand[from] / 3) : product.onHand[from]);
    if (quantity <= 0) return;
    product.onHand[from] -= quantity;
    product.onHand[to] += quantity;
    this.#kernel.emit('stock.transferred', 'warehouse', this.#nextKey(`${product.sku}.transferred`), {
      sku: product.sku,
      quantity,
      from,
      to
    });
  }

  #reprice(): void {
    const product = this.#random.pick(this.#products);
    const factor = this.#random.between(0.985, 1.025);
    product.priceMinor = Math.max(90, Math.round(product.priceMinor * factor));
    product.costMinor = Math.max(60, Math.round(product.costMinor * factor));
    this.#kernel.emit('product.updated', 'erp', this.#nextKey(`${product.sku}.updated`), {
      sku: product.sku,
      price_minor: product.priceMinor,
      cost_minor: product.costMinor
    });
  }

  /** Out of the range once it is sold out, for good. */
  #discontinue(): void {
    const product = this.#products.find((one) => one.active && freeUnits(one) === 0 && one.onOrder === 0);
    if (product === undefined) return;
    product.active = false;
    this.#kernel.emit('product.updated', 'erp', this.#nextKey(`${product.sku}.updated`), {
      sku: product.sku,
      active: false
    });
  }

  planDay(day: number): void {
    if (!this.#almanac.isBusiness(day)) return;
    const some = (mean: number, from: number, to: number, run: () => void): void => {
      for (let n = this.#random.poisson(mean * Math.min(1, this.#business.scale * 2)); n > 0; n--)
        this.#kernel.schedule(this.#almanac.at(day, this.#random.between(from, to)), run);
    };
    some(COUNTS_A_DAY, 6.6, 11.5, () => this.count(this.#random.pick(this.#products), this.#random.pick(WAREHOUSES)));
    some(26, 6.2, 8, () => this.transfer(this.#random.pick(this.#products)));
    some(7, 8, 18, () => this.adjust(this.#random.pick(this.#products), this.#random.pick(WAREHOUSES)));
    some(5, 8.5, 18, () => this.#reprice());
    if (this.#random.chance(0.06)) this.#kernel.schedule(this.#almanac.at(day, 18.2), () => this.#discontinue());
    this.#kernel.schedule(this.#almanac.at(day, 12.1), () => this.#review());
    this.#kernel.schedule(drawTime(this.#random, this.#almanac, day, 'office'), () => this.#review());
    this.#kernel.schedule(this.#almanac.at(day, 18.4), () => this.#review());
  }

  takeBack(product: Product, quantity: number, saleable: boolean): Warehouse {
    if (saleable) {
      product.onHand['cd-guarulhos'] += quantity;
      this.#serveWaiting(product);
    }
    return 'cd-guarulhos';
  }
}
