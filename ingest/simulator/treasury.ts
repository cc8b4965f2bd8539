/** Money that is not a customer's: suppliers, payroll, taxes, rent, transfers, bank fees, and what the banks report. */
import { HOUR, MINUTE, SECOND } from './almanac.ts';
import { ACCOUNTS, CURRENCY, type Account, type Business, type Treasury } from './business.ts';
import { sourceOf } from './settling.ts';

type Category = 'supplier' | 'payroll' | 'tax' | 'rent' | 'fee' | 'other';

/** Where the owners like the cash to be; the rest is paid out or borrowed. Minor units at scale 1. */
const COMFORT = { low: 270_000_000, high: 430_000_000, loan: 60_000_000 };
const MONTHLY = {
  payrollMinor: 46_000_000,
  salesTaxMinor: 64_000_000,
  socialTaxMinor: 15_500_000,
  rentMinor: 8_800_000
};
const KEEP_IN_TILL_MINOR = 300_000;
const KEEP_AT_PSP_MINOR = 1_500_000;
const DRIFT_SHARE = 0.012;
const TRANSFER_FEE_MINOR = 850;
const OTHER_PAYEES = [
  'Transportadora Bandeira',
  'Energia Paulista',
  'Agência Trama',
  'Seguros Atlântica',
  'Telecom Norte',
  'Manutenção Predial RGS',
  'Embalagens Tietê',
  'Posto Anhanguera'
];

export class TreasuryDesk implements Treasury {
  readonly #business: Business;
  readonly #kernel: Business['kernel'];
  readonly #almanac: Business['almanac'];
  readonly #scale: Business['scale'];
  readonly #scenario: Business['scenario'];
  readonly #random: Business['random'];
  readonly #balances = new Map<Account, number>();
  #payouts = 60_000;
  #moves = 0;
  #reports = 0;

  constructor(business: Business) {
    this.#business = business;
    this.#kernel = business.kernel;
    this.#almanac = business.almanac;
    this.#scale = business.scale;
    this.#scenario = business.scenario;
    this.#random = this.#business.random.fork('treasury');
  }

  balance(account: Account): number {
    return this.#balances.get(account) ?? 0;
  }

  book(account: Account, amountMinor: number): void {
    void this.#balances.set(account, this.balance(account) + amountMinor);
  }

