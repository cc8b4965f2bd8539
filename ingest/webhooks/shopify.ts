/**
 * Shopify: orders, what was shipped of them, refunds with what came back, and stock levels. The topic is a header, the signature an
 * HMAC over the raw body, without a moment. Its ids go beyond 2^53: they are read as the text they are.
 */
import { z } from 'zod';
import type { SourceSettings } from '#lib/contracts/sources.ts';
import { parseInstant } from '#lib/contracts/time.ts';
import { isNone, payloadFault, PlatformId, readPayload, unusable, Whole } from './payload.ts';
import { ignored, NOT_JSON, told, type Call, type Told, type Understood, type WebhookPlatform } from './platform.ts';
import {
  cancelled,
  cancelledId,
  changed,
  created,
  Fulfillment,
  Order,
  placedId,
  shipped,
  shippedId
} from './shopify-orders.ts';
import { OrderTransaction, Refund, refunded, refundedId, refundPaid, transactionId } from './shopify-refunds.ts';
import { hmacSha256, isSame } from './signatures.ts';

const Moment = z.string().refine((text) => parseInstant(text) !== undefined, 'expected an RFC 3339 time with its zone');

const Level = z.object({
  inventory_item_id: PlatformId,
  location_id: PlatformId,
  /** null: Shopify does not keep count of it */
  available: Whole.nullish(),
  updated_at: Moment
});

const skuOf = (item: string, skus: SourceSettings['skus']): string | undefined =>
  Object.hasOwn(skus, item) ? skus[item] : undefined;

function counted(level: z.output<typeof Level>, { skus }: SourceSettings): Told[] {
  const { inventory_item_id, location_id, available, updated_at } = level;
  if (isNone(available)) return [];
  // the quantity too: it may change within the second, and whichever came first would stay
  const id = `inventory:${inventory_item_id}:${location_id}:${updated_at}:${available}`;
  const sku = skuOf(inventory_item_id, skus);
  const rest = { quantity: available, warehouse: location_id };
  if (sku !== undefined) return [told('stock.counted', id, updated_at, { sku, ...rest })];
  const fault = {
    path: '/data/sku',
    message: `inventory item ${inventory_item_id} has no sku: add it to the table of this source and replay this, or write the sku here`
  };
  return [{ id, type: 'stock.counted', time: updated_at, data: { inventory_item_id, ...rest }, fault }];
}

const Unmapped = z.looseObject({
  type: z.literal('stock.counted'),
  data: z.looseObject({ inventory_item_id: PlatformId, sku: z.undefined().optional() })
});

/** The sku that was missing, once the table has it. */
function complete(event: unknown, { skus }: SourceSettings): unknown {
  const read = Unmapped.safeParse(event);
  if (!read.success) return event;
  const { inventory_item_id, ...rest } = read.data.data;
  const sku = skuOf(inventory_item_id, skus);
  return sku === undefined ? event : { ...read.data, data: { ...rest, sku } };
}

/** What one kind of payload is read by and what it means. */
interface Reading {
  read(
    payload: unknown,
    settings: SourceSettings
  ): { readonly events: readonly Told[] } | { readonly error: z.ZodError };
  /** of a payload that cannot be read: the id of the event it should have become, where what can be read of it tells that */
  idOf(payload: unknown): string | undefined;
}
const reading = <S extends z.ZodType>(
  schema: S,
  means: (value: z.output<S>, settings: SourceSettings) => readonly Told[],
  named: z.ZodType<string | undefined> = z.undefined()
): Reading => ({
  read(payload, settings) {
    const read = schema.safeParse(payload);
    return read.success ? { events: means(read.data, settings) } : { error: read.error };
  },
  idOf: (payload) => named.safeParse(payload).data
});

/** What every telling of an order tells of it, each time the same. */
const happenedTo = (order: z.output<typeof Order>, settings: SourceSettings): Told[] => [
  ...order.fulfillments.flatMap((one) => shipped(one, order.id)),
  ...order.refunds.flatMap((one) => refunded(one, settings)),
  ...cancelled(order)
];

const namedBy = (idOf: (id: string) => string) => z.object({ id: PlatformId }).transform(({ id }) => idOf(id));
/** Its money: the goods alone come with none. */
const NamedRefund = z
  .object({ id: PlatformId, transactions: z.array(z.object({ id: PlatformId, kind: z.string().nullish() })) })
  .transform(({ id, transactions }) => {
    const payment = transactions.find(({ kind }) => (kind ?? 'refund') === 'refund');
    return payment && refundedId(id, payment.id);
  });

/**
 * No name where the id is of the content itself, nor where a payload tells of several things, or of a state, of which the first may be
 * known already: it would be dropped as a copy of that.
 */
const TOPICS: Readonly<Record<string, Reading>> = {
  'orders/create': reading(
    Order,
    (order, settings) => [created(order), ...happenedTo(order, settings)],
    namedBy(placedId)
  ),
  'orders/updated': reading(Order, (order, settings) => [...changed(order), ...happenedTo(order, settings)]),
  'orders/fulfilled': reading(Order, happenedTo),
  'orders/partially_fulfilled': reading(Order, happenedTo),
  'orders/cancelled': reading(Order, happenedTo, namedBy(cancelledId)),
  'fulfillments/create': reading(Fulfillment, (one) => shipped(one), namedBy(shippedId)),
  'fulfillments/update': reading(Fulfillment, (one) => shipped(one)),
  'refunds/create': reading(Refund, refunded, NamedRefund),
  'order_transactions/create': reading(OrderTransaction, refundPaid, namedBy(transactionId)),
  'inventory_levels/connect': reading(Level, counted),
  'inventory_levels/update': reading(Level, counted)
};

/** An order or a payment of a test, or a refund of which every payment is one. */
const Test = z.union([
  z.object({ test: z.literal(true) }),
  z.object({ transactions: z.array(z.object({ test: z.literal(true) })).min(1) })
]);

const Any = z.object({ id: PlatformId.nullish(), inventory_item_id: PlatformId.nullish() });

function toEvents(call: Call, settings: SourceSettings): Understood | typeof NOT_JSON {
  const payload = readPayload(call.raw);
  if (payload === NOT_JSON) return NOT_JSON;
  const topic = call.header('x-shopify-topic') ?? '';
  const any = Any.safeParse(payload).data;
  const subject = any?.id ?? any?.inventory_item_id ?? '';
  if (topic === '') {
    const fault = { path: '', message: 'it came without x-shopify-topic: what it is about cannot be told' };
    return unusable({ told: '', subject, type: 'shopify.unknown', raw: call.raw }, fault);
  }
  const means = Object.hasOwn(TOPICS, topic) ? TOPICS[topic] : undefined;
  if (!means) return ignored(topic, subject, 'a topic we have no use for');
  if (Test.safeParse(payload).success) return ignored(topic, subject, 'a test order');
  const meant = means.read(payload, settings);
  if ('error' in meant) {
    const about = { told: topic, subject, type: `shopify.${topic}`, raw: call.raw, id: means.idOf(payload) };
    return unusable(about, payloadFault(meant.error, payload));
  }
  const { events } = meant;
  return {
    told: topic,
    subject,
    events,
    ignored: events.length === 0 ? 'nothing in it that moves goods or money' : undefined
  };
}

export const shopify: WebhookPlatform = {
  signsBody: true,
  verify: (call, secret) =>
    isSame(call.header('x-shopify-hmac-sha256') ?? '', hmacSha256(secret, call.raw).toString('base64')),
  toEvents,
  complete,
  newSecret: null,
  isSecret: (secret) => secret.trim().length > 0
};
