import { z } from 'zod';
import { Currency, Id, Method, PositiveMinor, Quantity, Revision, Text, Word } from './shared.ts';

export const returnEvents = {
  'return.requested': z.object({
    return_id: Id,
    order_id: Id.optional(),
    customer_id: Id.optional(),
    lines: z.array(z.object({ sku: Id, quantity: Quantity, reason: Text.optional() })).max(2000),
    revision: Revision.optional()
  }),
  'return.received': z.object({
    return_id: Id,
    order_id: Id.optional(),
    lines: z.array(z.object({ sku: Id, quantity: Quantity, condition: z.enum(['saleable', 'damaged']) })).max(2000),
    warehouse: Word.optional()
  }),
  'return.refunded': z.object({
    return_id: Id,
    order_id: Id.optional(),
    amount_minor: PositiveMinor,
    currency: Currency,
    method: Method,
    account: Word.optional(),
    invoice_id: Id.optional(),
    movement_id: Id.optional()
  })
};
