import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { KpiId, KpisAnswer, Tile } from '#lib/contracts/kpi.ts';
import type { SubscribeAnswer } from '#lib/contracts/push.ts';
import { LiveClient, type LiveSocket, type SocketEvents } from './live-client.svelte.ts';

const tile = (seq: number, minor: number, id: KpiId = 'cash-position'): Tile => ({
  id,
  seq,
  state: 'live',
  value: { minor, currency: 'BRL' },
  unit: 'currency',
  as_of: '2026-11-24T17:05:00.000Z',
  watermark: null
});
const hello = (server_id: string) => ({ server_id, build_id: 'b', server_time: '2026-11-24T17:05:00.000Z' });

/** A socket whose server is this test. */
class TestSocket implements LiveSocket {
  connected = false;
  recovered = false;
  attempts = 0;
  readonly subscribed: KpiId[][] = [];
  readonly unsubscribed: KpiId[][] = [];
  snapshot: Tile[] = [];
  events: SocketEvents | undefined;

  connect(): void {
    this.attempts += 1;
  }
  close(): void {
    this.connected = false;
  }
  subscribe(ids: readonly KpiId[]): Promise<SubscribeAnswer> {
    this.subscribed.push([...ids]);
    return Promise.resolve({ ok: true, tiles: this.snapshot.filter(({ id }) => ids.includes(id)) });
  }
  unsubscribe(ids: readonly KpiId[]): void {
    this.unsubscribed.push([...ids]);
  }
  subscribeFeed(): Promise<never[]> {
    return Promise.resolve([]);
  }
  accept(recovered = false): void {
    this.connected = true;
    this.recovered = recovered;
    this.events?.connected();
  }
  drop(): void {
    this.connected = false;
    this.events?.lost(false);
  }
}

let socket: TestSocket;
let live: LiveClient;
let refused: number;
let rendered: KpisAnswer | null;
let stop: () => void;

beforeEach(async () => {
  vi.useFakeTimers({ now: 1_000_000 });
  socket = new TestSocket();
  refused = 0;
  rendered = null;
  live = new LiveClient({
    open: (events) => {
      socket.events = events;
      return Promise.resolve(socket);
    },
    serverNow: 1_000_000,
    rendered: () => rendered,
    now: () => Date.now(),
    random: () => 0.5,
    onRefused: () => (refused += 1)
  });
  stop = live.start();
  await vi.advanceTimersByTimeAsync(0);
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});

describe('the live client', () => {
  it('takes a snapshot on connecting, then whole values', async () => {
    live.watch(['cash-position']);
    socket.snapshot = [tile(3, 100)];
    socket.accept();
    await vi.advanceTimersByTimeAsync(0);
    expect(live.kpi('cash-position').tile?.seq).toBe(3);
    socket.events?.tiles([tile(4, 120)]);
    expect(live.kpi('cash-position').tile?.value).toEqual({ minor: 120, currency: 'BRL' });
    expect(live.connection.phase).toBe('live');
  });
  it('asks for a new snapshot after a reconnect that lost messages, and not after a recovered one', async () => {
    live.watch(['cash-position']);
    socket.accept();
    socket.drop();
    socket.accept(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(socket.subscribed).toHaveLength(1);
    socket.drop();
    socket.accept();
    expect(socket.subscribed).toHaveLength(2);
  });
  it('asks again when another server process says hello, and believes its smaller numbers', async () => {
    live.watch(['cash-position']);
    socket.accept();
    socket.events?.hello(hello('a'));
    socket.events?.tiles([tile(900, 100)]);
    socket.snapshot = [tile(1, 70)];
    socket.events?.hello(hello('b'));
    await vi.advanceTimersByTimeAsync(0);
    expect(live.kpi('cash-position').tile).toMatchObject({ seq: 1, value: { minor: 70 } });
  });
  it('subscribes a figure once for all who watch it and forgets it after the last', () => {
    socket.accept();
    const first = live.watch(['cash-position']);
    const second = live.watch(['cash-position', 'ageing']);
    expect(socket.subscribed).toEqual([['cash-position'], ['ageing']]);
    socket.events?.tiles([tile(2, 100)]);
    first();
    expect(socket.unsubscribed).toEqual([]);
    second();
    expect(socket.unsubscribed).toEqual([['cash-position', 'ageing']]);
    expect(live.kpi('cash-position').tile).toBeNull();
  });
  it('connects again by itself, ever later up to a bound, and tells when', async () => {
    socket.accept();
    socket.drop();
    expect(live.connection.nextAttemptMs).toBe(500);
    await vi.advanceTimersByTimeAsync(500);
    expect(socket.attempts).toBe(2);
    for (let attempt = 0; attempt < 10; attempt++) {
      socket.drop();
      expect(live.connection.nextAttemptMs).toBeLessThanOrEqual(8_000);
      await vi.advanceTimersByTimeAsync(8_000);
    }
    expect(socket.attempts).toBe(12);
    socket.accept();
    expect(live.connection.nextAttemptMs).toBeNull();
  });
  it('does not knock again where it was refused', async () => {
    socket.events?.lost(true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(refused).toBe(1);
    expect(socket.attempts).toBe(1);
  });
  it('grows stale while an open socket says nothing', async () => {
    live.watch(['cash-position']);
    socket.accept();
    await vi.advanceTimersByTimeAsync(3_500);
    expect(live.connection.connected).toBe(true);
    expect(live.connection.fresh).toBe(false);
    socket.events?.beat('2026-11-24T17:05:09.000Z');
    expect(live.connection.fresh).toBe(true);
  });
  it('says nothing more once it is stopped', () => {
    live.watch(['cash-position']);
    socket.accept();
    stop();
    socket.events?.tiles([tile(9, 100)]);
    expect(live.kpi('cash-position').tile).toBeNull();
    expect(live.running).toBe(false);
  });
  it('claims nothing live while all figures of the page are old, and says from when they are', async () => {
    const stale = (seq: number, id: KpiId): Tile => ({
      ...tile(seq, 1, id),
      state: 'stale',
      reason: 'not_yet_visible'
    });
    const empty: Tile = { ...tile(1, 0, 'return-rate'), state: 'empty', value: null };
    rendered = { as_of: '2026-11-24T17:05:00.000Z', kpis: [tile(1, 1), tile(1, 1, 'cash-in-today'), empty] };
    live.watch(['cash-position', 'cash-in-today']);
    socket.accept();
    await vi.advanceTimersByTimeAsync(0);
    expect(live.standing).toBe('live');
    socket.events?.tiles([stale(2, 'cash-position')]);
    expect({ standing: live.standing, fresh: live.fresh }).toEqual({ standing: 'live', fresh: true });
    socket.events?.tiles([stale(2, 'cash-in-today')]);
    expect({ standing: live.standing, fresh: live.fresh }).toEqual({ standing: 'behind', fresh: false });
    socket.events?.beat('2026-11-24T17:09:00.000Z');
    expect(live.asOf).toBe('2026-11-24T17:05:00.000Z');
    // that events wait is said only when it is the reason, for every figure
    expect(live.waits).toBe(true);
    socket.events?.tiles([{ ...stale(3, 'cash-in-today'), reason: 'clickhouse_unreachable' }]);
    expect({ standing: live.standing, waits: live.waits }).toEqual({ standing: 'behind', waits: false });
    socket.events?.tiles([tile(3, 1)]);
    expect(live.standing).toBe('live');
  });
});
