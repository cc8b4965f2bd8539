/** Orders of Shopify and their fulfilments. */
import { z } from 'zod';
import { minorDigits } from '#lib/contracts/money.ts';
import { parseInstant } from '#lib/contracts/time.ts';
import { isNone, PlatformId, tagOf, toMinor, Whole } from './payload.ts';
import { told, type Told } from './platform.ts';
import { Refund } from './shopify-refunds.ts';

const Moment = z.string().refine((text) => parseInstant(text) !== undefined, 'expected an RFC 3339 time with its zone');
const Money = z.string().max(40);

const Line = z.object({
  id: PlatformId,
  variant_id: PlatformId.nullish(),
  sku: z.string().max(128).nullish(),
  quantity: Whole,
  /** still to be shipped */
  fulfillable_quantity: Whole.nullish(),
  price: Money,
  total_discount: Money.nullish(),
  discount_allocations: z.array(z.object({ amount: Money })).nullish()
});
export const Fulfillment = z.object({
  id: PlatformId,
  order_id: PlatformId.nullish(),
  status: z.string().nullish(),
  created_at: Moment,
  updated_at: Moment.nullish(),
  location_id: PlatformId.nullish(),
  line_items: z.array(
    z.object({ id: PlatformId, variant_id: PlatformId.nullish(), sku: z.string().max(128).nullish(), quantity: Whole })
  )
});
type Fulfillment = z.output<typeof Fulfillment>;

type Path = readonly (string | number)[];
/** 0, and an issue at the path, for what is no amount in the order's currency */
type ReadMinor = (text: string | null | undefined, path: Path) => number;

/** What a line bears of all discounts; undefined: it does not say. */
function allocatedMinor(
  { discount_allocations }: { readonly discount_allocations?: readonly { amount: string }[] | null | undefined },
  path: Path,
  minor: ReadMinor
): number | undefined {
  if (isNone(discount_allocations) || discount_allocations.length === 0) return undefined;
  return discount_allocations.reduce(
    (sum, { amount }, i) => sum + minor(amount, [...path, 'discount_allocations', i, 'amount']),
    0
  );
}

export const Order = z
  .object({
    id: PlatformId,
    created_at: Moment,
    updated_at: Moment.nullish(),
    cancelled_at: Moment.nullish(),
    cancel_reason: z.string().max(1000).nullish(),
    currency: z.string(),
    customer: z.object({ id: PlatformId }).nullish(),
    source_name: z.string().max(128).nullish(),
    total_discounts: Money.nullish(),
    shipping_lines: z
      .array(
        z.object({
          price: Money,
          discounted_price: Money.nullish(),
          discount_allocations: z.array(z.object({ amount: Money })).nullish()
        })
      )
      .nullish(),
    line_items: z.array(Line),
    fulfillments: z.array(Fulfillment).nullish(),
    refunds: z.array(Refund).nullish()
  })
  .transform((order, context) => {
    const digits = minorDigits(order.currency);
    const minor: ReadMinor = (text, path) => {
      const value = toMinor(text ?? '0', digits);
      if (value !== undefined) return value;
      context.addIssue({ code: 'custom', path: [...path], message: `no amount in ${order.currency}` });
      return 0;
    };
    const lines = order.line_items.map((line, i) => {
      const path = ['line_items', i];
      return {
        ...line,
        unit_price_minor: minor(line.price, [...path, 'price']),
        discount_minor: allocatedMinor(line, path, minor) ?? minor(line.total_discount, [...path, 'total_discount'])
      };
    });
    const shipping = (order.shipping_lines ?? []).map((line, i) => {
      const path = ['shipping_lines', i];
      const price = minor(line.price, [...path, 'price']);
      const paid = isNone(line.discounted_price) ? price : minor(line.discounted_price, [...path, 'discounted_price']);
      const discount = Math.max(0, allocatedMinor(line, path, minor) ?? price - paid);
      return { paid: Math.max(0, price - discount), discount };
    });
    const placedAlready =
      lines.reduce((sum, { discount_minor }) => sum + discount_minor, 0) +
      shipping.reduce((sum, { discount }) => sum + discount, 0);
    return {
      ...order,
      fulfillments: order.fulfillments ?? [],
      refunds: order.refunds ?? [],
      lines,
      shipping_minor: shipping.reduce((sum, { paid }) => sum + paid, 0),
      /** of the goods as a whole, beside what stands at its lines and at the freight */
      discount_minor: Math.max(0, minor(order.total_discounts, ['total_discounts']) - placedAlready)
    };
  });
type Order = z.output<typeof Order>;

/** Goods without a sku are still sold: they go under the variant. */
const skuOf = ({ sku, variant_id, id }: { sku?: string | null; variant_id?: string | null; id: string }): string =>
  sku || `shopify:${variant_id ?? id}`;

