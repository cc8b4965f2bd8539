/** Customers paying: in time, late, in part, on account or never; and money that is taken back. */
import { DAY, HOUR, MINUTE } from './almanac.ts';
import {
  CURRENCY,
  orderTotal,
  type Business,
  type Customer,
  type Instalment,
  type Order,
  type Payment,
  type Receipts,
  type Temper
} from './business.ts';
import type { Random } from './random.ts';
import { drawTime } from './rhythm.ts';
import {
  CHARGEBACK,
  SettlingDesk,
  type Settling,
  sourceOf,
  surchargesOf,
  type MoneyMethod,
  type Names
} from './settling.ts';

const ON_ACCOUNT_SHARE = 0.02;
const ALLOCATED_SHARE = 0.012;
const PIX_SHARE = 0.07;
const BOUNCED_SHARE = 0.0015;
const EARLY_DISCOUNT = 0.015;

/** Days from the effective due date to the payment; Infinity: not by itself. */
function drawLateness(random: Random, temper: Temper): number {
  const roll = random.next();
  switch (temper) {
    case 'early':
      return roll < 0.7 ? random.int(-3, -1) : 0;
    case 'punctual':
      return roll < 0.14 ? random.int(-2, -1) : roll < 0.9 ? 0 : random.int(1, 3);
    case 'late':
      return roll < 0.3 ? 0 : roll < 0.68 ? random.int(1, 8) : random.int(8, 24);
    case 'slow':
      return roll < 0.2 ? random.int(2, 10) : roll < 0.7 ? random.int(11, 50) : Infinity;
    case 'never':
      return roll < 0.12 ? 0 : Infinity;
  }
}

export class ReceiptsDesk implements Receipts {
  readonly #business: Business;
  readonly #kernel: Business['kernel'];
  readonly #almanac: Business['almanac'];
  readonly #scenario: Business['scenario'];
  readonly #random: Business['random'];
  readonly #settling: Settling;
  readonly #storeCredits: number[] = [];
  #paid = 500_000;
  #moved = 0;

  constructor(business: Business) {
    this.#business = business;
    this.#kernel = business.kernel;
    this.#almanac = business.almanac;
    this.#scenario = business.scenario;
    this.#random = this.#business.random.fork('receipts');
    this.#settling = new SettlingDesk(this.#business);
  }

