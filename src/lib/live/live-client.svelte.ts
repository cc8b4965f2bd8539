/** The page's one connection: a snapshot by subscribing, then whole tiles; a gap is healed by another snapshot. */
import { KPI_IDS, type KpiId, type KpisAnswer, type Tile } from '#lib/contracts/kpi.ts';
import type { EpochMs } from '#lib/contracts/time.ts';
import type { FeedEvent, ServerHello, SubscribeAnswer } from '#lib/contracts/push.ts';
import { ConnectionState, retryDelayMs } from './connection.svelte.ts';
import { LiveFeed } from './live-feed.svelte.ts';
import { LiveKpi } from './live-kpi.svelte.ts';

/** What the client needs of a socket: socket.io's, or a test's. */
export interface LiveSocket {
  readonly connected: boolean;
  /** true: the server kept our rooms and has re-sent what was missed */
  readonly recovered: boolean;
  connect(): void;
  close(): void;
  subscribe(ids: readonly KpiId[]): Promise<SubscribeAnswer>;
  unsubscribe(ids: readonly KpiId[]): void;
  subscribeFeed(): Promise<readonly FeedEvent[]>;
}
export interface SocketEvents {
  connected(): void;
  /** refused: the session is gone, trying again is of no use */
  lost(refused: boolean): void;
  hello(hello: ServerHello): void;
  tiles(tiles: readonly Tile[]): void;
  beat(asOf: string): void;
  feed(events: readonly FeedEvent[]): void;
}
export type OpenSocket = (events: SocketEvents) => Promise<LiveSocket>;

export interface LiveOptions {
  readonly open: OpenSocket;
  /** the server's clock when the page was rendered */
  readonly serverNow: EpochMs;
  /** the page's figures as the server rendered them */
  readonly rendered: () => KpisAnswer | null;
  readonly now: () => EpochMs;
  readonly random: () => number;
  /** the session ended */
  readonly onRefused: () => void;
}
const TICK_MS = 500;

export class LiveClient {
  readonly connection: ConnectionState;
  readonly feed = new LiveFeed();
  readonly #kpis = new Map(KPI_IDS.map((id) => [id, new LiveKpi()] as const));
  readonly #options: LiveOptions;
  readonly #watched = new Map<KpiId, number>();
  #wantsFeed = 0;
  #socket: LiveSocket | null = null;
  #serverId: string | null = null;
  #attempt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running = $state(false);
  readonly #shown = $derived.by(() =>
    (this.#options.rendered()?.kpis ?? []).map((tile) => this.kpi(tile.id).tile ?? tile)
  );
  /** The line is there and yet everything on the page is old: the chain behind it is broken or behind. */
  readonly behind = $derived.by(() => {
    const valued = this.#shown.filter(({ value }) => value !== null);
    return valued.length > 0 && valued.every(({ state }) => state === 'stale');
  });

  /** behind for no other reason than that accepted events are not in the figures yet */
  get waits(): boolean {
    return this.behind && this.#shown.every(({ value, reason }) => value === null || reason === 'not_yet_visible');
  }

  constructor(options: LiveOptions) {
    this.#options = options;
    this.connection = new ConnectionState(options.serverNow, options.now());
  }

