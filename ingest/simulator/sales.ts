/** Orders: who buys what through which channel, on credit or paid before it ships, changed or cancelled now and then. */
import type { Method } from '#lib/contracts/events/shared.ts';
import { HOUR, MINUTE, SECOND } from './almanac.ts';
import {
  CURRENCY,
  freeUnits,
  type Business,
  type Channel,
  type Customer,
  type Order,
  type OrderLine,
  type OrderSize,
  type Sales
} from './business.ts';
import { weighted, type Random } from './random.ts';
import { dayFactor, drawTime, type Profile } from './rhythm.ts';

const ORDERS_A_DAY = 750;
/** Overdue beyond this: no more credit until it is paid. */
const BLOCKED_AFTER_DAYS = 12;
const LINE_VALUE_MINOR = 17_000;
const SMALL_LINE_VALUE_MINOR = 2_600;

const CHANNELS: readonly (readonly [Channel, number])[] = [
  ['representante', 45],
  ['televendas', 15],
  ['balcao', 22],
  ['online', 18]
];
const CHANNEL_PROFILE: Readonly<Record<Channel, Profile>> = {
  representante: 'office',
  televendas: 'office',
  balcao: 'counter',
  online: 'online'
};
/** Of the expected sales: so much of a sku is sold ahead of its delivery. */
const SHORT_DAYS_MAX = 0.5;
const BRANCHES: readonly (readonly [string, number])[] = [
  ['matriz', 48],
  ['campinas', 24],
  ['sorocaba', 16],
  ['santos', 12]
];
const TERMS: readonly (readonly [readonly number[], number])[] = [
  [[28], 22],
  [[35], 8],
  [[28, 42], 20],
  [[28, 56], 10],
  [[28, 35, 42], 26],
  [[28, 42, 56], 10],
  [[28, 35, 42, 56], 4]
];
const METHODS: Readonly<Record<Channel, readonly (readonly [Method, number])[]>> = {
  representante: [
    ['boleto', 84],
    ['pix', 7],
    ['ted', 4],
    ['credit_card', 5]
  ],
  televendas: [
    ['boleto', 76],
    ['pix', 14],
    ['ted', 3],
    ['credit_card', 7]
  ],
  balcao: [
    ['pix', 46],
    ['debit_card', 14],
    ['credit_card', 18],
    ['cash', 17],
    ['boleto', 5]
  ],
  online: [
    ['pix', 64],
    ['credit_card', 36]
  ]
};
const pickChannel = weighted(CHANNELS, ([, weight]) => weight);
const pickBranch = weighted(BRANCHES, ([, weight]) => weight);
const pickTerms = weighted(TERMS, ([, weight]) => weight);
const pickMethod = {
  representante: weighted(METHODS.representante, ([, weight]) => weight),
  televendas: weighted(METHODS.televendas, ([, weight]) => weight),
  balcao: weighted(METHODS.balcao, ([, weight]) => weight),
  online: weighted(METHODS.online, ([, weight]) => weight)
};

const drawTerms = (random: Random): readonly number[] => pickTerms(random)[0];
export { drawTerms };

export class SalesDesk implements Sales {
  readonly #business: Business;
  readonly #kernel: Business['kernel'];
  readonly #almanac: Business['almanac'];
  readonly #scenario: Business['scenario'];
  readonly #random: Business['random'];
  #placed = 90_000;

  constructor(business: Business) {
    this.#business = business;
    this.#kernel = business.kernel;
    this.#almanac = business.almanac;
    this.#scenario = business.scenario;
    this.#random = this.#business.random.fork('sales');
  }

  #blocked(customer: Customer): boolean {
    let owed = 0;
    for (const instalment of customer.open) {
      if (this.#almanac.business(instalment.due) + BLOCKED_AFTER_DAYS < this.#kernel.today) return true;
      owed += instalment.openMinor;
    }
    return owed > customer.creditLimitMinor;
  }

