/**
 * The engine: the doorbell says what changed, dirty parts are read, figures follow, and only tiles that look different are published.
 * Time passing alone asks ClickHouse nothing but whether it is there; crossing midnight, or an event that lay ahead of the clock, does.
 */
import type { DoorbellMessage } from '#lib/contracts/internal.ts';
import { KPI_FACTS, KPI_IDS, type KpiId, type Tile } from '#lib/contracts/kpi.ts';
import type { PartName, SomeFacts } from './facts.server.ts';
import type { Figure } from './figure.server.ts';
import { createHealth } from './health.server.ts';
import type { Kpi } from './kpi-rule.server.ts';
import { KPIS } from './kpis.server.ts';
import { createListeners } from './listeners.server.ts';
import { createLateWatch } from './late.server.ts';
import { createLoader, type Loader } from './loader.server.ts';
import { LIVE_GAP_MS, type Asking } from './part.server.ts';
import { PART_NAMES, PARTS, PAST_PARTS, WINDOWED_PARTS } from './parts.server.ts';
import { nextMovement } from './queries/events.server.ts';
import { createFactBook, type FactBook } from './fact-book.server.ts';
import { standingOf } from './standing.server.ts';
import { createTileStore, type Standing } from './tiles.server.ts';
import type { Timers } from './timers.server.ts';

const PULSE_MS = 250;
const PROBE_MS = 1_000;
const MINUTE_MS = 60_000;
/** Behind a backlog, until its last late events are surely noticed (late.server.ts). */
const CAUGHT_UP_MS = 10_000;

interface EngineLog {
  warn(fields: object, message: string): void;
}
export interface EngineOptions extends Asking {
  readonly timers: Timers;
  readonly log: EngineLog;
}
export interface Engine {
  start(): void;
  stop(): void;
  /** the doorbell was opened (again): whatever was missed is read */
  doorbellOpened(): void;
  receive(message: DoorbellMessage): void;
  tiles(ids: readonly KpiId[]): Tile[];
  /** epoch ms up to which the live figures are known to hold */
  asOf(): number;
  facts(): SomeFacts;
  /** all tiles that changed in one tick; @returns unsubscribes */
  onChange(listener: (tiles: Tile[]) => void): () => void;
  /** once a second */
  onBeat(listener: (asOf: number) => void): () => void;
  onCommitted(listener: (seq: number) => void): () => void;
}

export function createEngine(options: EngineOptions): Engine {
  return new LiveEngine(options);
}

class LiveEngine implements Engine {
  readonly #options: EngineOptions;
  readonly #book: FactBook;
  readonly #figures = new Map<KpiId, Figure | null>();
  readonly #store = createTileStore();
  readonly #health;
  readonly #late;
  readonly #loader: Loader;
  readonly #startedAt: number;
  readonly #changed = new Set<KpiId>();
  readonly #changes = createListeners<Tile[]>();
  readonly #beats = createListeners<number>();
  readonly #commits = createListeners<number>();
  #isStopped = false;
  #wasBehind = false;
  #caughtUpAt = -Infinity;
  #isProbing = false;
  #isLookingAhead = false;
  #wasThere = true;
  #probedAt = -Infinity;
  #date: string;
  #minute: number;
  #seenSeq = -1;
  /** when the next event ahead of the clock comes of age */
  #edgeAt = Infinity;
  #cancelPulse: (() => void) | null = null;
  #cancelFlush: (() => void) | null = null;

