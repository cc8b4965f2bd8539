/** Building blocks of the event schemas. Messages name the remedy: they reach the producer in the answer. */
import { z } from 'zod';
import { CURRENCIES } from '#lib/contracts/money.ts';

const idMessage = (issue: { input?: unknown }): string =>
  typeof issue.input === 'number'
    ? 'an id must be a JSON string: numbers beyond 2^53 change silently; send it in quotes'
    : 'expected a non-empty string of at most 128 characters';

/** A business id: string, 1..128. A JSON number is refused with its reason (domain.md section 1). */
export const Id = z.string({ error: idMessage }).min(1, { error: idMessage }).max(128, { error: idMessage });
/** Short text such as a name or a reason. */
export const Text = z.string().max(1000);
export const Word = z.string().min(1).max(128);

const integerMessage = (issue: { input?: unknown }): string =>
  typeof issue.input === 'number'
    ? 'expected a whole number within ±(2^53 − 1): send money in minor units (centavos) and quantities in whole units'
    : 'expected a whole JSON number';

const int = () => z.int({ error: integerMessage });
export const Minor = int();
export const PositiveMinor = int().min(1, 'must be greater than 0');
export const NonNegativeMinor = int().min(0, 'must not be negative');
export const NonZeroMinor = int().refine((n) => n !== 0, 'must not be 0');
export const Quantity = int().min(1, 'must be greater than 0');
export const Count = int().min(0, 'must not be negative');
export const Delta = int().refine((n) => n !== 0, 'must not be 0');
export const Ordinal = int().min(1, 'counts from 1').max(1_000_000);
export const Revision = int().min(0).max(4_294_967_295);

export const Currency = z
  .string()
  .refine((code) => CURRENCIES.has(code), 'unknown ISO 4217 currency code (upper case, such as BRL)');
/** A calendar date without a time, `YYYY-MM-DD`. */
export const LocalDate = z.iso
  .date('expected a calendar date, YYYY-MM-DD')
  .refine((date) => date >= '1970-01-01' && date < '2200-01-01', 'expected a date from 1970 to 2199');
export const Instant = z.iso.datetime({ offset: true, error: 'expected an RFC 3339 time with its zone' });

export const Method = z.enum(['pix', 'boleto', 'credit_card', 'debit_card', 'ted', 'cash', 'store_credit', 'other']);
export type Method = z.infer<typeof Method>;

/** What a payment may name of the debts it pays. */
export const links = {
  customer_id: Id.optional(),
  invoice_id: Id.optional(),
  installment: Ordinal.optional(),
  order_id: Id.optional(),
  txid: Id.optional(),
  end_to_end_id: Id.optional()
};

/** What a payer paid beside the principal. */
export const surcharges = {
  interest_minor: NonNegativeMinor.optional(),
  fine_minor: NonNegativeMinor.optional(),
  discount_minor: NonNegativeMinor.optional()
};
