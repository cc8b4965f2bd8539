import { z } from 'zod';
import { Count, Delta, Id, NonNegativeMinor, Quantity, Text, Word } from './shared.ts';

export const stockEvents = {
  /** absolute: the shelf as counted at `time` */
  'stock.counted': z.object({ sku: Id, quantity: Count, warehouse: Word.optional() }),
  'stock.adjusted': z.object({ sku: Id, quantity: Delta, reason: Text, warehouse: Word.optional() }),
  'stock.received': z.object({
    sku: Id,
    quantity: Quantity,
    unit_cost_minor: NonNegativeMinor.optional(),
    warehouse: Word.optional(),
    supplier: Word.optional()
  }),
  'stock.transferred': z.object({ sku: Id, quantity: Quantity, from: Word, to: Word }),
  'product.updated': z.object({
    sku: Id,
    name: Text.optional(),
    category: Word.optional(),
    price_minor: NonNegativeMinor.optional(),
    cost_minor: NonNegativeMinor.optional(),
    lead_time_days: Count.optional(),
    reorder_point: Count.optional(),
    active: z.boolean().optional()
  })
};