  #nextId(): string {
    return `P-${++this.#paid}`;
  }

  #take(grossMinor: number, method: MoneyMethod, names: Names): Payment {
    return this.#settling.take({ id: this.#nextId(), grossMinor, names }, method);
  }

  #reverse(payment: Payment, amountMinor: number, reason: 'refund' | 'chargeback' | 'returned'): string {
    const movement = `M-${++this.#moved}`;
    payment.reversedMinor += amountMinor;
    this.#business.treasury.book(payment.account, -amountMinor);
    this.#kernel.emit('payment.reversed', sourceOf(payment.account), `${payment.id}.reversed.${this.#moved}`, {
      payment_id: payment.id,
      amount_minor: amountMinor,
      currency: CURRENCY,
      reason,
      account: payment.account,
      movement_id: movement
    });
    return movement;
  }

  payInstalment(instalment: Instalment, method: 'boleto' | 'pix', share = 1): void {
    const { invoice } = instalment;
    const principal = share < 1 ? Math.round(instalment.openMinor * share) : instalment.openMinor;
    if (principal <= 0) return;
    const daysLate = this.#kernel.today - this.#almanac.business(instalment.due);
    const extra = this.#random.chance(0.88) ? surchargesOf(principal, daysLate) : {};
    const discount =
      daysLate <= -2 && share === 1 && this.#random.chance(0.25) ? Math.round(principal * EARLY_DISCOUNT) : 0;
    const gross = principal + (extra.fine_minor ?? 0) + (extra.interest_minor ?? 0) - discount;
    const names: Names = {
      customer_id: invoice.customer.id,
      invoice_id: invoice.id,
      installment: instalment.number,
      ...extra,
      ...(discount > 0 && { discount_minor: discount })
    };
    const payment = this.#take(gross, method, names);
    invoice.paid.push({ payment, instalment });
    this.#business.billing.reduce(instalment, principal);
    if (this.#random.chance(BOUNCED_SHARE)) this.#bounce(payment, instalment, principal);
  }

  /** The money goes back to the payer within two days; they pay again, wiser. */
  #bounce(payment: Payment, instalment: Instalment, principal: number): void {
    this.#kernel.after(this.#random.between(26, 50) * HOUR, () => {
      if (payment.reversedMinor > 0) return;
      // all of it, interest and fine too: then it pays nothing
      this.#reverse(payment, payment.grossMinor, 'returned');
      this.#business.billing.reduce(instalment, -principal);
      this.#kernel.after(this.#random.between(4, 60) * HOUR, () => this.payInstalment(instalment, 'pix'));
    });
  }

  /** The oldest of what is owed, in the order in which on-account money meets it. */
  #oldest(customer: Customer, count: number): Instalment[] {
    return [...customer.open]
      .sort(
        (a, b) =>
          a.due - b.due || (a.invoice.id < b.invoice.id ? -1 : a.invoice.id > b.invoice.id ? 1 : a.number - b.number)
      )
      .slice(0, count);
  }

  #payOnAccount(customer: Customer, told: boolean): void {
    const covered = this.#oldest(customer, this.#random.int(1, 3));
    const parts = covered.map(({ invoice, number, openMinor }) => ({
      invoice_id: invoice.id,
      installment: number,
      amount_minor: openMinor
    }));
    const total = parts.reduce((sum, part) => sum + part.amount_minor, 0);
    if (total <= 0) return;
    const payment = this.#take(total, 'ted', { customer_id: customer.id });
    for (const instalment of covered) this.#business.billing.reduce(instalment, instalment.openMinor);
    if (told)
      this.#kernel.after(this.#random.between(3, 40) * MINUTE, () =>
        this.#kernel.emit('payment.allocated', 'erp', `${payment.id}.allocated`, {
          payment_id: payment.id,
          allocations: parts
        })
      );
  }

  #payDue(instalment: Instalment): void {
    const { customer } = instalment.invoice;
    if (instalment.openMinor <= 0 || instalment.disputed) return;
    const roll = this.#random.next();
    if (!customer.onAccountUnsafe && roll < ON_ACCOUNT_SHARE + ALLOCATED_SHARE) {
      this.#payOnAccount(customer, roll >= ON_ACCOUNT_SHARE);
      // older debts may have taken it all
      this.#kernel.after(this.#random.between(10, 90) * MINUTE, () => this.payInstalment(instalment, 'boleto'));
      return;
    }
    const method = roll < ON_ACCOUNT_SHARE + ALLOCATED_SHARE + PIX_SHARE ? 'pix' : 'boleto';
    const partly = customer.temper !== 'punctual' && customer.temper !== 'early' && this.#random.chance(0.06);
    this.payInstalment(instalment, method, partly ? this.#random.pick([0.3, 0.5, 0.5, 0.6]) : 1);
    if (partly) this.#kernel.after(this.#random.between(5, 16) * DAY, () => this.payInstalment(instalment, 'pix'));
  }

  #decide(instalment: Instalment): void {
    if (instalment.openMinor <= 0) return;
    const { customer } = instalment.invoice;
    const due = this.#almanac.business(instalment.due);
    const slides = customer.temper !== 'never' && this.#random.chance(this.#scenario.slide(this.#almanac.startOf(due)));
    const late = slides
      ? this.#random.chance(0.35)
        ? Infinity
        : this.#random.int(9, 55)
      : drawLateness(this.#random, customer.temper);
    if (late === Infinity) return;
    const at = drawTime(this.#random, this.#almanac, due + late, 'paying');
    this.#kernel.schedule(Math.max(at, this.#kernel.now + this.#random.between(5, 90) * MINUTE), () =>
      this.#payDue(instalment)
    );
  }

  expect(instalment: Instalment): void {
    this.#kernel.schedule(this.#almanac.at(instalment.due - 3, 0.2), () => this.#decide(instalment));
  }

  /** Card holders deny a purchase; some of it is won back. */
  #maybeChargeback(order: Order, payment: Payment): void {
    if (payment.method !== 'credit_card' || !this.#random.chance(CHARGEBACK.share)) return;
    this.#kernel.after(CHARGEBACK.afterMs + this.#random.next() * CHARGEBACK.spreadMs, () => {
      if (payment.reversedMinor > 0 || this.#scenario.isCalm(this.#kernel.now)) return;
      const movement = this.#reverse(payment, payment.principalMinor, 'chargeback');
      const owed = order.invoices.flatMap((invoice) => invoice.instalments);
      for (const instalment of owed) this.#business.billing.reduce(instalment, -instalment.billedMinor);
      if (!this.#random.chance(CHARGEBACK.wonShare)) return;
      this.#kernel.after(this.#random.between(8, 25) * DAY, () => {
        if (owed.some((instalment) => instalment.openMinor !== instalment.billedMinor)) return;
        for (const instalment of owed) this.#business.billing.reduce(instalment, instalment.billedMinor);
        payment.reversedMinor = 0;
        this.#business.treasury.book(payment.account, payment.principalMinor);
        this.#kernel.emit('payment.reinstated', 'psp', `${payment.id}.reinstated`, {
          payment_id: payment.id,
          amount_minor: payment.principalMinor,
          currency: CURRENCY,
          reason: 'chargeback',
          account: payment.account,
          movement_id: `${movement}-R`
        });
      });
    });
  }

  #useStoreCredit(order: Order, totalMinor: number): number {
    const credit = order.customer === undefined && order.channel === 'balcao' ? this.#storeCredits.pop() : undefined;
    if (credit === undefined) return 0;
    const used = Math.min(credit, totalMinor);
    if (used < credit) this.#storeCredits.push(credit - used);
    const id = this.#nextId();
    this.#kernel.emit('payment.settled', 'shop', `${id}.settled.1`, {
      payment_id: id,
      amount_minor: used,
      fee_minor: 0,
      currency: CURRENCY,
      method: 'store_credit',
      order_id: order.id
    });
    return used;
  }

  payOrder(order: Order): void {
    const total = orderTotal(order);
    const rest = total - this.#useStoreCredit(order, total);
    const { method } = order;
    if (rest > 0 && method !== 'store_credit' && method !== 'other') {
      const payment = this.#take(rest, method, {
        order_id: order.id,
        ...(order.customer && { customer_id: order.customer.id })
      });
      order.payment = payment;
      this.#maybeChargeback(order, payment);
    }
    this.#business.warehouse.approve(order);
  }

  refund(payment: Payment, amountMinor: number): string {
    return this.#reverse(payment, amountMinor, 'refund');
  }

  keepStoreCredit(amountMinor: number): void {
    this.#storeCredits.push(amountMinor);
  }
}
