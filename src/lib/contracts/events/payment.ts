import { z } from 'zod';
import {
  Currency,
  Id,
  Instant,
  LocalDate,
  Method,
  Minor,
  NonNegativeMinor,
  NonZeroMinor,
  Ordinal,
  PositiveMinor,
  Revision,
  Text,
  Word,
  links,
  surcharges
} from './shared.ts';

const taken = {
  payment_id: Id,
  amount_minor: PositiveMinor,
  currency: Currency,
  reason: z.enum(['refund', 'chargeback', 'returned']),
  account: Word.optional(),
  movement_id: Id.optional()
};
const payoutCategory = z.enum(['supplier', 'payroll', 'tax', 'rent', 'fee', 'other']);

export const paymentEvents = {
  /** the customer has paid; the money may not be available yet */
  'payment.confirmed': z.object({
    payment_id: Id,
    amount_minor: PositiveMinor,
    currency: Currency,
    method: Method,
    ...links,
    expected_at: Instant.optional(),
    ...surcharges,
    revision: Revision.optional()
  }),
  /** the money is available in `account`; amount is gross, the account takes amount − fee */
  'payment.settled': z
    .object({
      payment_id: Id,
      parcel: Ordinal.optional(),
      account: Word.optional(),
      amount_minor: PositiveMinor,
      fee_minor: NonNegativeMinor,
      fees: z
        .array(
          z.object({
            kind: z.enum(['mdr', 'advance', 'commission', 'freight', 'split', 'tax', 'other']),
            minor: Minor
          })
        )
        .max(50)
        .optional(),
      currency: Currency,
      method: Method,
      ...links,
      ...surcharges,
      revision: Revision.optional()
    })
    .superRefine((data, context) => {
      if (data.method !== 'store_credit' && data.account === undefined)
        context.addIssue({ code: 'custom', path: ['account'], message: 'required: the account that took the money' });
      if (data.method === 'store_credit' && data.account !== undefined)
        context.addIssue({
          code: 'custom',
          path: ['account'],
          message: 'store_credit moves no cash: leave account out'
        });
      if (data.fees && data.fees.reduce((sum, fee) => sum + fee.minor, 0) !== data.fee_minor)
        context.addIssue({ code: 'custom', path: ['fees'], message: 'the sum of fees must equal fee_minor' });
    }),
  'payment.reversed': z.object(taken),
  'payment.reinstated': z.object(taken),
  'payment.allocated': z.object({
    payment_id: Id,
    allocations: z
      .array(z.object({ invoice_id: Id, installment: Ordinal.optional(), amount_minor: PositiveMinor }))
      .max(2000)
  }),
  'payout.scheduled': z.object({
    payout_id: Id,
    payee: Word,
    category: payoutCategory,
    amount_minor: PositiveMinor,
    currency: Currency,
    due_date: LocalDate,
    revision: Revision.optional()
  }),
  'payout.sent': z
    .object({
      payout_id: Id,
      payee: Word,
      category: payoutCategory,
      account: Word,
      amount_minor: PositiveMinor,
      fee_minor: NonNegativeMinor.optional(),
      currency: Currency,
      method: Method,
      revision: Revision.optional()
    })
    .refine(({ amount_minor, fee_minor }) => Number.isSafeInteger(amount_minor + (fee_minor ?? 0)), {
      path: ['fee_minor'],
      error: 'amount and fee together are beyond 2^53 − 1 minor units'
    }),
  'payout.returned': z.object({
    payout_id: Id,
    account: Word,
    amount_minor: PositiveMinor,
    currency: Currency,
    movement_id: Id.optional()
  }),
  'payout.cancelled': z.object({ payout_id: Id }),
  'account.moved': z
    .object({
      account: Word,
      amount_minor: NonZeroMinor,
      currency: Currency,
      category: z.enum(['transfer', 'bank_fee', 'interest', 'yield', 'loan', 'capital', 'tax', 'other']),
      counter_account: Word.optional(),
      movement_id: Id.optional(),
      memo: Text.optional()
    })
    .superRefine((data, context) => {
      if (data.category === 'transfer' && data.counter_account === undefined)
        context.addIssue({ code: 'custom', path: ['counter_account'], message: 'required for a transfer' });
    }),
  /** the bank's own figure at `time` */
  'account.balance_reported': z.object({ account: Word, balance_minor: Minor, currency: Currency })
};