  /** how the page stands, told in one word */
  get standing(): 'connecting' | 'live' | 'behind' | 'reconnecting' | 'offline' {
    const { phase, fresh } = this.connection;
    return this.behind && fresh ? 'behind' : phase;
  }
  /** what is shown can be believed, but for what single figures say of themselves */
  get fresh(): boolean {
    return this.connection.fresh && !this.behind;
  }
  /** the newest moment for which the page's values are known to hold, RFC 3339 */
  get asOf(): string | null {
    if (!this.behind) return this.connection.asOf;
    return this.#shown.reduce<string | null>(
      (newest, tile) => (tile.value !== null && (newest === null || tile.as_of > newest) ? tile.as_of : newest),
      null
    );
  }
  /** false in the past and before the page is mounted */
  get running(): boolean {
    return this.#running;
  }
  kpi(id: KpiId): LiveKpi {
    const kpi = this.#kpis.get(id);
    if (kpi === undefined) throw new Error(`not a figure: ${id}`);
    return kpi;
  }

  /** Connects and keeps connecting. @returns stop */
  start(): () => void {
    let stopped = false;
    this.#running = true;
    this.connection.started(this.#options.now());
    const ticking = setInterval(() => this.#tick(), TICK_MS);
    void this.#options.open(this.#events(() => stopped)).then((socket) => {
      if (stopped) return socket.close();
      this.#socket = socket;
      socket.connect();
    });
    return () => {
      stopped = true;
      this.#running = false;
      clearInterval(ticking);
      clearTimeout(this.#timer);
      this.#socket?.close();
      this.#socket = null;
      this.connection.connected = false;
      this.connection.nextAttemptAt = null;
    };
  }

  /** Watches figures until the returned function is called; several watchers share one subscription. */
  watch(ids: readonly KpiId[]): () => void {
    const added = ids.filter((id) => !this.#watched.has(id));
    for (const id of ids) this.#watched.set(id, (this.#watched.get(id) ?? 0) + 1);
    if (added.length > 0 && this.#socket?.connected === true) void this.#subscribe(added);
    return () => {
      const gone: KpiId[] = [];
      for (const id of ids) {
        const left = (this.#watched.get(id) ?? 0) - 1;
        if (left > 0) this.#watched.set(id, left);
        else {
          this.#watched.delete(id);
          // emptied and not replaced: the next page may already be looking at it
          this.kpi(id).forget();
          gone.push(id);
        }
      }
      if (gone.length > 0 && this.#socket?.connected === true) this.#socket.unsubscribe(gone);
    };
  }

  watchFeed(): () => void {
    this.#wantsFeed += 1;
    if (this.#socket?.connected === true) void this.#subscribeFeed();
    return () => {
      this.#wantsFeed -= 1;
    };
  }

  /** The network came back or the page was shown again: do not sit out the wait. */
  retryNow(): void {
    if (!this.#running || this.#socket === null || this.#socket.connected || this.connection.nextAttemptAt === null)
      return;
    clearTimeout(this.#timer);
    this.connection.nextAttemptAt = null;
    this.#socket.connect();
  }

  #tick(): void {
    const now = this.#options.now();
    this.connection.tick(now);
    this.feed.tick(this.connection.now);
  }

  #events(stopped: () => boolean): SocketEvents {
    const whileRunning =
      <A extends unknown[]>(act: (...args: A) => void) =>
      (...args: A): void => {
        if (!stopped()) act(...args);
      };
    return {
      connected: whileRunning(() => this.#connected()),
      lost: whileRunning((refused: boolean) => this.#lost(refused)),
      hello: whileRunning((hello: ServerHello) => this.#hello(hello)),
      tiles: whileRunning((tiles: readonly Tile[]) => this.#receive(tiles)),
      beat: whileRunning((asOf: string) => this.#beat(asOf)),
      feed: whileRunning((events: readonly FeedEvent[]) => {
        this.connection.heard(this.#options.now());
        this.feed.receive(events, this.connection.now);
      })
    };
  }

  #connected(): void {
    this.#attempt = 0;
    this.connection.connected = true;
    this.connection.nextAttemptAt = null;
    this.connection.heard(this.#options.now());
    if (this.#socket?.recovered === true) return;
    void this.#subscribe([...this.#watched.keys()]);
    if (this.#wantsFeed > 0) void this.#subscribeFeed();
  }

  #lost(refused: boolean): void {
    this.connection.connected = false;
    if (refused) return this.#options.onRefused();
    const wait = retryDelayMs(this.#attempt, this.#options.random());
    this.#attempt += 1;
    this.connection.nextAttemptAt = this.#options.now() + wait;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.connection.nextAttemptAt = null;
      this.#socket?.connect();
    }, wait);
  }

  #hello(hello: ServerHello): void {
    const now = this.#options.now();
    this.connection.heard(now);
    this.connection.setServerTime(Date.parse(hello.server_time), now);
    const another = this.#serverId !== null && this.#serverId !== hello.server_id;
    this.#serverId = hello.server_id;
    // what another process knows may carry smaller numbers: only a new snapshot tells
    if (another) void this.#subscribe([...this.#watched.keys()]);
  }

  #receive(tiles: readonly Tile[]): void {
    const now = this.#options.now();
    let newest: string | null = null;
    for (const tile of tiles) {
      if (!this.#watched.has(tile.id)) continue;
      this.kpi(tile.id).receive(tile, this.#serverId, now);
      if (tile.state !== 'stale' && tile.state !== 'failed' && (newest === null || tile.as_of > newest))
        newest = tile.as_of;
    }
    this.connection.heard(now, newest);
  }

  #beat(asOf: string): void {
    this.connection.heard(this.#options.now(), asOf);
    for (const id of this.#watched.keys()) this.kpi(id).beat(asOf);
  }

  async #subscribe(ids: readonly KpiId[]): Promise<void> {
    const socket = this.#socket;
    if (socket === null || ids.length === 0) return;
    try {
      const answer = await socket.subscribe(ids);
      if (answer.ok) this.#receive(answer.tiles);
    } catch {
      // no answer within its timeout: as long as the socket stands, ask again; without it, connecting asks
      if (this.#socket === socket && socket.connected) {
        this.#timer = setTimeout(() => void this.#subscribe([...this.#watched.keys()]), TICK_MS * 2);
      }
    }
  }

  async #subscribeFeed(): Promise<void> {
    try {
      const events = await this.#socket?.subscribeFeed();
      if (events !== undefined) this.feed.snapshot(events, this.connection.now);
    } catch {
      // the feed is not a figure: the next connection brings it
    }
  }
}