/** Fulfilments that came to nothing; what they held is to be shipped again. */
const UNDONE: ReadonlySet<string> = new Set(['cancelled', 'error', 'failure']);

/** What will not be shipped: neither under way, nor still to go. Shopify leaves `quantity` as it was ordered. */
function takenOff(line: Order['lines'][number], { fulfillments }: Order): number {
  if (isNone(line.fulfillable_quantity)) return 0;
  const sent = fulfillments
    .filter(({ status }) => !UNDONE.has(status ?? ''))
    .flatMap(({ line_items }) => line_items.filter(({ id }) => id === line.id))
    .reduce((sum, { quantity }) => sum + quantity, 0);
  return Math.max(0, line.quantity - sent - line.fulfillable_quantity);
}

/**
 * Revisions of an order. What is known only from later calls of how it was at first gives way to what orders/create tells, and that to
 * the second it was changed in.
 */
const AT_FIRST = 0;
const CREATED = 1;

const contentOf = (order: Order) => ({
  order_id: order.id,
  customer_id: order.customer?.id,
  currency: order.currency,
  lines: order.lines
    .filter(({ quantity }) => quantity > 0)
    .map((line) => ({ line, cancelled_quantity: takenOff(line, order) }))
    .map(({ line, cancelled_quantity }) => ({
      sku: skuOf(line),
      quantity: line.quantity,
      ...(cancelled_quantity > 0 && { cancelled_quantity }),
      unit_price_minor: line.unit_price_minor,
      ...(line.discount_minor > 0 && { discount_minor: line.discount_minor })
    })),
  ...(order.shipping_minor > 0 && { shipping_minor: order.shipping_minor }),
  ...(order.discount_minor > 0 && { discount_minor: order.discount_minor }),
  channel: order.source_name || undefined
});

export const placedId = (orderId: string): string => `order:${orderId}:placed`;

export const created = (order: Order): Told =>
  told('order.placed', placedId(order.id), order.created_at, { ...contentOf(order), revision: CREATED });

const PARTS_MAX = 9_999;
/** Of the states of one second the last one counts, which is the first in order: lines, shipments and refunds only ever get more. */
const latestFirst = ({ lines, fulfillments, refunds }: Order): string =>
  String(Math.max(0, PARTS_MAX - lines.length - fulfillments.length - refunds.length)).padStart(4, '0');

/** The order as it is from now on. It exists since it was made, whether or not orders/create came or will come. */
export function changed(order: Order): Told[] {
  const content = contentOf(order);
  const time = order.updated_at ?? order.created_at;
  const second = Math.floor((parseInstant(time) ?? 0) / 1_000);
  const id = placedId(order.id);
  const state = tagOf(content);
  return [
    told('order.placed', `${id}:${second}:${latestFirst(order)}:${state}`, time, { ...content, revision: second }),
    // by the second first: of what is known the earliest is nearest to how it was
    told('order.placed', `${id}:at-first:${second}:${state}`, order.created_at, { ...content, revision: AT_FIRST })
  ];
}

export const cancelledId = (orderId: string): string => `order:${orderId}:cancelled`;

export function cancelled({ id, cancelled_at, cancel_reason }: Order): Told[] {
  if (isNone(cancelled_at)) return [];
  const data = { order_id: id, reason: cancel_reason ?? undefined };
  return [told('order.cancelled', cancelledId(id), cancelled_at, data)];
}

export const shippedId = (fulfillmentId: string): string => `fulfillment:${fulfillmentId}`;

/**
 * Told by several topics, each time the same. One that was cancelled is told with what it had taken from the shelf, and puts it back;
 * what is shipped again is another fulfilment.
 */
export function shipped(one: Fulfillment, orderId?: string): Told[] {
  const order_id = one.order_id ?? orderId ?? '';
  const goods = one.line_items.filter(({ quantity }) => quantity > 0);
  const isCancelled = one.status === 'cancelled';
  if ((!isNone(one.status) && one.status !== 'success' && !isCancelled) || goods.length === 0) return [];
  const warehouse = one.location_id ?? undefined;
  const lines = goods.map((line) => ({ sku: skuOf(line), quantity: line.quantity }));
  const sent = told('order.shipped', shippedId(one.id), one.created_at, { order_id, lines, warehouse });
  if (!isCancelled) return [sent];
  const back = goods.map((line) =>
    told('stock.adjusted', `fulfillment:${one.id}:cancelled:${line.id}`, one.updated_at ?? one.created_at, {
      sku: skuOf(line),
      quantity: line.quantity,
      reason: 'fulfillment cancelled',
      warehouse
    })
  );
  return [sent, ...back];
}
