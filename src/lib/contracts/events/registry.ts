/**
 * Every event type of version 1 (domain.md section 2), its stream and its schema.
 * Adding a type here breaks the compile of every stop that must know it.
 */
import { STREAMS, type Stream } from '#lib/contracts/streams.ts';
import type { z } from 'zod';
import { collectionEvents } from './collection.ts';
import { orderEvents } from './order.ts';
import { paymentEvents } from './payment.ts';
import { returnEvents } from './return.ts';
import { stockEvents } from './stock.ts';

export { STREAMS, type Stream };

export const eventSchemas = { ...orderEvents, ...returnEvents, ...paymentEvents, ...collectionEvents, ...stockEvents };
export type EventType = keyof typeof eventSchemas;
export type EventData<T extends EventType> = z.infer<(typeof eventSchemas)[T]>;

const streamTypes = {
  orders: orderEvents,
  returns: returnEvents,
  payments: paymentEvents,
  collections: collectionEvents,
  stock: stockEvents
} satisfies Record<Stream, Record<string, z.ZodType>>;

const streamByType = new Map<string, Stream>(
  STREAMS.flatMap((stream) => Object.keys(streamTypes[stream]).map((type): [string, Stream] => [type, stream]))
);

export const isEventType = (type: string): type is EventType => streamByType.has(type);
export const streamOf = (type: EventType): Stream => {
  const stream = streamByType.get(type);
  if (stream === undefined) throw new Error(`no stream for event type ${type}`);
  return stream;
};

/**
 * One accepted event as every stop after decoding sees it.
 * `time` and `received_at` are epoch milliseconds UTC; `seq` is the journal position (grows by one per accepted event).
 */
export type AcceptedEvent = {
  [T in EventType]: {
    readonly seq: number;
    readonly source: string;
    readonly id: string;
    readonly type: T;
    readonly time: number;
    readonly received_at: number;
    readonly data: EventData<T>;
  };
}[EventType];
export type EventOf<T extends EventType> = Extract<AcceptedEvent, { type: T }>;

const SURROGATE = /[\ud800-\udfff]/;

/** Strings by bytes (UTF-8), as ClickHouse orders them: UTF-16 order, the native one, differs only beyond the basic plane. */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  if (!SURROGATE.test(a) && !SURROGATE.test(b)) return a < b ? -1 : 1;
  for (let i = 0; i < a.length && i < b.length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const xSurrogate = x >= 0xd800 && x <= 0xdfff;
    const ySurrogate = y >= 0xd800 && y <= 0xdfff;
    if (xSurrogate !== ySurrogate) return xSurrogate ? 1 : -1;
    return x - y;
  }
  return a.length - b.length;
}

/** The order of happening: (`time` in ms, `source`, `id`), strings by bytes (domain.md section 3). */
export const compareEvents = (
  a: { readonly time: number; readonly source: string; readonly id: string },
  b: { readonly time: number; readonly source: string; readonly id: string }
): number => a.time - b.time || compareBytes(a.source, b.source) || compareBytes(a.id, b.id);
