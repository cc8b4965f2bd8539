/** The namespace `/live`: whole tiles to whoever watches them, over the dashboard's own http server (design.md section 3). */
import type { Server as HttpServer } from 'node:http';
import { Server, type DefaultEventsMap, type Namespace, type Socket } from 'socket.io';
import { isKpiId, type KpiId, type Tile } from '#lib/contracts/kpi.ts';
import {
  LIVE_NAMESPACE,
  TileSubscribe,
  TileUnsubscribe,
  type ClientToServer,
  type ServerToClient,
  type SubscribeAnswer
} from '#lib/contracts/push.ts';
import { may, type Role } from '#lib/contracts/roles.ts';
import { mayReadFigure, mayUseSocketEvent } from '#lib/server/auth/access.server.ts';
import type { Engine } from '#lib/server/kpi/engine.server.ts';
import { feedFor } from '#lib/server/kpi/event-line.server.ts';
import type { Feed } from '#lib/server/kpi/feed.server.ts';
import type { Auth } from '#lib/server/services.server.ts';
import { createAudience, type Audience } from './audience.server.ts';
import { admit, credentialOf, type Credential } from './credential.server.ts';

/** All sockets are asked for again within six of these: 3 s. A revoked one is gone within 5 s. */
const RECHECK_SLICE_MS = 500;
const RECHECK_SLICES = 6;
const MESSAGE_BYTES_MAX = 64 * 1024;

interface SocketData {
  credential: Credential;
  role: Role;
}
type LiveSocket = Socket<ClientToServer, ServerToClient, DefaultEventsMap, SocketData>;
type LiveNamespace = Namespace<ClientToServer, ServerToClient, DefaultEventsMap, SocketData>;

export interface PushOptions {
  readonly http: HttpServer;
  readonly engine: Engine;
  readonly feed: Feed;
  readonly auth: Auth;
  readonly serverId: string;
  readonly buildId: string;
  /** epoch ms */
  readonly now: () => number;
  /** vite's own socket lives on the same server */
  readonly sharesServer?: boolean;
}
export interface Push {
  sockets(): number;
  /** says goodbye to all; the http server stays as it is */
  close(): Promise<void>;
}

/** The feed's rooms, by what their roles see. */
const feedRoom = (role: Role): string => (may(role, 'feed:cash') ? 'feed:all' : 'feed:without-cash');
const FEED_ROLES = ['manager', 'collector'] as const;

export function attachPush(options: PushOptions): Push {
  const { http, engine, feed } = options;
  const io = new Server<ClientToServer, ServerToClient, DefaultEventsMap, SocketData>({
    serveClient: false,
    perMessageDeflate: false,
    httpCompression: false,
    maxHttpBufferSize: MESSAGE_BYTES_MAX,
    destroyUpgrade: options.sharesServer !== true,
    // a page of another site must not read figures with our cookie
    allowRequest: (request, decide) => decide(null, isOwnOrigin(request.headers.origin, request.headers.host))
  });
  io.attach(http);
  const live: LiveNamespace = io.of(LIVE_NAMESPACE);
  const audience = createAudience<LiveSocket>();
  live.use((socket, next) => {
    admitSocket(socket, options.auth).then(next, () => next(refusal('unauthorized')));
  });
  live.on('connection', (socket) => welcome(socket, options, audience));

  const stops = [
    engine.onChange((tiles) => publish(live, audience, tiles)),
    engine.onBeat((asOf) => live.emit('tile:heartbeat', { as_of: new Date(asOf).toISOString() })),
    feed.onEvents((events) => {
      for (const role of FEED_ROLES) {
        const seen = feedFor(role, events);
        if (seen.length > 0) live.to(feedRoom(role)).emit('feed:event', seen);
      }
    }),
    recheck(live, options.auth)
  ];
  return {
    sockets: () => live.sockets.size,
    async close() {
      for (const stop of stops) stop();
      live.disconnectSockets(true);
      io.engine.close();
      await live.adapter.close();
    }
  };
}

/** Programs send no Origin; pages only from the host they ask. */
const isOwnOrigin = (origin: string | undefined, host: string | undefined): boolean =>
  origin === undefined || URL.parse(origin)?.host === host;

