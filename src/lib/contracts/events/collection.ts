import { z } from 'zod';
import {
  Currency,
  Id,
  Instant,
  LocalDate,
  NonNegativeMinor,
  Ordinal,
  PositiveMinor,
  Revision,
  Text,
  Word
} from './shared.ts';

export const collectionEvents = {
  'invoice.issued': z
    .object({
      invoice_id: Id,
      customer_id: Id,
      currency: Currency,
      installments: z
        .array(z.object({ number: Ordinal, due_date: LocalDate, amount_minor: PositiveMinor }))
        .min(1)
        .max(1000),
      order_id: Id.optional(),
      kind: z.enum(['sale', 'agreement']).optional(),
      replaces: z
        .array(z.object({ invoice_id: Id, installment: Ordinal.optional() }))
        .max(1000)
        .optional(),
      document: Text.optional(),
      branch: Word.optional(),
      revision: Revision.optional()
    })
    .superRefine((data, context) => {
      const seen = new Set<number>();
      data.installments.forEach(({ number }, index) => {
        if (seen.has(number))
          context.addIssue({
            code: 'custom',
            path: ['installments', index, 'number'],
            message: 'numbers must be distinct'
          });
        seen.add(number);
      });
    }),
  'invoice.credited': z.object({
    invoice_id: Id,
    amount_minor: PositiveMinor,
    currency: Currency,
    installment: Ordinal.optional(),
    return_id: Id.optional(),
    reason: z.enum(['return', 'discount', 'withholding', 'other']).optional()
  }),
  'invoice.cancelled': z.object({
    invoice_id: Id,
    reason: Text.optional(),
    revision: Revision.optional().describe(
      'Ends the invoice up to this revision: told again with a higher one, it is asked for again. Without: for good.'
    )
  }),
  'invoice.written_off': z.object({ invoice_id: Id, reason: Text.optional() }),
  'collection.contacted': z.object({
    customer_id: Id,
    collector: Word,
    channel: z.enum(['phone', 'whatsapp', 'email', 'sms', 'letter']),
    outcome: z.enum([
      'no_answer',
      'wrong_person',
      'right_party',
      'promised',
      'refused',
      'disputed',
      'claims_paid',
      'callback'
    ]),
    next_contact_at: Instant.optional(),
    automatic: z.boolean().optional(),
    invoice_id: Id.optional(),
    note: z.string().max(4000).optional()
  }),
  'promise.made': z.object({
    promise_id: Id,
    customer_id: Id,
    collector: Word,
    amount_minor: PositiveMinor,
    currency: Currency,
    due_date: LocalDate,
    invoice_id: Id.optional(),
    revision: Revision.optional()
  }),
  'promise.cancelled': z.object({ promise_id: Id }),
  'dispute.opened': z.object({ invoice_id: Id, reason: Text.optional() }),
  'dispute.closed': z.object({ invoice_id: Id, outcome: Text.optional() }),
  'customer.updated': z.object({
    customer_id: Id,
    name: Text.optional(),
    tax_id: Word.optional(),
    state: Word.optional(),
    contacts: z
      .array(
        z.object({
          kind: z.enum(['phone', 'whatsapp', 'email']),
          value: Word,
          name: Text.optional(),
          status: z.enum(['ok', 'wrong', 'do_not_use'])
        })
      )
      .max(100)
      .optional(),
    segment: Word.optional(),
    credit_limit_minor: NonNegativeMinor.optional()
  })
};
