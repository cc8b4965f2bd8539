/** Invoices: one a shipment, in the instalments of the terms; credited, postponed, cancelled and written off now and then. */
import { DAY, HOUR, MINUTE } from './almanac.ts';
import {
  CURRENCY,
  orderTotal,
  type Billing,
  type Business,
  type CreditReason,
  type Instalment,
  type Invoice,
  type Order
} from './business.ts';

/** Equal parts, the cents in the first. */
export function splitAmount(totalMinor: number, parts: number): number[] {
  const each = Math.floor(totalMinor / parts);
  return Array.from({ length: parts }, (_, index) => (index === 0 ? totalMinor - each * (parts - 1) : each));
}

export class BillingDesk implements Billing {
  readonly #business: Business;
  readonly #kernel: Business['kernel'];
  readonly #almanac: Business['almanac'];
  readonly #random: Business['random'];
  #issued = 40_000;
  #agreed = 700;
  #credited = 0;

  constructor(business: Business) {
    this.#business = business;
    this.#kernel = business.kernel;
    this.#almanac = business.almanac;
    this.#random = this.#business.random.fork('billing');
  }

  nextInvoiceId(): string {
    return `F-${++this.#issued}`;
  }

  nextAgreementId(): string {
    return `A-${++this.#agreed}`;
  }

  reduce(instalment: Instalment, amountMinor: number): void {
    instalment.openMinor -= amountMinor;
    const { open } = instalment.invoice.customer;
    if (instalment.openMinor > 0) open.add(instalment);
    else open.delete(instalment);
  }

