/** How each kind of money arrives: when, in which account, less which fee. */
import type { Method } from '#lib/contracts/events/shared.ts';
import type { EventData } from '#lib/contracts/events/registry.ts';
import { DAY, HOUR, SECOND } from './almanac.ts';
import { ACCOUNTS, CURRENCY, type Account, type Business, type Payment } from './business.ts';
import type { Source } from './kernel.ts';
import { splitAmount } from './billing.ts';

type SettledData = EventData<'payment.settled'>;
/** What a payment says beside amount and method: links and surcharges. */
export type Names = Pick<
  SettledData,
  | 'customer_id'
  | 'invoice_id'
  | 'installment'
  | 'order_id'
  | 'end_to_end_id'
  | 'txid'
  | 'interest_minor'
  | 'fine_minor'
  | 'discount_minor'
>;
export interface Money {
  readonly id: string;
  readonly grossMinor: number;
  readonly names: Names;
}
type Fees = NonNullable<SettledData['fees']>;

const BOLETO_FEE_MINOR = 189;
const PIX_FEE = { share: 0.0099, maxMinor: 450 };
const DEBIT_MDR = 0.0139;
/** by number of parcels */
const creditMdr = (parcels: number): number => (parcels === 1 ? 0.0219 : parcels <= 6 ? 0.0259 : 0.0299);
const ADVANCE_A_MONTH = 0.0145;
const ADVANCED_SHARE = 0.6;

const ARRIVAL: Readonly<
  Record<Exclude<Method, 'store_credit' | 'other'>, { readonly account: Account; readonly source: Source }>
> = {
  boleto: { account: ACCOUNTS.main, source: 'bank' },
  ted: { account: ACCOUNTS.main, source: 'bank' },
  pix: { account: ACCOUNTS.psp, source: 'psp' },
  credit_card: { account: ACCOUNTS.psp, source: 'psp' },
  debit_card: { account: ACCOUNTS.psp, source: 'psp' },
  cash: { account: ACCOUNTS.till, source: 'shop' }
};
export type MoneyMethod = keyof typeof ARRIVAL;
export const accountOf = (method: MoneyMethod): Account => ARRIVAL[method].account;
export const sourceOf = (account: Account): Source =>
  account === ACCOUNTS.psp ? 'psp' : account === ACCOUNTS.till ? 'shop' : 'bank';

export interface Settling {
  /** tells the payment now and its arrival in time */
  take(money: Money, method: MoneyMethod): Payment;
}

export class SettlingDesk implements Settling {
  readonly #business: Business;
  readonly #kernel: Business['kernel'];
  readonly #almanac: Business['almanac'];
  readonly #random: Business['random'];

  constructor(business: Business) {
    this.#business = business;
    this.#kernel = business.kernel;
    this.#almanac = business.almanac;
    this.#random = this.#business.random.fork('settling');
  }

  #settle(money: Money, method: MoneyMethod, amountMinor: number, fees: Fees, parcel?: number): void {
    const { account, source } = ARRIVAL[method];
    const fee = fees.reduce((sum, { minor }) => sum + minor, 0);
    this.#business.treasury.book(account, amountMinor - fee);
    this.#kernel.emit('payment.settled', source, `${money.id}.settled.${parcel ?? 1}`, {
      payment_id: money.id,
      ...(parcel !== undefined && { parcel }),
      account,
      amount_minor: amountMinor,
      fee_minor: fee,
      ...(fees.length > 0 && { fees }),
      currency: CURRENCY,
      method,
      ...money.names
    });
  }

  #confirm(money: Money, method: MoneyMethod, expectedAt: number): void {
    this.#kernel.emit('payment.confirmed', ARRIVAL[method].source, `${money.id}.confirmed`, {
      payment_id: money.id,
      amount_minor: money.grossMinor,
      currency: CURRENCY,
      method,
      ...money.names,
      expected_at: new Date(expectedAt).toISOString()
    });
  }

  #nextMorning(days: number): number {
    return this.#almanac.at(this.#almanac.business(this.#kernel.today + days), this.#random.between(5.6, 8.4));
  }

  #settleLater(money: Money, method: MoneyMethod, at: number, fees: Fees): void {
    this.#confirm(money, method, at);
    this.#kernel.schedule(at, () => this.#settle(money, method, money.grossMinor, fees));
  }

  /** Pix and TED know no business days; the provider's fee is small and capped. */
  #takePix(money: Money): void {
    const fee = Math.max(1, Math.min(PIX_FEE.maxMinor, Math.round(money.grossMinor * PIX_FEE.share)));
    const at = this.#kernel.now + this.#random.between(1.2, 7) * SECOND;
    this.#settleLater(money, 'pix', at, [{ kind: 'commission', minor: fee }]);
  }

  #takeCredit(money: Money): void {
    const parcels = money.grossMinor < 6_000 ? 1 : this.#random.pick([1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 6]);
    const amounts = splitAmount(money.grossMinor, parcels);
    const advanced = this.#random.chance(ADVANCED_SHARE);
    const soon = this.#nextMorning(1);
    const dates = amounts.map((_, index) => (advanced ? soon : this.#nextMorning(30 * (index + 1)) + index));
    this.#confirm(money, 'credit_card', dates[0] ?? soon);
    amounts.forEach((amount, index) => {
      const mdr = Math.round(amount * creditMdr(parcels));
      const fees: Fees = [{ kind: 'mdr', minor: mdr }];
      if (advanced) fees.push({ kind: 'advance', minor: Math.round((amount - mdr) * ADVANCE_A_MONTH * (index + 1)) });
      this.#kernel.schedule(dates[index] ?? soon, () => this.#settle(money, 'credit_card', amount, fees, index + 1));
    });
  }

  take(money: Money, method: MoneyMethod): Payment {
    switch (method) {
      case 'boleto':
        this.#settleLater(money, method, this.#nextMorning(1), [
          { kind: 'other', minor: Math.min(BOLETO_FEE_MINOR, money.grossMinor) }
        ]);
        break;
      case 'pix':
        this.#takePix(money);
        break;
      case 'credit_card':
        this.#takeCredit(money);
        break;
      case 'debit_card':
        this.#settleLater(money, method, this.#nextMorning(1), [
          { kind: 'mdr', minor: Math.round(money.grossMinor * DEBIT_MDR) }
        ]);
        break;
      case 'ted':
      case 'cash':
        this.#settle(money, method, money.grossMinor, []);
        break;
    }
    const { interest_minor = 0, fine_minor = 0, discount_minor = 0 } = money.names;
    const principalMinor = money.grossMinor - interest_minor - fine_minor + discount_minor;
    return {
      id: money.id,
      method,
      grossMinor: money.grossMinor,
      principalMinor,
      account: accountOf(method),
      reversedMinor: 0
    };
  }
}

/** What the bank adds to a late payment: 2 % once, 1 % a month. */
export function surchargesOf(principalMinor: number, daysLate: number): Pick<Names, 'interest_minor' | 'fine_minor'> {
  if (daysLate <= 0) return {};
  return {
    fine_minor: Math.round(principalMinor * 0.02),
    interest_minor: Math.round((principalMinor * 0.01 * daysLate) / 30)
  };
}

export const CHARGEBACK = { share: 0.007, wonShare: 0.4, afterMs: 12 * DAY, spreadMs: 30 * DAY, answerMs: 48 * HOUR };
