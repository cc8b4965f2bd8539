import { z } from 'zod';
import { Count, Currency, Id, NonNegativeMinor, Quantity, Revision, Text, Word } from './shared.ts';

export const orderEvents = {
  'order.placed': z
    .object({
      order_id: Id,
      customer_id: Id.optional(),
      currency: Currency,
      lines: z
        .array(
          z.object({
            sku: Id,
            quantity: Quantity,
            unit_price_minor: NonNegativeMinor,
            /** of the whole line */
            discount_minor: NonNegativeMinor.optional(),
            cost_minor: NonNegativeMinor.optional(),
            cancelled_quantity: Count.optional().describe(
              'Of the quantity, what will not be shipped: taken off the order before. It is still sold, until its money is paid back.'
            )
          })
        )
        .max(2000),
      shipping_minor: NonNegativeMinor.optional(),
      discount_minor: NonNegativeMinor.optional(),
      channel: Word.optional(),
      branch: Word.optional(),
      revision: Revision.optional()
    })
    .superRefine((data, context) => {
      data.lines.forEach(({ quantity, cancelled_quantity = 0 }, index) => {
        if (cancelled_quantity > quantity)
          context.addIssue({
            code: 'custom',
            path: ['lines', index, 'cancelled_quantity'],
            message: 'more than the quantity'
          });
      });
      const sum = (amountOf: (line: (typeof data.lines)[number]) => bigint): bigint =>
        data.lines.reduce((total, line) => total + amountOf(line), 0n);
      const totals = {
        value: sum(({ quantity, unit_price_minor }) => BigInt(quantity) * BigInt(unit_price_minor)),
        discount: sum(({ discount_minor = 0 }) => BigInt(discount_minor)) + BigInt(data.discount_minor ?? 0),
        quantity: sum(({ quantity }) => BigInt(quantity))
      };
      for (const [what, total] of Object.entries(totals))
        if (total > BigInt(Number.MAX_SAFE_INTEGER))
          context.addIssue({ code: 'custom', path: ['lines'], message: `the ${what} of the lines is beyond 2^53 − 1` });
    }),
  'order.shipped': z.object({
    order_id: Id,
    lines: z.array(z.object({ sku: Id, quantity: Quantity })).max(2000),
    warehouse: Word.optional()
  }),
  'order.cancelled': z.object({ order_id: Id, reason: Text.optional() })
};
