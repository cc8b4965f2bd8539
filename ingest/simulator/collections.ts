/** Collections: reminders by machine, calls by people, promises kept and broken, agreements, disputes, write-offs. */
import { DAY, HOUR, MINUTE } from './almanac.ts';
import { CURRENCY, type Business, type Collections, type Customer, type Instalment, type Invoice } from './business.ts';
import { splitAmount } from './billing.ts';
import { weighted } from './random.ts';

const COLLECTORS = ['renata.camargo', 'joao.siqueira', 'marina.tavares', 'otavio.rezende'];
const CALLS_A_DAY = 150;
const CALL_AFTER_DAYS = 3;
const AGREEMENT_AFTER_DAYS = 40;
const AGREEMENT_SHARE = { early: 0.5, punctual: 0.5, late: 0.4, slow: 0.25, never: 0.05 };
const WRITE_OFF_AFTER_DAYS = 180;
const KEPT_SHARE = { early: 0.95, punctual: 0.9, late: 0.75, slow: 0.58, never: 0.12 };
const AUTOMATIC = ['whatsapp', 'email', 'sms'] as const;

type Outcome =
  'no_answer' | 'wrong_person' | 'right_party' | 'promised' | 'refused' | 'disputed' | 'claims_paid' | 'callback';
const pickOutcome = weighted<readonly [Outcome, number]>(
  [
    ['no_answer', 38],
    ['wrong_person', 6],
    ['right_party', 12],
    ['promised', 27],
    ['refused', 5],
    ['disputed', 2],
    ['claims_paid', 4],
    ['callback', 6]
  ],
  ([, weight]) => weight
);

export class CollectionsDesk implements Collections {
  readonly #business: Business;
  readonly #kernel: Business['kernel'];
  readonly #almanac: Business['almanac'];
  readonly #random: Business['random'];
  #contacts = 0;
  #promises = 8_000;

  constructor(business: Business) {
    this.#business = business;
    this.#kernel = business.kernel;
    this.#almanac = business.almanac;
    this.#random = this.#business.random.fork('collections');
  }

