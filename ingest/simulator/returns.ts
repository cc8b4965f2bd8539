/** Goods that come back: asked for, received, then credited on what is still owed and refunded of what was paid. */
import { DAY, HOUR, MINUTE } from './almanac.ts';
import {
  ACCOUNTS,
  CURRENCY,
  lineValue,
  type Business,
  type Instalment,
  type Order,
  type OrderLine,
  type Payment,
  type Returns
} from './business.ts';

const RETURN_SHARE = 0.078;
const NEVER_SENT_SHARE = 0.1;
const DAMAGED_SHARE = 0.16;
const STORE_CREDIT_SHARE = 0.2;
const REASONS = [
  'produto com avaria',
  'item trocado',
  'bitola errada',
  'sobra de obra',
  'cor diferente',
  'não funciona'
];

interface Return {
  readonly id: string;
  readonly order: Order;
  readonly lines: readonly { readonly line: OrderLine; readonly quantity: number }[];
}

export class ReturnsDesk implements Returns {
  readonly #business: Business;
  readonly #kernel: Business['kernel'];
  readonly #almanac: Business['almanac'];
  readonly #random: Business['random'];
  #requested = 3_000;

  constructor(business: Business) {
    this.#business = business;
    this.#kernel = business.kernel;
    this.#almanac = business.almanac;
    this.#random = this.#business.random.fork('returns');
  }

  /** The shop tells the refund; where the provider moves the money, both name one movement. */
  #tellRefund(one: Return, amountMinor: number, payment: Payment | undefined, invoiceId?: string): void {
    const tell = (fields: { method: Payment['method']; account?: string; movement_id?: string }): void =>
      this.#kernel.emit('return.refunded', 'shop', `${one.id}.refunded.${payment?.id ?? '0'}`, {
        return_id: one.id,
        order_id: one.order.id,
        amount_minor: amountMinor,
        currency: CURRENCY,
        ...(invoiceId !== undefined && { invoice_id: invoiceId }),
        ...fields
      });
    if (payment === undefined) return;
    const unnamed = one.order.customer === undefined;
    if (unnamed && this.#random.chance(STORE_CREDIT_SHARE)) {
      tell({ method: 'store_credit' });
      this.#business.receipts.keepStoreCredit(amountMinor);
      payment.reversedMinor += amountMinor;
    } else if (unnamed && payment.method === 'cash') {
      // over the counter: nobody else tells it
      this.#business.treasury.book(ACCOUNTS.till, -amountMinor);
      payment.reversedMinor += amountMinor;
      tell({ method: 'cash', account: ACCOUNTS.till });
    } else {
      const movement = this.#business.receipts.refund(payment, amountMinor);
      tell({
        method: payment.method === 'boleto' ? 'pix' : payment.method,
        account: payment.account,
        movement_id: movement
      });
    }
  }

  #refundable(payment: Payment): number {
    return Math.min(payment.principalMinor, payment.grossMinor) - payment.reversedMinor;
  }

  /** Credits open instalments first, then gives back what was paid, crediting the instalment it re-opens. @returns nothing is left to do */
  #settle(one: Return): void {
    const { order } = one;
    let left = one.lines.reduce((sum, { line, quantity }) => sum + lineValue(line, quantity), 0);
    for (const invoice of order.invoices) left -= this.#business.billing.credit(invoice, left, 'return', one.id);
    const giveBack = (payment: Payment, instalment: Instalment | undefined): void => {
      const room = instalment === undefined ? Infinity : instalment.billedMinor;
      const amount = Math.min(left, this.#refundable(payment), room);
      if (amount <= 0) return;
      left -= amount;
      if (instalment !== undefined) this.#business.billing.creditRefunded(instalment, amount, one.id);
      this.#tellRefund(one, amount, payment, instalment?.invoice.id);
    };
    if (order.payment !== undefined) giveBack(order.payment, order.invoices[0]?.instalments[0]);
    for (const invoice of order.invoices)
      for (const { payment, instalment } of invoice.paid) giveBack(payment, instalment);
  }

  #receive(one: Return, pace: 'days' | 'minutes'): void {
    const lines = one.lines.map(({ line, quantity }) => {
      const saleable = !this.#random.chance(DAMAGED_SHARE);
      this.#business.warehouse.takeBack(line.product, quantity, saleable);
      return { sku: line.product.sku, quantity, condition: saleable ? ('saleable' as const) : ('damaged' as const) };
    });
    this.#kernel.emit('return.received', 'warehouse', `${one.id}.received`, {
      return_id: one.id,
      order_id: one.order.id,
      lines,
      warehouse: 'cd-guarulhos'
    });
    this.#kernel.after(
      pace === 'days' ? this.#random.between(1, 26) * HOUR : this.#random.between(1, 12) * MINUTE,
      () => this.#settle(one)
    );
  }

  request(order: Order, pace: 'days' | 'minutes'): void {
    const whole = this.#random.chance(0.25);
    const lines = (whole ? order.lines : [this.#random.pick(order.lines)]).map((line) => ({
      line,
      quantity: Math.max(1, Math.round(line.shipped * (whole ? 1 : this.#random.between(0.3, 1))))
    }));
    const id = `D-${++this.#requested}`;
    this.#kernel.emit('return.requested', 'shop', `${id}.requested`, {
      return_id: id,
      order_id: order.id,
      ...(order.customer && { customer_id: order.customer.id }),
      lines: lines.map(({ line, quantity }) => ({
        sku: line.product.sku,
        quantity,
        reason: this.#random.pick(REASONS)
      }))
    });
    if (this.#random.chance(NEVER_SENT_SHARE)) return;
    if (pace === 'minutes') {
      this.#kernel.after(this.#random.between(2, 15) * MINUTE, () => this.#receive({ id, order, lines }, pace));
      return;
    }
    const day = this.#almanac.business(this.#kernel.today + this.#random.int(1, 6));
    this.#kernel.schedule(this.#almanac.at(day, this.#random.between(8, 17.5)), () =>
      this.#receive({ id, order, lines }, pace)
    );
  }

  consider(order: Order): void {
    if (!this.#random.chance(RETURN_SHARE)) return;
    const at = this.#kernel.now + this.#random.between(0.8, 13) * DAY;
    const day = this.#almanac.business(this.#almanac.dayOf(at));
    this.#kernel.schedule(this.#almanac.at(day, this.#random.between(8, 18.5)), () => this.request(order, 'days'));
  }
}