  #tell(invoice: Invoice, replaces: readonly Instalment[]): void {
    const { order } = invoice;
    this.#kernel.emit(
      'invoice.issued',
      invoice.kind === 'sale' ? 'erp' : 'collections',
      `${invoice.id}.issued.${invoice.revision}`,
      {
        invoice_id: invoice.id,
        customer_id: invoice.customer.id,
        currency: CURRENCY,
        installments: invoice.instalments.map((instalment) => ({
          number: instalment.number,
          due_date: this.#almanac.date(instalment.due),
          amount_minor: instalment.billedMinor
        })),
        ...(order && { order_id: order.id, branch: order.branch }),
        kind: invoice.kind,
        ...(replaces.length > 0 && {
          replaces: replaces.map(({ invoice: { id }, number }) => ({ invoice_id: id, installment: number }))
        }),
        ...(invoice.kind === 'sale' && { document: `NF-e ${invoice.id.slice(2).padStart(9, '0')}` }),
        ...(invoice.revision > 0 && { revision: invoice.revision })
      }
    );
  }

  issue(invoice: Invoice, replaces: readonly Instalment[] = []): void {
    this.#tell(invoice, replaces);
    for (const instalment of invoice.instalments) {
      if (instalment.openMinor <= 0) continue;
      invoice.customer.open.add(instalment);
      this.#business.receipts.expect(instalment);
    }
  }

  credit(invoice: Invoice, amountMinor: number, reason: CreditReason, returnId?: string): number {
    let left = amountMinor;
    for (const instalment of invoice.instalments.toReversed()) {
      const part = Math.min(left, instalment.openMinor);
      if (part <= 0) continue;
      this.#tellCredit(instalment, part, reason, returnId);
      this.reduce(instalment, part);
      left -= part;
    }
    return amountMinor - left;
  }

  #tellCredit(instalment: Instalment, amountMinor: number, reason: CreditReason, returnId?: string): void {
    this.#kernel.emit('invoice.credited', 'erp', `${instalment.invoice.id}.credited.${++this.#credited}`, {
      invoice_id: instalment.invoice.id,
      amount_minor: amountMinor,
      currency: CURRENCY,
      installment: instalment.number,
      ...(returnId !== undefined && { return_id: returnId }),
      reason
    });
  }

  #untouched(invoice: Invoice): boolean {
    return invoice.instalments.every(
      (instalment) => instalment.openMinor === instalment.billedMinor && !instalment.disputed
    );
  }

  /** The customer asks for a week more: a higher revision with later dates. */
  #postpone(invoice: Invoice): void {
    if (!this.#untouched(invoice)) return;
    invoice.revision++;
    for (const instalment of invoice.instalments) instalment.due += 7;
    this.#tell(invoice, []);
  }

  #cancel(invoice: Invoice): void {
    if (!this.#untouched(invoice)) return;
    for (const instalment of invoice.instalments) this.reduce(instalment, instalment.openMinor);
    this.#kernel.emit('invoice.cancelled', 'erp', `${invoice.id}.cancelled`, {
      invoice_id: invoice.id,
      reason: 'nota emitida com erro'
    });
    // written again at once, with the right data
    const id = this.nextInvoiceId();
    const fresh: Invoice = { ...invoice, id, instalments: [], paid: [], revision: 0 };
    for (const { number, due, billedMinor } of invoice.instalments)
      fresh.instalments.push({ invoice: fresh, number, due, billedMinor, openMinor: billedMinor, disputed: false });
    invoice.order?.invoices.splice(invoice.order.invoices.indexOf(invoice), 1, fresh);
    this.#kernel.after(this.#random.between(2, 30) * MINUTE, () => this.issue(fresh));
  }

  #mishaps(invoice: Invoice): void {
    if (this.#random.chance(0.006)) this.#kernel.after(this.#random.between(1, 8) * DAY, () => this.#postpone(invoice));
    else if (this.#random.chance(0.004))
      this.#kernel.after(this.#random.between(0.2, 3) * HOUR, () => this.#cancel(invoice));
    else if (this.#random.chance(0.005))
      this.#kernel.after(this.#random.between(2, 15) * DAY, () =>
        this.credit(
          invoice,
          Math.max(100, Math.round((invoice.instalments[0]?.billedMinor ?? 0) * 0.02)),
          this.#random.chance(0.7) ? 'discount' : 'withholding'
        )
      );
  }

  invoiceShipment(order: Order, shippedMinor: number, complete: boolean): void {
    const { customer } = order;
    const amount = complete
      ? orderTotal(order) - order.invoicedMinor
      : Math.min(shippedMinor, orderTotal(order) - order.invoicedMinor - 1);
    order.invoicedMinor += amount;
    if (customer === undefined || amount <= 0) return;
    const prepaid = order.terms.length === 0;
    const days = prepaid ? [0] : amount < order.terms.length * 3_000 ? [order.terms[0] ?? 28] : order.terms;
    const amounts = splitAmount(amount, days.length);
    const invoice: Invoice = {
      id: this.nextInvoiceId(),
      customer,
      order,
      kind: 'sale',
      instalments: [],
      paid: [],
      revision: 0
    };
    days.forEach((afterDays, index) => {
      const billedMinor = amounts[index] ?? 0;
      const openMinor = prepaid ? 0 : billedMinor;
      invoice.instalments.push({
        invoice,
        number: index + 1,
        due: this.#kernel.today + afterDays,
        billedMinor,
        openMinor,
        disputed: false
      });
    });
    order.invoices.push(invoice);
    this.issue(invoice);
    if (!prepaid) this.#mishaps(invoice);
  }

  creditRefunded(instalment: Instalment, amountMinor: number, returnId: string): void {
    this.#tellCredit(instalment, amountMinor, 'return', returnId);
  }

  writeOff(invoice: Invoice): void {
    for (const instalment of invoice.instalments) this.reduce(instalment, instalment.openMinor);
    invoice.customer.onAccountUnsafe = true;
    this.#kernel.emit('invoice.written_off', 'erp', `${invoice.id}.written_off`, {
      invoice_id: invoice.id,
      reason: 'perda provável após 180 dias'
    });
  }
}