  #cash(): number {
    return Object.values(ACCOUNTS).reduce((sum, account) => sum + this.balance(account), 0);
  }

  #scaled(minor: number): number {
    return Math.round(minor * this.#scale * this.#random.between(0.97, 1.03));
  }

  #send(id: string, payee: string, category: Category, amountMinor: number): void {
    const account = category === 'payroll' || category === 'tax' ? ACCOUNTS.second : ACCOUNTS.main;
    const pix = this.#random.chance(0.5);
    const fee = pix ? 0 : TRANSFER_FEE_MINOR;
    this.book(account, -amountMinor - fee);
    this.#kernel.emit('payout.sent', 'bank', `${id}.sent`, {
      payout_id: id,
      payee,
      category,
      account,
      amount_minor: amountMinor,
      ...(fee > 0 && { fee_minor: fee }),
      currency: CURRENCY,
      method: category === 'supplier' && this.#random.chance(0.6) ? 'boleto' : pix ? 'pix' : 'ted'
    });
    if (category !== 'other' || !this.#random.chance(0.02)) return;
    this.#kernel.after(this.#random.between(3, 30) * HOUR, () => {
      this.book(account, amountMinor);
      this.#kernel.emit('payout.returned', 'bank', `${id}.returned`, {
        payout_id: id,
        account,
        amount_minor: amountMinor,
        currency: CURRENCY,
        movement_id: `MR-${id}`
      });
    });
  }

  owe(payee: string, category: Category, amountMinor: number, due: number): void {
    const id = `PG-${++this.#payouts}`;
    const schedule = (dueDay: number, revision: number): void =>
      this.#kernel.emit('payout.scheduled', 'erp', `${id}.scheduled.${revision}`, {
        payout_id: id,
        payee,
        category,
        amount_minor: amountMinor,
        currency: CURRENCY,
        due_date: this.#almanac.date(dueDay),
        ...(revision > 0 && { revision })
      });
    schedule(due, 0);
    const roll = this.#random.next();
    if (roll < 0.006 && category === 'supplier') {
      this.#kernel.after(this.#random.between(20, 90) * HOUR, () =>
        this.#kernel.emit('payout.cancelled', 'erp', `${id}.cancelled`, { payout_id: id })
      );
      return;
    }
    // a supplier grants a week; a few are paid some days late
    const moved = roll < 0.02 && category === 'supplier' ? 7 : 0;
    if (moved > 0) this.#kernel.after(this.#random.between(20, 60) * HOUR, () => schedule(due + moved, 1));
    const late = category === 'supplier' && roll > 0.96 ? this.#random.int(1, 5) : 0;
    const at = this.#almanac.at(this.#almanac.business(due + moved + late), this.#random.between(9.2, 16.2));
    this.#kernel.schedule(at, () => this.#send(id, payee, category, amountMinor));
  }

  #move(
    account: Account,
    amountMinor: number,
    category: 'transfer' | 'bank_fee' | 'yield' | 'loan' | 'capital' | 'other' | 'interest' | 'tax',
    memo: string,
    counter?: Account
  ): void {
    this.book(account, amountMinor);
    if (counter !== undefined) this.book(counter, -amountMinor);
    const movement = `MV-${++this.#moves}`;
    this.#kernel.emit('account.moved', account === ACCOUNTS.till ? 'shop' : sourceOf(account), movement, {
      account,
      amount_minor: amountMinor,
      currency: CURRENCY,
      category,
      ...(counter !== undefined && { counter_account: counter }),
      movement_id: movement,
      memo
    });
  }

  #transfer(from: Account, to: Account, amountMinor: number, memo: string): void {
    if (amountMinor > 0) this.#move(to, amountMinor, 'transfer', memo, from);
  }

  report(account: Account): void {
    this.#kernel.emit(
      'account.balance_reported',
      account === ACCOUNTS.till ? 'shop' : sourceOf(account),
      `${account}.balance.${++this.#reports}`,
      {
        account,
        balance_minor: this.balance(account),
        currency: CURRENCY
      }
    );
  }

  /** The bank's truth: now and then it took a fee that nobody told, and the report shows the drift. */
  #close(account: Account): void {
    if (account !== ACCOUNTS.till && !this.#scenario.isCalm(this.#kernel.now) && this.#random.chance(DRIFT_SHARE))
      this.book(account, -this.#random.pick([1290, 4500, 890, 7900]));
    this.report(account);
  }

  tinyMove(): void {
    if (this.#random.chance(0.5)) this.#move(ACCOUNTS.main, this.#random.int(3, 180), 'yield', 'rendimento automático');
    else
      this.#move(
        this.#random.pick([ACCOUNTS.main, ACCOUNTS.second]),
        -this.#random.int(45, 290),
        'bank_fee',
        'tarifa por lançamento'
      );
  }

  /** In the afternoon the takings go where payments are made from. */
  #sweep(): void {
    this.#transfer(ACCOUNTS.psp, ACCOUNTS.main, this.balance(ACCOUNTS.psp) - KEEP_AT_PSP_MINOR, 'resgate');
    this.#transfer(
      ACCOUNTS.till,
      ACCOUNTS.second,
      this.balance(ACCOUNTS.till) - KEEP_IN_TILL_MINOR,
      'depósito do caixa'
    );
    const wanted = Math.round(62_000_000 * this.#scale) - this.balance(ACCOUNTS.second);
    if (wanted > 1_000_000 * this.#scale)
      this.#transfer(
        ACCOUNTS.main,
        ACCOUNTS.second,
        Math.min(wanted, Math.max(0, this.balance(ACCOUNTS.main) - Math.round(20_000_000 * this.#scale))),
        'provisão de folha e impostos'
      );
  }

  #level(): void {
    const total = this.#cash();
    if (total < COMFORT.low * this.#scale)
      this.#move(ACCOUNTS.main, Math.round(COMFORT.loan * this.#scale), 'loan', 'capital de giro');
    else if (total > COMFORT.high * this.#scale)
      this.owe(
        'Sócios',
        'other',
        Math.round((total - COMFORT.high * this.#scale) * 0.5),
        this.#almanac.business(this.#kernel.today + 1)
      );
  }

  #planMonth(day: number): void {
    const inDays = (after: number): number => this.#almanac.business(day + after);
    // a tax that falls due where no bank is open is paid before
    const taxDay = (after: number): number => {
      let due = day + after;
      while (!this.#almanac.isBusiness(due)) due--;
      return due;
    };
    switch (this.#almanac.dayOfMonth(day)) {
      case 1:
        this.owe('Folha de pagamento', 'payroll', this.#scaled(MONTHLY.payrollMinor), inDays(4));
        this.owe('Imobiliária Paulista', 'rent', this.#scaled(MONTHLY.rentMinor), inDays(9));
        break;
      case 12:
        this.owe('ICMS', 'tax', this.#scaled(MONTHLY.salesTaxMinor * 0.6), taxDay(8));
        this.owe('PIS/COFINS', 'tax', this.#scaled(MONTHLY.salesTaxMinor * 0.4), taxDay(13));
        this.owe('INSS e FGTS', 'tax', this.#scaled(MONTHLY.socialTaxMinor), taxDay(8));
        break;
      default:
    }
  }

  planDay(day: number): void {
    this.#kernel.schedule(this.#almanac.at(day, 7.5), () => this.#planMonth(day));
    if (!this.#almanac.isBusiness(day)) return;
    for (let n = this.#random.poisson(5); n > 0; n--)
      this.#kernel.schedule(this.#almanac.at(day, this.#random.between(9, 17)), () =>
        this.owe(
          this.#random.pick(OTHER_PAYEES),
          'other',
          Math.round(this.#random.logNormal(160_000, 0.8) * this.#scale) + 100,
          this.#kernel.today + this.#random.int(1, 14)
        )
      );
    for (let n = this.#random.poisson(3); n > 0; n--)
      this.#kernel.schedule(this.#almanac.at(day, this.#random.between(8, 18)), () => this.tinyMove());
    this.#kernel.schedule(this.#almanac.at(day, 16.4), () => this.#sweep());
    this.#kernel.schedule(this.#almanac.at(day, 10.2), () => this.#level());
    const all = Object.values(ACCOUNTS);
    for (const hours of [7, 12.9, 18.9])
      all.forEach((account, index) =>
        this.#kernel.schedule(
          this.#almanac.at(day, hours) + index * 37 * SECOND + this.#random.int(0, 5) * MINUTE,
          () => this.#close(account)
        )
      );
  }
}
