/** Refunds of Shopify: what came back, and what was paid back. The money itself is told by whoever holds the account. */
import { z } from 'zod';
import { minorDigits } from '#lib/contracts/money.ts';
import type { SourceSettings } from '#lib/contracts/sources.ts';
import { parseInstant } from '#lib/contracts/time.ts';
import { PlatformId, toMinor, Whole } from './payload.ts';
import { told, type Told } from './platform.ts';

const Moment = z.string().refine((text) => parseInstant(text) !== undefined, 'expected an RFC 3339 time with its zone');

const Transaction = z.object({
  id: PlatformId,
  kind: z.string().nullish(),
  status: z.string().nullish(),
  amount: z.string().max(40),
  currency: z.string().nullish(),
  /** Stripe's own id of this refund, which it tells too; other gateways repeat that of the payment, the same for each of its refunds */
  authorization: z.string().max(128).nullish(),
  test: z.boolean().nullish(),
  created_at: Moment.nullish(),
  processed_at: Moment.nullish()
});
type Transaction = z.output<typeof Transaction>;
export const OrderTransaction = Transaction.extend({ kind: z.string(), order_id: PlatformId, created_at: Moment });

export const Refund = z.object({
  id: PlatformId,
  order_id: PlatformId,
  created_at: Moment,
  processed_at: Moment.nullish(),
  note: z.string().nullish(),
  refund_line_items: z
    .array(
      z.object({
        id: PlatformId,
        line_item_id: PlatformId.nullish(),
        quantity: Whole,
        restock_type: z.string().nullish(),
        location_id: PlatformId.nullish(),
        line_item: z.object({ sku: z.string().max(128).nullish(), variant_id: PlatformId.nullish() }).nullish()
      })
    )
    .nullish(),
  transactions: z.array(Transaction).nullish()
});
type Refund = z.output<typeof Refund>;
const REFUND_ID = /^p?re_/;
type Line = NonNullable<Refund['refund_line_items']>[number];

const skuOf = ({ line_item, line_item_id, id }: Line): string =>
  line_item?.sku || `shopify:${line_item?.variant_id ?? line_item_id ?? id}`;

/** `return`: back on the shelf; `cancel`: never shipped. The rest is announced: what arrives, and how, a warehouse tells. */
function goods(refund: Refund, time: string): Told[] {
  const lines = (refund.refund_line_items ?? []).filter(({ quantity }) => quantity > 0);
  const about = { return_id: refund.id, order_id: refund.order_id };
  const back = lines.filter(({ restock_type }) => restock_type === 'return' || restock_type === 'legacy_restock');
  const announced = lines.filter((line) => !back.includes(line) && line.restock_type !== 'cancel');
  const events: Told[] = [];
  if (announced.length > 0) {
    const wanted = announced.map((line) => ({ sku: skuOf(line), quantity: line.quantity }));
    events.push(told('return.requested', `refund:${refund.id}:requested`, time, { ...about, lines: wanted }));
  }
  for (const warehouse of new Set(back.map(({ location_id }) => location_id ?? undefined))) {
    const there = back.filter(({ location_id }) => (location_id ?? undefined) === warehouse);
    const taken = there.map((line) => ({ sku: skuOf(line), quantity: line.quantity, condition: 'saleable' as const }));
    const id = `refund:${refund.id}:received${warehouse === undefined ? '' : `:${warehouse}`}`;
    events.push(told('return.received', id, time, { ...about, lines: taken, warehouse }));
  }
  return events;
}

interface Telling {
  readonly id: string;
  readonly return_id: string;
  readonly order_id: string;
  /** for a transaction that tells no moment of its own */
  readonly time: string;
}

/** Only success counts: what is pending may still end either way. A test moves no money. */
function paidBack(one: Transaction, { id, time, ...about }: Telling, settings: SourceSettings): Told[] {
  const { kind, status, amount, authorization, test } = one;
  if ((kind ?? 'refund') !== 'refund' || (status ?? 'success') !== 'success' || test === true) return [];
  const currency = one.currency ?? settings.currency;
  const minor = toMinor(amount, minorDigits(currency));
  if (minor === 0) return [];
  const event = told('return.refunded', id, one.processed_at ?? one.created_at ?? time, {
    ...about,
    amount_minor: minor ?? 0,
    currency,
    method: 'other',
    movement_id: authorization && REFUND_ID.test(authorization) ? authorization : one.id
  });
  const fault = { path: '/data/amount_minor', message: `transaction ${one.id} is of no amount in ${currency}` };
  return [minor === undefined ? { ...event, fault } : event];
}

export const refundedId = (refundId: string, transactionId: string): string => `refund:${refundId}:${transactionId}`;
export const transactionId = (id: string): string => `transaction:${id}`;

/** Told by several topics, each time the same. One of which every payment is a test is of an order that is none. */
export function refunded(refund: Refund, settings: SourceSettings): readonly Told[] {
  const { id: return_id, order_id, transactions } = refund;
  const payments = transactions ?? [];
  if (payments.length > 0 && payments.every(({ test }) => test === true)) return [];
  const time = refund.processed_at ?? refund.created_at;
  const money = payments.flatMap((one) =>
    paidBack(one, { id: refundedId(return_id, one.id), return_id, order_id, time }, settings)
  );
  return [...goods(refund, time), ...money];
}

/**
 * A refund's payment alone, which does not say what refund it is of: the same movement. Of the two the refund's own telling counts,
 * for it is of the same moment and the first by its id.
 */
export const refundPaid = (one: z.output<typeof OrderTransaction>, settings: SourceSettings): readonly Told[] =>
  paidBack(
    one,
    { id: transactionId(one.id), return_id: one.id, order_id: one.order_id, time: one.created_at },
    settings
  );