  constructor(options: EngineOptions) {
    const { timers, reader, time } = options;
    this.#options = options;
    this.#startedAt = timers.now();
    this.#health = createHealth(this.#startedAt);
    this.#date = time.at(this.#startedAt).date;
    this.#minute = Math.floor(this.#startedAt / MINUTE_MS);
    this.#book = createFactBook(options, (at) => this.#health.clickhouseAnswered(at));
    this.#loader = createLoader({
      timers,
      gapMs: (name) => PARTS[name].gapMs,
      isClickhouseThere: () => this.#health.isClickhouseThere(timers.now()),
      load: (name) => this.#book.load(name),
      onSettled: (name) => this.#settled(name)
    });
    this.#late = createLateWatch({
      timers,
      reader,
      dayStart: () => time.at(timers.now()).day_start,
      onLate: (groups) => this.#restate((name) => groups.some((group) => group === PARTS[name].late))
    });
    for (const id of KPI_IDS) this.#evaluate(id);
  }

  start(): void {
    this.#requestAll();
    this.#pulse();
  }

  stop(): void {
    this.#isStopped = true;
    this.#loader.stop();
    this.#late.stop();
    this.#cancelPulse?.();
    this.#cancelFlush?.();
  }

  doorbellOpened(): void {
    this.#late.forget();
    this.#requestAll(true);
  }

  receive(message: DoorbellMessage): void {
    switch (message.kind) {
      case 'committed':
        return this.#committed(message);
      case 'beat':
        this.#health.beat(message, this.#options.timers.now());
        if (message.waiting_since === null)
          this.#book.nothingWaits((name) => this.#loader.status(name).dirtySince === null);
        if (message.visible_seq > this.#seenSeq) this.#becameVisible(message.visible_seq, []);
        return this.#evaluateAll();
      case 'rebuilt':
        this.#late.forget();
        return this.#requestAll(true);
    }
  }

  tiles(ids: readonly KpiId[]): Tile[] {
    return ids.flatMap((id) => this.#store.get(id) ?? []);
  }

  asOf(): number {
    return this.#health.confirmedAt() ?? this.#startedAt;
  }

  facts(): SomeFacts {
    return this.#book.facts;
  }

  onChange(listener: (tiles: Tile[]) => void): () => void {
    return this.#changes.add(listener);
  }

  onBeat(listener: (asOf: number) => void): () => void {
    return this.#beats.add(listener);
  }

  onCommitted(listener: (seq: number) => void): () => void {
    return this.#commits.add(listener);
  }

  #committed(message: Extract<DoorbellMessage, { kind: 'committed' }>): void {
    this.#book.reached(message.watermarks);
    this.#late.committed(message.groups, message.seq);
    this.#becameVisible(message.seq, message.groups);
    void this.#lookAhead();
  }

  #becameVisible(seq: number, groups: readonly string[]): void {
    this.#seenSeq = Math.max(this.#seenSeq, seq);
    for (const name of PART_NAMES) {
      const dirty = PARTS[name].groups.some((group) => group === 'any' || groups.includes(group));
      if (dirty) this.#loader.request(name);
    }
    this.#commits.tell(seq);
  }

  #requestAll(isUrgent = false): void {
    for (const name of PART_NAMES) this.#loader.request(name, isUrgent);
  }

  async #lookAhead(): Promise<void> {
    const { reader, timers } = this.#options;
    const now = timers.now();
    if (this.#isLookingAhead || this.#isStopped || !this.#book.isAhead(now)) return;
    this.#isLookingAhead = true;
    const next = await reader.read(nextMovement, { as_of: now });
    this.#isLookingAhead = false;
    const at = next.ok ? (next.value[0]?.next_time ?? 0) : now + PROBE_MS;
    this.#edgeAt = at > 0 ? at : Infinity;
  }

  #settled(name: PartName): void {
    for (const id of KPI_IDS) {
      const kpi: Kpi = KPIS[id];
      if (kpi.parts.includes(name) || kpi.extras.includes(name)) this.#evaluate(id, true);
    }
  }

  #pulse(): void {
    if (this.#isStopped) return;
    const { timers, time, log } = this.#options;
    const now = timers.now();
    const { date } = time.at(now);
    const minute = Math.floor(now / MINUTE_MS);
    if (date !== this.#date) this.#requestAll(true);
    const isThere = this.#health.isClickhouseThere(now);
    if (isThere && !this.#wasThere) this.#requestAll(true);
    if (!isThere && this.#wasThere) log.warn({}, 'ClickHouse does not answer: figures are stale until it does');
    const isBehind = this.#health.fault(now) === 'not_yet_visible';
    if (this.#wasBehind && !isBehind) {
      this.#caughtUpAt = now;
      this.#restate((name) => this.#loader.status(name).dirtySince !== null);
    }
    this.#wasBehind = isBehind;
    if (now >= this.#edgeAt) {
      this.#edgeAt = Infinity;
      for (const name of WINDOWED_PARTS) this.#loader.request(name, true);
      void this.#lookAhead();
    }
    this.#evaluateAll(minute !== this.#minute);
    this.#date = date;
    this.#minute = minute;
    this.#wasThere = isThere;
    if (now - this.#probedAt >= PROBE_MS) {
      this.#probedAt = now;
      void this.#probe();
      this.#beats.tell(this.asOf());
    }
    this.#cancelPulse = timers.after(PULSE_MS, () => this.#pulse());
  }

  /** Past days changed. Right behind a backlog, mostly of past days, what was read amid it is no comparison: unknown, and read at once. */
  #restate(isMeant: (name: PartName) => boolean): void {
    const isUrgent = this.#options.timers.now() - this.#caughtUpAt < CAUGHT_UP_MS;
    for (const name of PAST_PARTS.filter(isMeant)) {
      if (isUrgent) this.#book.forget(name);
      this.#loader.request(name, isUrgent);
      if (isUrgent) this.#settled(name);
    }
  }

  async #probe(): Promise<void> {
    if (this.#isProbing) return;
    this.#isProbing = true;
    const sentAt = this.#options.timers.now();
    if (await this.#options.reader.ping()) this.#health.clickhouseAnswered(sentAt);
    this.#isProbing = false;
  }

  #evaluateAll(isNewFigure = false): void {
    for (const id of KPI_IDS) this.#evaluate(id, isNewFigure);
  }

  #evaluate(id: KpiId, isNewFigure = false): void {
    const { time, currency, timers } = this.#options;
    const kpi: Kpi = KPIS[id];
    const now = timers.now();
    if (isNewFigure) this.#figures.set(id, kpi.figure(this.#book.facts, { time, currency, now }));
    const figure = this.#figures.get(id) ?? null;
    if (this.#store.put(id, figure, this.#standing(id, kpi, figure))) this.#announce(id);
  }

  #standing(id: KpiId, kpi: Kpi, figure: Figure | null): Standing {
    return standingOf({
      now: this.#options.timers.now(),
      startedAt: this.#startedAt,
      health: this.#health,
      figure,
      parts: kpi.parts.map((name) => ({
        ...this.#loader.status(name),
        isLive: PARTS[name].gapMs === LIVE_GAP_MS,
        watermarks: this.#book.watermarksOf(name)
      })),
      streams: KPI_FACTS[id].streams,
      previousAsOf: Date.parse(this.#store.get(id)?.as_of ?? '') || 0
    });
  }

  #announce(id: KpiId): void {
    this.#changed.add(id);
    this.#cancelFlush ??= this.#options.timers.after(0, () => {
      this.#cancelFlush = null;
      const tiles = this.tiles([...this.#changed]);
      this.#changed.clear();
      this.#changes.tell(tiles);
    });
  }
}