  #daysLate(instalment: Instalment): number {
    return this.#kernel.today - this.#almanac.business(instalment.due);
  }

  #overdueOf(customer: Customer): Instalment[] {
    return [...customer.open].filter((instalment) => this.#daysLate(instalment) > 0 && !instalment.disputed);
  }

  remind(customer: Customer, instalment: Instalment): void {
    this.#kernel.emit('collection.contacted', 'collections', `K-${++this.#contacts}`, {
      customer_id: customer.id,
      collector: 'regua-automatica',
      channel: this.#random.pick(AUTOMATIC),
      outcome: 'no_answer',
      automatic: true,
      invoice_id: instalment.invoice.id
    });
  }

  #promise(customer: Customer, instalments: readonly Instalment[], collector: string): void {
    const id = `PR-${++this.#promises}`;
    const due = this.#almanac.business(this.#kernel.today + this.#random.int(1, 7));
    const amount = instalments.reduce((sum, one) => sum + one.openMinor, 0);
    customer.promisedUntil = due + 2;
    this.#kernel.emit('promise.made', 'collections', `${id}.made`, {
      promise_id: id,
      customer_id: customer.id,
      collector,
      amount_minor: amount,
      currency: CURRENCY,
      due_date: this.#almanac.date(due),
      ...(instalments.length === 1 && instalments[0] && { invoice_id: instalments[0].invoice.id })
    });
    if (this.#random.chance(0.03)) {
      this.#kernel.after(this.#random.between(2, 20) * HOUR, () =>
        this.#kernel.emit('promise.cancelled', 'collections', `${id}.cancelled`, { promise_id: id })
      );
      return;
    }
    if (!this.#random.chance(KEPT_SHARE[customer.temper])) return;
    for (const instalment of instalments)
      this.#kernel.schedule(Math.max(this.#almanac.at(due, this.#random.between(8, 20)), this.#kernel.now + HOUR), () =>
        this.#business.receipts.payInstalment(instalment, 'pix')
      );
  }

  /** The debt in new instalments; the old ones ask for nothing any more. */
  #agree(customer: Customer, old: readonly Instalment[]): void {
    const total = Math.round(old.reduce((sum, one) => sum + one.openMinor, 0) * 1.03);
    for (const instalment of old) this.#business.billing.reduce(instalment, instalment.openMinor);
    customer.onAccountUnsafe = true;
    const parts = splitAmount(total, this.#random.int(2, 6));
    const invoice: Invoice = {
      id: this.#business.billing.nextAgreementId(),
      customer,
      order: undefined,
      kind: 'agreement',
      instalments: [],
      paid: [],
      revision: 0
    };
    const first = this.#kernel.today + this.#random.int(3, 8);
    parts.forEach((billedMinor, index) =>
      invoice.instalments.push({
        invoice,
        number: index + 1,
        due: first + 30 * index,
        billedMinor,
        openMinor: billedMinor,
        disputed: false
      })
    );
    this.#business.billing.issue(invoice, old);
  }

  #dispute(invoice: Invoice): void {
    if (invoice.instalments.some((one) => one.disputed)) return;
    for (const instalment of invoice.instalments) instalment.disputed = true;
    this.#kernel.emit('dispute.opened', 'collections', `${invoice.id}.disputed.${++this.#contacts}`, {
      invoice_id: invoice.id,
      reason: this.#random.pick(['divergência de preço', 'mercadoria não recebida', 'devolução em análise'])
    });
    this.#kernel.after(this.#random.between(3, 15) * DAY, () => {
      const accepted = this.#random.chance(0.35);
      this.#kernel.emit('dispute.closed', 'collections', `${invoice.id}.settled.${++this.#contacts}`, {
        invoice_id: invoice.id,
        outcome: accepted ? 'desconto concedido' : 'cobrança mantida'
      });
      for (const instalment of invoice.instalments) {
        instalment.disputed = false;
        if (instalment.openMinor > 0)
          this.#kernel.after(this.#random.between(0.2, 9) * DAY, () =>
            this.#business.receipts.payInstalment(instalment, 'boleto')
          );
      }
      if (accepted)
        this.#business.billing.credit(
          invoice,
          Math.round((invoice.instalments[0]?.billedMinor ?? 0) * 0.08),
          'discount'
        );
    });
  }

  contact(customer: Customer): void {
    const overdue = this.#overdueOf(customer);
    const worst = overdue.reduce<Instalment | undefined>(
      (found, one) => (found === undefined || one.due < found.due ? one : found),
      undefined
    );
    if (worst === undefined) return;
    customer.contactedDay = this.#kernel.today;
    const collector = this.#random.pick(COLLECTORS);
    const [drawn] = pickOutcome(this.#random);
    const outcome = drawn === 'promised' && customer.promisedUntil > this.#kernel.today ? 'right_party' : drawn;
    this.#kernel.emit('collection.contacted', 'collections', `K-${++this.#contacts}`, {
      customer_id: customer.id,
      collector,
      channel: this.#random.pick(['phone', 'phone', 'phone', 'whatsapp', 'email']),
      outcome,
      ...(outcome === 'callback' && { next_contact_at: new Date(this.#kernel.now + 26 * HOUR).toISOString() }),
      invoice_id: worst.invoice.id,
      ...(outcome === 'claims_paid' && { note: 'Diz que pagou; vai enviar o comprovante.' })
    });
    if (outcome === 'disputed') this.#dispute(worst.invoice);
    if (outcome !== 'promised') return;
    const late = this.#daysLate(worst);
    if (late > AGREEMENT_AFTER_DAYS && this.#random.chance(AGREEMENT_SHARE[customer.temper]))
      this.#agree(customer, overdue);
    else
      this.#kernel.after(this.#random.between(0.5, 3) * MINUTE, () => {
        const still = this.#overdueOf(customer).slice(0, 4);
        if (still.length > 0) this.#promise(customer, still, collector);
      });
  }

  #writeOffOld(): void {
    for (const customer of this.#business.customers)
      for (const { due, invoice } of [...customer.open])
        if (this.#kernel.today - due > WRITE_OFF_AFTER_DAYS && invoice.instalments.some((one) => one.openMinor > 0))
          this.#business.billing.writeOff(invoice);
  }

  #remindAll(): void {
    for (const customer of this.#business.customers)
      for (const instalment of customer.open) {
        const late = this.#daysLate(instalment);
        if (late !== -2 && late !== 1 && late !== 5) continue;
        if (!this.#random.chance(late === -2 ? 0.35 : 0.9)) continue;
        this.#kernel.after(this.#random.between(1, 110) * MINUTE, () => {
          if (instalment.openMinor > 0) this.remind(customer, instalment);
        });
      }
  }

  #planCalls(): void {
    const list = this.#business.customers
      .map((customer) => ({
        customer,
        owed: this.#overdueOf(customer)
          .filter((one) => this.#daysLate(one) >= CALL_AFTER_DAYS)
          .reduce((sum, one) => sum + one.openMinor, 0)
      }))
      .filter(
        ({ customer, owed }) =>
          owed > 0 && customer.promisedUntil < this.#kernel.today && this.#kernel.today - customer.contactedDay >= 2
      )
      .sort((a, b) => b.owed - a.owed || (a.customer.id < b.customer.id ? -1 : 1));
    for (const { customer } of list.slice(0, Math.ceil(CALLS_A_DAY * Math.min(1, this.#business.scale * 1.5))))
      this.#kernel.schedule(
        this.#almanac.at(
          this.#kernel.today,
          this.#random.chance(0.55) ? this.#random.between(9, 12) : this.#random.between(13.5, 18)
        ),
        () => this.contact(customer)
      );
  }

  planDay(day: number): void {
    if (!this.#almanac.isBusiness(day)) return;
    this.#kernel.schedule(this.#almanac.at(day, 8), () => this.#remindAll());
    this.#kernel.schedule(this.#almanac.at(day, 8.6), () => this.#planCalls());
    if (this.#almanac.weekday(day) === 5) this.#kernel.schedule(this.#almanac.at(day, 17.6), () => this.#writeOffOld());
  }
}
