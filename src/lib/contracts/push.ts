/** The socket.io contract of namespace `/live` (design.md section 3). Browser-safe (zod/mini). */
import * as z from 'zod/mini';
import { Tile, KpiId } from './kpi.ts';

export const TileSubscribe = z.object({ ids: z.array(z.string()).check(z.maxLength(200)) });
export const TileUnsubscribe = z.object({ ids: z.array(z.string()).check(z.maxLength(200)) });
export type SubscribeFailureCode = 'unknown_id' | 'forbidden' | 'invalid_message';
export type SubscribeAnswer =
  | { readonly ok: true; readonly tiles: Tile[] }
  | { readonly ok: false; readonly code: SubscribeFailureCode; readonly ids: string[] };

export const ServerHello = z.strictObject({ server_id: z.string(), build_id: z.string(), server_time: z.string() });
export type ServerHello = z.infer<typeof ServerHello>;
export const TileUpdate = z.array(Tile);

/** One line of the live feed. Ids of customers only to roles that may see them. */
export const FeedEvent = z.strictObject({
  seq: z.int(),
  source: z.string(),
  id: z.string(),
  type: z.string(),
  time: z.string(),
  /** when ingest took it */
  received_at: z.string(),
  /** the event's own business id: payment_id, order_id, sku … */
  entity: z.string(),
  customer_id: z.nullable(z.string()),
  customer_name: z.nullable(z.string()),
  amount: z.nullable(z.strictObject({ minor: z.int(), currency: z.string() })),
  /** in: money in, out: money out, none */
  flow: z.enum(['in', 'out', 'none']),
  method: z.nullable(z.string()),
  units: z.nullable(z.int())
});
export type FeedEvent = z.infer<typeof FeedEvent>;

export interface ServerToClient {
  'tile:update': (tiles: Tile[]) => void;
  'server:hello': (hello: ServerHello) => void;
  'feed:event': (events: FeedEvent[]) => void;
  /** the freshness of every tile a socket watches, once a second, when nothing else was sent: moves as_of without a new seq */
  'tile:heartbeat': (beat: { as_of: string }) => void;
}
export interface ClientToServer {
  'tile:subscribe': (message: { ids: string[] }, answer: (reply: SubscribeAnswer) => void) => void;
  'tile:unsubscribe': (message: { ids: string[] }) => void;
  'feed:subscribe': (
    message: Record<string, never>,
    answer: (reply: { ok: true; events: FeedEvent[] } | { ok: false; code: 'forbidden' }) => void
  ) => void;
}
export const LIVE_NAMESPACE = '/live';
export { KpiId };
