/** Many heaps in one database: each speaks of entities of its own, and their events arrive mixed. */
import fc from 'fast-check';
import { heap, type Heap, type Sent } from './generator.ts';
import type { Shipping } from './ship.ts';

const IDS = new Set([
  'payment_id',
  'payout_id',
  'return_id',
  'order_id',
  'invoice_id',
  'customer_id',
  'promise_id',
  'movement_id',
  'sku',
  'account',
  'counter_account',
  'warehouse',
  'from',
  'to'
]);

function renamed(value: unknown, prefix: string): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => renamed(item, prefix));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]: [string, unknown]) => [
      name,
      IDS.has(name) ? `${prefix}${String(inner)}` : renamed(inner, prefix)
    ])
  );
}
const apart = (event: Sent, prefix: string): Sent => ({
  ...event,
  id: `${prefix}${event.id}`,
  data: Object.fromEntries(
    Object.entries(event.data).map(([name, value]) => [
      name,
      IDS.has(name) ? `${prefix}${String(value)}` : renamed(value, prefix)
    ])
  )
});

export interface World {
  readonly heap: Heap;
  readonly shipping: Shipping;
}

/** `heaps` heaps of up to 45 events, in random batches with restarts, repeated batches and failing inserts between them. */
export const world = (heaps: number): fc.Arbitrary<World> =>
  fc
    .tuple(
      fc.array(heap({ min: 15, max: 45 }), { minLength: heaps, maxLength: heaps }),
      fc.array(fc.constantFrom(1, 2, 7, 20, 60), { minLength: 9, maxLength: 9 }),
      fc.array(fc.nat({ max: 9 }), { maxLength: 3 }),
      fc.array(fc.nat({ max: 9 }), { maxLength: 2 }),
      fc.array(fc.record({ batch: fc.nat({ max: 9 }), insert: fc.nat({ max: 8 }) }), { maxLength: 3 })
    )
    .chain(([parts, batches, restarts, repeats, stumbles]) => {
      const sent = parts.flatMap((part, index) => part.sent.map((event) => apart(event, `h${index}-`)));
      return fc
        .shuffledSubarray(sent, { minLength: sent.length })
        .map((mixed) => ({ heap: { sent: mixed }, shipping: { batches, restarts, repeats, stumbles } }));
    });