/** Told to the client as `connect_error` with `data.code`. */
function refusal(code: 'unauthorized' | 'forbidden'): Error {
  return Object.assign(new Error(code), { data: { code } });
}

async function admitSocket(socket: LiveSocket, auth: Auth): Promise<Error | undefined> {
  const credential = credentialOf(socket.handshake.auth, socket.handshake.headers.cookie);
  const admission = await admit(auth, credential);
  if (credential === null || 'refused' in admission)
    return refusal('refused' in admission ? admission.refused : 'unauthorized');
  socket.data = { credential, role: admission.role };
  return undefined;
}

function welcome(socket: LiveSocket, options: PushOptions, audience: Audience<LiveSocket>): void {
  const { engine, feed, serverId, buildId, now } = options;
  const { role } = socket.data;
  socket.on('tile:subscribe', (message, answer) => {
    if (typeof answer !== 'function') return;
    const ids = subscribable(message, role);
    if (!ids.ok) return answer(ids);
    audience.add(socket, ids.ids);
    answer({ ok: true, tiles: engine.tiles(ids.ids) });
  });
  socket.on('tile:unsubscribe', (message) => {
    const parsed = TileUnsubscribe.safeParse(message);
    if (parsed.success) audience.remove(socket, parsed.data.ids.filter(isKpiId));
  });
  socket.on('feed:subscribe', (_message, answer) => {
    if (typeof answer !== 'function') return;
    if (!mayUseSocketEvent(role, 'feed:subscribe')) return answer({ ok: false, code: 'forbidden' });
    void socket.join(feedRoom(role));
    answer({ ok: true, events: [...feed.recent(role)] });
  });
  socket.on('disconnect', () => audience.gone(socket));
  socket.emit('server:hello', {
    server_id: serverId,
    build_id: buildId,
    server_time: new Date(now()).toISOString()
  });
}

/** All or nothing: one id that is unknown or not for this role refuses the message. */
function subscribable(
  message: unknown,
  role: Role
): { readonly ok: true; readonly ids: KpiId[] } | Extract<SubscribeAnswer, { ok: false }> {
  const parsed = TileSubscribe.safeParse(message);
  if (!parsed.success) return { ok: false, code: 'invalid_message', ids: [] };
  const ids = [...new Set(parsed.data.ids)];
  const known = ids.filter(isKpiId);
  if (known.length < ids.length) return { ok: false, code: 'unknown_id', ids: ids.filter((id) => !isKpiId(id)) };
  const forbidden = known.filter((id) => !mayReadFigure(role, id));
  return forbidden.length > 0 ? { ok: false, code: 'forbidden', ids: forbidden } : { ok: true, ids: known };
}

/** One message a socket: rooms that see the same of this tick are written to together, encoded once. */
function publish(live: LiveNamespace, audience: Audience<LiveSocket>, tiles: readonly Tile[]): void {
  const byId = new Map(tiles.map((tile) => [tile.id, tile]));
  for (const { rooms, ids } of audience.deliveries([...byId.keys()])) {
    const seen = ids.flatMap((id) => byId.get(id) ?? []);
    live.to([...rooms]).emit('tile:update', seen);
  }
}

/** Every socket's session, user or token is looked at again, a slice at a time; gone or changed: the socket goes. */
function recheck(live: LiveNamespace, auth: Auth): () => void {
  let queue: LiveSocket[] = [];
  let slice = 0;
  const timer = setInterval(() => {
    if (queue.length === 0) {
      queue = [...live.sockets.values()];
      slice = Math.ceil(queue.length / RECHECK_SLICES);
    }
    for (const socket of queue.splice(0, slice)) keepOrDrop(socket, auth).catch(() => socket.disconnect(true));
  }, RECHECK_SLICE_MS);
  timer.unref();
  return () => clearInterval(timer);
}

async function keepOrDrop(socket: LiveSocket, auth: Auth): Promise<void> {
  const { credential, role } = socket.data;
  const admission = await admit(auth, credential);
  if ('refused' in admission || admission.role !== role) socket.disconnect(true);
}
