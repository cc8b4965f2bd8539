/** socket.io as the live client sees it. Loaded after the page is drawn: what the server rendered needs no socket. */
import * as z from 'zod/mini';
import { type KpiId, Tile } from '#lib/contracts/kpi.ts';
import {
  FeedEvent,
  LIVE_NAMESPACE,
  ServerHello,
  type ClientToServer,
  type ServerToClient
} from '#lib/contracts/push.ts';
import type { Socket } from 'socket.io-client';
import type { LiveSocket, OpenSocket } from './live-client.svelte.ts';

const ANSWER_MS = 5_000;
const Tiles = z.array(Tile);
const FeedEvents = z.array(FeedEvent);
const Beat = z.object({ as_of: z.string() });
const Answer = z.union([
  z.object({ ok: z.literal(true), tiles: Tiles }),
  z.object({
    ok: z.literal(false),
    code: z.enum(['unknown_id', 'forbidden', 'invalid_message']),
    ids: z.array(z.string())
  })
]);
const FeedAnswer = z.union([
  z.object({ ok: z.literal(true), events: FeedEvents }),
  z.object({ ok: z.literal(false), code: z.string() })
]);
const Refusal = z.object({ data: z.object({ code: z.enum(['unauthorized', 'forbidden']) }) });

/** A message that the contract does not know comes from another build: it is no word, so the page grows stale and says so. */
function parsed<T>(schema: z.ZodMiniType<T>, act: (value: T) => void): (message: unknown) => void {
  return (message) => {
    const result = z.safeParse(schema, message);
    if (result.success) act(result.data);
  };
}

export const openSocket: OpenSocket = async (events) => {
  const { io } = await import('socket.io-client');
  // reconnecting is ours: the wall tells when the next attempt comes
  const socket: Socket<ServerToClient, ClientToServer> = io(LIVE_NAMESPACE, {
    transports: ['websocket'],
    reconnection: false,
    autoConnect: false
  });
  socket.on('connect', () => events.connected());
  socket.on('disconnect', () => events.lost(false));
  socket.on('connect_error', (error) => events.lost(z.safeParse(Refusal, error).success));
  socket.on(
    'server:hello',
    parsed(ServerHello, (hello) => events.hello(hello))
  );
  socket.on(
    'tile:update',
    parsed(Tiles, (tiles) => events.tiles(tiles))
  );
  socket.on(
    'tile:heartbeat',
    parsed(Beat, (beat) => events.beat(beat.as_of))
  );
  socket.on(
    'feed:event',
    parsed(FeedEvents, (feed) => events.feed(feed))
  );

  const live: LiveSocket = {
    get connected() {
      return socket.connected;
    },
    get recovered() {
      return socket.recovered;
    },
    connect: () => socket.connect(),
    close: () => socket.close(),
    subscribe: async (ids: readonly KpiId[]) =>
      z.parse(Answer, await socket.timeout(ANSWER_MS).emitWithAck('tile:subscribe', { ids: [...ids] })),
    unsubscribe: (ids) => socket.emit('tile:unsubscribe', { ids: [...ids] }),
    subscribeFeed: async () => {
      const answer = z.parse(FeedAnswer, await socket.timeout(ANSWER_MS).emitWithAck('feed:subscribe', {}));
      return answer.ok ? answer.events : [];
    }
  };
  return live;
};