  #drawLines(size: OrderSize): OrderLine[] {
    const wanted = size === 'small' ? this.#random.int(1, 2) : 1 + this.#random.poisson(2.6);
    const off = this.#scenario.discount(this.#kernel.now);
    const lines = new Map<string, OrderLine>();
    for (let i = 0; i < wanted; i++) {
      const product = this.#business.pickProduct(this.#random);
      if (!product.active || lines.has(product.sku)) continue;
      if (size === 'small' && product.priceMinor > 6_000) continue;
      const value = this.#random.logNormal(size === 'small' ? SMALL_LINE_VALUE_MINOR : LINE_VALUE_MINOR * 0.75, 0.9);
      // nobody sells weeks of what is not there: beyond half a day's demand the next delivery is waited for
      const sellable = Math.floor(freeUnits(product) + product.velocity * SHORT_DAYS_MAX);
      const quantity = Math.min(Math.max(1, Math.round(value / product.priceMinor)), sellable);
      if (quantity <= 0) continue;
      const rebate = off > 0 ? off : this.#random.chance(0.18) ? this.#random.pick([0.02, 0.03, 0.05]) : 0;
      const discountMinor = Math.round(quantity * product.priceMinor * rebate);
      lines.set(product.sku, { product, quantity, priceMinor: product.priceMinor, discountMinor, shipped: 0 });
    }
    return [...lines.values()];
  }

  #tell(order: Order): void {
    const lines = order.lines.map((line) => ({
      sku: line.product.sku,
      quantity: line.quantity,
      unit_price_minor: line.priceMinor,
      ...(line.discountMinor > 0 && { discount_minor: line.discountMinor }),
      cost_minor: line.product.costMinor
    }));
    const source = order.channel === 'balcao' || order.channel === 'online' ? 'shop' : 'erp';
    this.#kernel.emit('order.placed', source, `${order.id}.placed.${order.revision}`, {
      order_id: order.id,
      ...(order.customer && { customer_id: order.customer.id }),
      currency: CURRENCY,
      lines,
      ...(order.shippingMinor > 0 && { shipping_minor: order.shippingMinor }),
      ...(order.discountMinor > 0 && { discount_minor: order.discountMinor }),
      channel: order.channel,
      branch: order.branch,
      ...(order.revision > 0 && { revision: order.revision })
    });
  }

  #cancel(order: Order, reason: string): void {
    if (order.state !== 'open') return;
    order.state = 'cancelled';
    this.#business.warehouse.release(order);
    this.#kernel.emit('order.cancelled', order.channel === 'online' ? 'shop' : 'erp', `${order.id}.cancelled`, {
      order_id: order.id,
      reason
    });
    const { payment } = order;
    if (payment !== undefined && payment.principalMinor > payment.reversedMinor)
      this.#kernel.after(this.#random.between(1, 20) * MINUTE, () =>
        this.#business.receipts.refund(payment, payment.principalMinor - payment.reversedMinor)
      );
  }

  /** The customer takes one piece less or more before it leaves. */
  #revise(order: Order): void {
    const line = order.lines[0];
    if (order.state !== 'open' || line === undefined || line.quantity < 4) return;
    this.#business.warehouse.release(order);
    line.quantity += this.#random.chance(0.6) ? -1 : 1;
    order.revision++;
    this.#business.warehouse.reserve(order);
    this.#tell(order);
  }

  #draft(channel: Channel, size: OrderSize): Order | undefined {
    const named =
      size === 'usual' && (channel === 'representante' || channel === 'televendas' || this.#random.chance(0.5));
    const customer = named ? this.#business.pickCustomer(this.#random) : undefined;
    const [wish] = pickMethod[channel](this.#random);
    const method = wish === 'boleto' && (customer === undefined || this.#blocked(customer)) ? 'pix' : wish;
    const lines = this.#drawLines(size);
    if (lines.length === 0) return undefined;
    const goods = lines.reduce((sum, line) => sum + line.quantity * line.priceMinor - line.discountMinor, 0);
    return {
      id: String(++this.#placed),
      customer,
      channel,
      size,
      branch: channel === 'online' ? 'matriz' : pickBranch(this.#random)[0],
      lines,
      shippingMinor: channel === 'balcao' ? 0 : this.#random.chance(0.4) ? this.#random.int(8, 90) * 100 : 0,
      discountMinor: this.#random.chance(0.05) ? Math.round(goods * 0.02) : 0,
      method,
      terms: method === 'boleto' ? drawTerms(this.#random) : [],
      invoicedMinor: 0,
      invoices: [],
      payment: undefined,
      state: 'open',
      revision: 0
    };
  }

  place(channel: Channel, size: OrderSize = 'usual'): Order | undefined {
    const order = this.#draft(channel, size);
    if (order === undefined) return undefined;
    this.#tell(order);
    this.#business.warehouse.reserve(order);
    if (this.#random.chance(this.#scenario.cancelShare(this.#kernel.now)))
      this.#kernel.after(this.#random.between(3, 90) * MINUTE, () =>
        this.#cancel(order, this.#random.pick(['desistência do cliente', 'pedido em duplicidade', 'prazo de entrega']))
      );
    if (order.terms.length > 0) {
      if (this.#random.chance(0.012))
        this.#kernel.after(this.#random.between(10, 25) * MINUTE, () => this.#revise(order));
      this.#kernel.after(this.#random.between(0.5, 4) * HOUR, () => this.#business.warehouse.approve(order));
    } else if (order.method === 'pix' && this.#random.chance(0.035)) {
      this.#kernel.after(HOUR, () => this.#cancel(order, 'Pix não pago'));
    } else {
      const wait =
        order.method === 'ted'
          ? this.#random.between(0.5, 5) * HOUR
          : order.method === 'pix'
            ? this.#random.between(12, 400) * SECOND
            : this.#random.between(4, 40) * SECOND;
      this.#kernel.after(wait, () => {
        if (order.state === 'open') this.#business.receipts.payOrder(order);
      });
    }
    return order;
  }

  planDay(day: number): void {
    const base = dayFactor(this.#almanac, day);
    const calm = this.#scenario.isCalm(this.#almanac.at(day, 12));
    const noise = calm ? 1 : this.#random.logNormal(1, 0.06);
    const count = Math.round(ORDERS_A_DAY * this.#business.scale * this.#scenario.dayVolume(base, day) * noise);
    for (let i = 0; i < count; i++) {
      const [channel] =
        this.#almanac.isBusiness(day) || this.#almanac.weekday(day) === 6
          ? pickChannel(this.#random)
          : (['online'] as const);
      const profile = this.#almanac.weekday(day) === 6 && channel !== 'online' ? 'saturday' : CHANNEL_PROFILE[channel];
      this.#kernel.schedule(drawTime(this.#random, this.#almanac, day, profile), () => this.place(channel));
    }
  }
}
