/** Olist's payments: a card's as confirmed money with its parcels, the others settled at once. */
import type { EpochMs } from '#lib/contracts/time.ts';
import type { ImportEvent } from './conversion.ts';
import { splitMinor } from './parcels.ts';
import type { SkipLog } from './skips.ts';

const CURRENCY = 'BRL';
/** The files do not tell into which account the money went. */
const ACCOUNT = 'import';
const PARCEL_MS = 30 * 86_400_000;
/** Olist's vouchers are credit of the shop: no cash. */
const METHODS: Readonly<Record<string, string>> = {
  boleto: 'boleto',
  debit_card: 'debit_card',
  voucher: 'store_credit'
};

export interface Payment {
  readonly payment_id: string;
  readonly order_id: string;
  readonly type: string;
  /** ≥ 1 */
  readonly parcels: number;
  /** minor units, > 0 */
  readonly amount: number;
  readonly file: string;
  readonly line: number;
}
type Customer = { readonly customer_id?: string };

/** Paid and available at one moment. */
export function directEvent(
  { payment_id, order_id, type, amount, file, line }: Payment,
  customer: Customer,
  time: EpochMs
): ImportEvent {
  const method = METHODS[type] ?? 'other';
  const account = method === 'store_credit' ? {} : { account: ACCOUNT };
  const money = { ...account, amount_minor: amount, fee_minor: 0, currency: CURRENCY, method };
  return {
    id: `${payment_id}/settled`,
    type: 'payment.settled',
    time,
    data: { payment_id, ...money, ...customer, order_id },
    file,
    line
  };
}

/** Paid at `time`, available parcel by parcel; those after `now` are left out and listed: they are still pending then. */
export function cardEvents(
  { payment_id, order_id, parcels, amount, file, line }: Payment,
  customer: Customer,
  time: EpochMs,
  now: EpochMs,
  add: (event: ImportEvent) => void,
  skips: SkipLog
): void {
  const common = { currency: CURRENCY, method: 'credit_card', ...customer, order_id };
  add({
    id: `${payment_id}/confirmed`,
    type: 'payment.confirmed',
    time,
    data: { payment_id, amount_minor: amount, ...common },
    file,
    line
  });
  splitMinor(amount, parcels).forEach((amount_minor, index) => {
    const parcel = index + 1;
    const available = time + parcel * PARCEL_MS;
    if (available > now)
      return skips.add(
        'parcel_in_future',
        file,
        line,
        `payment ${payment_id}, parcel ${parcel} at ${new Date(available).toISOString()}`
      );
    add({
      id: `${payment_id}/settled/${parcel}`,
      type: 'payment.settled',
      time: available,
      data: { payment_id, parcel, account: ACCOUNT, amount_minor, fee_minor: 0, ...common },
      file,
      line
    });
  });
}
