/** The namespace `/live` by a real socket.io server and real clients, over a real app database. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io, type Socket } from 'socket.io-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
import { Tile } from '#lib/contracts/kpi.ts';
import { FeedEvent, ServerHello } from '#lib/contracts/push.ts';
import type { UserRole } from '#lib/contracts/roles.ts';
import { createAuth, type AuthStore } from '#lib/server/auth/auth.server.ts';
import { createStore, slot } from '#lib/server/kpi/store.fixture.ts';
import { attachPush, type Push } from '#lib/server/push/push.server.ts';
import { eventually } from '../support/eventually.ts';
import { openFigures, type OpenFigures } from '../support/figures.ts';

/** untyped: what the server sends is parsed here, and it must stand what no client of ours would send */
type Client = Socket;
const PASSWORD = 'correct horse battery';
const GONE_WITHIN_MS = 5_000;

let dataDir: string;
let auth: AuthStore;
let store: ReturnType<typeof createStore>;
let opened: OpenFigures;
let http: Server;
let push: Push;
let url: string;
const clients: Client[] = [];

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'pulso-push-'));
  auth = await createAuth({
    dataDir,
    clock: Date.now,
    log: { info: () => undefined, warn: () => undefined },
    adminEmail: 'admin@pulso.test',
    adminPassword: PASSWORD
  });
  store = createStore(Date.now());
  opened = openFigures(store.reader, 'America/Sao_Paulo', 'BRL', Date.now);
  opened.engine.onCommitted((seq) => opened.feed.committed(seq));
  opened.engine.start();
  http = createServer();
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  push = attachPush({
    http,
    engine: opened.engine,
    feed: opened.feed,
    auth,
    serverId: 'server-1',
    buildId: 'build-1',
    now: Date.now
  });
  const address = http.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/live`;
  await eventually('figures', 5_000, () => opened.engine.tiles(['cash-in-today'])[0]?.value);
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  opened.engine.stop();
  opened.feed.stop();
  await push.close();
  await new Promise((resolve) => http.close(resolve));
  auth.close();
  rmSync(dataDir, { recursive: true, force: true });
});

interface Heard {
  readonly client: Client;
  readonly tiles: Tile[][];
  readonly feed: FeedEvent[][];
  readonly beats: string[];
  readonly hellos: ServerHello[];
}

function open(how: { readonly token?: string; readonly session?: string; readonly origin?: string }): Client {
  const client: Client = io(url, {
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    auth: how.token === undefined ? {} : { token: how.token },
    extraHeaders: {
      ...(how.session !== undefined && { cookie: `theme=dark; pulso_session=${how.session}` }),
      ...(how.origin !== undefined && { origin: how.origin })
    }
  });
  clients.push(client);
  return client;
}

async function connect(how: Parameters<typeof open>[0]): Promise<Heard> {
  const client = open(how);
  const heard: Heard = { client, tiles: [], feed: [], beats: [], hellos: [] };
  client.on('tile:update', (tiles: unknown) => heard.tiles.push(z.array(Tile).parse(tiles)));
  client.on('feed:event', (events: unknown) => heard.feed.push(z.array(FeedEvent).parse(events)));
  client.on('tile:heartbeat', ({ as_of }: { as_of: string }) => heard.beats.push(as_of));
  client.on('server:hello', (hello: unknown) => heard.hellos.push(ServerHello.parse(hello)));
  await new Promise<void>((resolve, reject) => client.once('connect', resolve).once('connect_error', reject));
  return heard;
}

async function refused(how: Parameters<typeof open>[0]): Promise<unknown> {
  const client = open(how);
  return new Promise((resolve) => {
    client.once('connect', () => resolve('connected'));
    client.once('connect_error', (error) => resolve('data' in error ? error.data : error.message));
  });
}

async function session(role: UserRole): Promise<{ token: string; userId: string }> {
  const email = `${role}@pulso.test`;
  const added = role === 'admin' ? null : await auth.addUser({ email, name: role, role, password: PASSWORD });
  if (added?.ok === false) throw new Error(added.failure.kind);
  const login = await auth.login(email, PASSWORD, '127.0.0.1');
  if (!login.ok) throw new Error(login.failure.kind);
  return { token: login.value.session_token, userId: login.value.user.user_id };
}

let position = 0;
function commit(groups: ('cash' | 'stock')[]): void {
  opened.engine.receive({ kind: 'committed', groups, seq: ++position, watermarks: { payments: Date.now() } });
}
const receive = (...amounts: number[]): void => {
  store.rows.cash_slots = amounts.map((amount) => slot('in', amount));
  commit(['cash']);
};
const ask = (client: Client, event: string, message: object): Promise<unknown> =>
  client.timeout(2_000).emitWithAck(event, message);
const subscribe = (client: Client, ids: unknown): Promise<unknown> => ask(client, 'tile:subscribe', { ids });

test('nobody gets in without a session or a read token', async () => {
  expect(await refused({})).toEqual({ code: 'unauthorized' });
  expect(await refused({ token: 'made-up' })).toEqual({ code: 'unauthorized' });
  expect(await refused({ session: 'made-up' })).toEqual({ code: 'unauthorized' });
});

test('a page of another site is refused, though the browser sends the cookie along', async () => {
  const { token } = await session('admin');
  expect(await refused({ session: token, origin: 'https://evil.example' })).not.toBe('connected');
  expect(await refused({ session: token, origin: new URL(url).origin })).toBe('connected');
});

test('a user who must choose a password first gets no figures', async () => {
  const { userId } = await session('viewer');
  const reset = await auth.resetPassword(userId);
  if (!reset.ok) throw new Error('not reset');
  const login = await auth.login('viewer@pulso.test', reset.value.password, '127.0.0.1');
  if (!login.ok) throw new Error('no log-in');
  expect(await refused({ session: login.value.session_token })).toEqual({ code: 'forbidden' });
});

test('session and read token open the line, which says hello', async () => {
  const { token } = await session('admin');
  const { secret } = auth.addReadToken('wall', 'viewer');
  for (const how of [{ session: token }, { token: secret }]) {
    const { hellos } = await connect(how);
    const [hello] = await eventually('hello', 1_000, () => (hellos.length > 0 ? hellos : null));
    expect(hello).toMatchObject({ server_id: 'server-1', build_id: 'build-1' });
  }
});

test('a subscription answers whole tiles, or refuses all of it', async () => {
  const { secret } = auth.addReadToken('wall', 'collector');
  const { client, tiles } = await connect({ token: secret });
  expect(await subscribe(client, ['ageing', 'nonsense'])).toEqual({ ok: false, code: 'unknown_id', ids: ['nonsense'] });
  expect(await subscribe(client, ['ageing', 'cash-in-today'])).toEqual({
    ok: false,
    code: 'forbidden',
    ids: ['cash-in-today']
  });
  expect(await subscribe(client, 'ageing')).toEqual({
    ok: false,
    code: 'invalid_message',
    ids: []
  });
  const before = opened.engine.tiles(['ageing', 'receivables-open']);
  store.rows.open_by_due_date = [{ currency: 'BRL', due_date: '2026-01-01', open_minor: 5, instalments: 1 }];
  opened.engine.receive({ kind: 'committed', groups: ['receivables'], seq: ++position, watermarks: {} });
  await eventually('a change', 1_000, () => opened.engine.tiles(['ageing'])[0]?.seq !== before[0]?.seq);
  expect(tiles).toEqual([]);
  const answer = await subscribe(client, ['receivables-open', 'ageing']);
  expect(answer).toMatchObject({
    ok: true,
    tiles: opened.engine.tiles(['receivables-open', 'ageing']).map(({ id, seq, value }) => ({ id, seq, value }))
  });
});

test('a change reaches those who watch it, as whole tiles, in one message a tick', async () => {
  const { token } = await session('admin');
  const [cash, stock, late] = [
    await connect({ session: token }),
    await connect({ session: token }),
    await connect({ session: token })
  ];
  await subscribe(cash.client, ['cash-in-today', 'net-cash-today', 'cash-out-today']);
  await subscribe(stock.client, ['stock-outs']);
  await subscribe(late.client, ['cash-in-today']);
  receive(900);
  const [message] = await eventually('the update', 2_000, () => (cash.tiles.length > 0 ? cash.tiles : null));
  expect(message?.map(({ id }) => id).toSorted()).toEqual(['cash-in-today', 'cash-out-today', 'net-cash-today']);
  expect(message?.find(({ id }) => id === 'cash-in-today')?.value).toEqual({ minor: 900, currency: 'BRL' });
  await eventually('the other update', 2_000, () => late.tiles.length > 0);
  expect(late.tiles[0]?.map(({ id }) => id)).toEqual(['cash-in-today']);
  expect(stock.tiles).toEqual([]);

  late.client.emit('tile:unsubscribe', { ids: ['cash-in-today'] });
  await subscribe(late.client, ['stock-outs']);
  const heard = late.tiles.length;
  receive(950);
  await eventually('the next update', 2_000, () => cash.tiles.length > 1);
  expect(late.tiles.length).toBe(heard);
});

test('a heartbeat comes every second, with the moment the figures hold', async () => {
  const { beats } = await connect({ session: (await session('admin')).token });
  await eventually('two beats', 3_500, () => beats.length >= 2);
  expect(z.iso.datetime().safeParse(beats[1]).success).toBe(true);
});

test('a disabled user, an ended session, a revoked token and a changed role lose their sockets', async () => {
  const [viewer, collector, manager] = [await session('viewer'), await session('collector'), await session('manager')];
  const { secret, token_id } = auth.addReadToken('wall', 'viewer');
  const lost = [
    await connect({ session: viewer.token }),
    await connect({ session: collector.token }),
    await connect({ session: manager.token }),
    await connect({ token: secret })
  ];
  const stays = await connect({ session: (await session('admin')).token });
  auth.disableUser(viewer.userId);
  await auth.logout(collector.token);
  auth.setRole(manager.userId, 'viewer');
  auth.revokeReadToken(token_id);
  await eventually('all gone', GONE_WITHIN_MS, () => lost.every(({ client }) => !client.connected));
  expect(stays.client.connected).toBe(true);
});

const stored = (type: string, data: object) => {
  position += 1;
  return {
    seq: position,
    source: '/t',
    id: `e${position}`,
    type,
    time_ms: Date.now(),
    received_ms: Date.now(),
    data: JSON.stringify(data)
  };
};

test('the feed goes to roles that know people; a collector sees no accounts and payouts', async () => {
  const [admin, collector, viewer] = [
    await connect({ session: (await session('admin')).token }),
    await connect({ session: (await session('collector')).token }),
    await connect({ session: (await session('viewer')).token })
  ];
  expect(await ask(viewer.client, 'feed:subscribe', {})).toEqual({ ok: false, code: 'forbidden' });
  expect(await ask(admin.client, 'feed:subscribe', {})).toEqual({ ok: true, events: [] });
  expect(await ask(collector.client, 'feed:subscribe', {})).toEqual({ ok: true, events: [] });
  store.rows.customer_names = [{ customer_id: 'c1', name: 'Mercado São Bento' }];
  store.rows.newest_events = [
    stored('payout.sent', {
      payout_id: 'x',
      payee: 'p',
      category: 'rent',
      account: 'a',
      amount_minor: 5,
      currency: 'BRL',
      method: 'ted'
    }),
    stored('payment.settled', {
      payment_id: 'p1',
      account: 'a',
      amount_minor: 10,
      fee_minor: 1,
      currency: 'BRL',
      method: 'pix',
      customer_id: 'c1'
    })
  ].toReversed();
  commit(['cash']);
  await eventually('the feed', 2_000, () => admin.feed.length > 0 && collector.feed.length > 0);
  expect(admin.feed[0]?.map(({ type }) => type)).toEqual(['payment.settled', 'payout.sent']);
  expect(collector.feed[0]?.map(({ type }) => type)).toEqual(['payment.settled']);
  expect(collector.feed[0]?.[0]).toMatchObject({
    entity: 'p1',
    customer_id: 'c1',
    customer_name: 'Mercado São Bento',
    amount: { minor: 10, currency: 'BRL' },
    flow: 'in',
    method: 'pix'
  });
  expect(viewer.feed).toEqual([]);
  expect(opened.figures.recentEvents('collector')).toHaveLength(1);
  expect(opened.figures.recentEvents('viewer')).toEqual([]);
});
