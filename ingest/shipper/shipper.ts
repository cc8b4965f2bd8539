/**
 * The one way from the journal to ClickHouse. A batch's borders are on disk before its first insert, so whatever crash comes, it is
 * repeated with the same rows under the same tokens, and ClickHouse drops what it had already.
 * Order: raw rows, quarantine rows, derived rows (ringing the doorbell as each group is there), then the shipped position.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Result } from '#lib/contracts/result.ts';
import type { FactGroup, Stream } from '#lib/contracts/streams.ts';
import type { Frugality } from '#ingest/frugality.ts';
import type { DeriverThread } from '#ingest/derive/deriver-in-thread.ts';
import type { Journal } from '#ingest/journal/journal.ts';
import { headsOf, moveOn, type RowHead, type Slice } from '#ingest/journal/rows.ts';
import type { OpenQuarantine } from '#ingest/quarantine/open-quarantine.ts';
import type { ClickHouseFailure, Writer } from '#sql/interface.server.ts';
import { Mutex } from './mutex.ts';
import { RawRows } from './raw-rows.ts';
import { untilDone, type Patience } from './retry.ts';
import type { Timeline } from './timeline.ts';

/** An insert costs the same for one row as for thousands: at low rates batches begin no closer. An idle shipper begins at once. */
const BETWEEN_BATCHES_MS = 40;
/** From this many requests a batch on, a batch more is dearer than a wait as long as the last one took: half of the time is the senders'. */
const FAST_REQUESTS = 100;
const REST_MAX_MS = 200;
/** As many are worth a batch at once. */
const WAITING_MAX = 2_000;
/** Larger ones are cheaper an event and cost memory: deriving holds ≈ 7 kB of each. */
const BATCH = { rows: 40_000, bytes: 20 * 1024 * 1024 } as const;
const FRUGAL_BATCH = { rows: 7_500, bytes: 5 * 1024 * 1024 } as const;
const TROUBLE_REST_MS = 1_000;
/** sync(2) of everything on ClickHouse's machine, which may have gigabytes to write; its inserts are not synced by themselves */
const SYNC = 'SYSTEM SYNC FILE CACHE';
const SYNC_TIMEOUT_MS = 5 * 60_000;
const SYNC_AT_END_MS = 1_000;
/** bounds what a rewind after a power loss has to ship again */
const SYNC_EVERY_MS = 15_000;
const STEP_ENDS_WITHIN_MS = 500;

export interface ShipperOptions {
  readonly journal: Journal;
  readonly writer: Writer;
  readonly deriver: Pick<DeriverThread, 'derive'>;
  readonly quarantine: OpenQuarantine;
  /** newest event time of each stream, epoch ms; the shipper moves it on */
  readonly watermarks: Map<Stream, number>;
  readonly timeline: Timeline;
  readonly frugality: Pick<Frugality, 'isOn' | 'shipped'>;
  /** epoch ms */
  readonly now: () => number;
  readonly random: () => number;
  readonly onCommitted: (groups: readonly FactGroup[], seq: number) => void;
  /** an event that ClickHouse does not take goes to quarantine; its identity (hexadecimal) is free again */
  readonly onRefused: (event: RowHead, identity: string) => void;
  readonly onFailure: (step: string, failure: ClickHouseFailure, attempt: number) => void;
  /** called before segments of the journal are removed */
  readonly onLeaving: () => Promise<void>;
  /** a fault on our side of the line: disk or program */
  readonly onTrouble: (error: unknown) => void;
}

type Step = (attempt: number) => Promise<Result<void, ClickHouseFailure>>;
type StepName = 'insert' | 'isolate' | 'derive' | 'close_quarantine';
const newWake = (): { readonly promise: Promise<void>; readonly resolve: () => void } => Promise.withResolvers();

export class Shipper {
  readonly #options: ShipperOptions;
  readonly #rawRows: RawRows;
  readonly #mutex = new Mutex();
  readonly #stopping = new AbortController();
  #wake = newWake();
  #running: Promise<void> | null = null;
  #shipped: number;
  #isSyncing = false;
  #syncedAt = performance.now();
  #syncTimer: NodeJS.Timeout | undefined;
  /** epoch ms; what is not yet visible was received after it */
  #waitingSince: number | null = null;
  #began = 0;
  /** when the last batch was done */
  #ended = 0;
  /** requests that came while the last batch was under way */
  #requests = 0;
  #appends = 0;

  constructor(options: ShipperOptions) {
    this.#options = options;
    this.#rawRows = new RawRows({ ...options, step: (name, step) => this.#step(name, step) });
    this.#shipped = options.journal.state.shipped;
    if (options.journal.acknowledged > this.#shipped) this.#waitingSince = options.now();
  }

  /** Everything up to here is in every figure. */
  get visible(): number {
    return this.#shipped;
  }

  /** Epoch ms since when something acknowledged waits to be visible; null: nothing does. */
  get waitingSince(): number | null {
    return this.#options.journal.acknowledged > this.#shipped ? (this.#waitingSince ?? this.#options.now()) : null;
  }

  start(): void {
    this.#options.journal.onDurable(() => {
      this.#waitingSince ??= this.#options.now();
      this.#wake.resolve();
    });
    this.#syncTimer = setInterval(() => this.#syncSometimes(), SYNC_EVERY_MS).unref();
    this.#running = this.#run();
  }

  /**
   * Runs `step` between two batches, while nothing is shipped. No batch may be repeated after it: `step` exchanges tables, and the new
   * ones do not know its tokens. So one that an earlier run left half done goes first, and that all is done is made durable.
   */
  exclusive<T>(step: () => Promise<T>): Promise<T> {
    return this.#mutex.run(async () => {
      while (this.#hasUnfinished && !this.#stopping.signal.aborted) await this.#shipNext();
      await this.#saveShipped();
      return step();
    });
  }

  async #saveShipped(): Promise<void> {
    const { journal } = this.#options;
    if (journal.state.batch !== null) await journal.saveState({ shipped: this.#shipped, batch: null });
  }

  get #hasUnfinished(): boolean {
    const { batch } = this.#options.journal.state;
    return batch !== null && batch.through > this.#shipped;
  }

  /** Ships what it can until the deadline, then leaves the rest in the journal. */
  async stop(withinMs: number): Promise<void> {
    const deadline = this.#options.now() + withinMs;
    while (this.#options.journal.acknowledged > this.#shipped && this.#options.now() < deadline) await sleep(20);
    this.#stopping.abort();
    clearInterval(this.#syncTimer);
    this.#wake.resolve();
    const isIdle = await Promise.race([
      this.#running?.then(() => true),
      sleep(STEP_ENDS_WITHIN_MS, false, { ref: false })
    ]);
    if (isIdle === true) await this.#syncAtEnd();
  }

  /** So that a machine switched off in order needs no rewind. */
  async #syncAtEnd(): Promise<void> {
    const { journal, writer } = this.#options;
    if (journal.state.synced === this.#shipped) return;
    const answer = await writer.command('sync', SYNC, { timeoutMs: SYNC_AT_END_MS });
    const isDone = journal.state.batch === null || journal.state.batch.through <= this.#shipped;
    if (answer.ok && isDone) await journal.saveState({ shipped: this.#shipped, synced: this.#shipped, batch: null });
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#wake = newWake();
      if (!this.#hasUnfinished && this.#options.journal.acknowledged <= this.#shipped) {
        await this.#wake.promise;
        continue;
      }
      await this.#pace();
      try {
        await this.#mutex.run(() => this.#shipNext());
      } catch (error) {
        // the state cannot be written (a full disk), or a row cannot be read: nothing is skipped, it is tried again
        this.#options.onTrouble(error);
        await sleep(TROUBLE_REST_MS, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      }
    }
  }

  /** Waits until batches are far enough apart, unless many wait already. */
  async #pace(): Promise<void> {
    const took = this.#requests < FAST_REQUESTS ? 0 : Math.min(this.#ended - this.#began, REST_MAX_MS);
    const rest = Math.max(this.#began + BETWEEN_BATCHES_MS, this.#ended + took) - performance.now();
    if (rest <= 0 || this.#options.journal.acknowledged - this.#shipped >= WAITING_MAX) return;
    await sleep(rest, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  async #shipNext(): Promise<void> {
    const { journal, frugality } = this.#options;
    const { batch } = journal.state;
    const takenAt = this.#options.now();
    this.#began = performance.now();
    const isRepeated = batch !== null && this.#hasUnfinished;
    const slice = isRepeated
      ? await journal.slice(batch.from, batch.through)
      : await journal.next(this.#shipped + 1, frugality.isOn ? FRUGAL_BATCH : BATCH);
    if (!slice) return;
    this.#waitingSince = slice.receivedAt;
    this.#options.timeline.begin(slice, takenAt);
    await journal.saveState({
      shipped: this.#shipped,
      batch: { from: slice.from, through: slice.through }
    });
    if (!(await this.#deliver(slice, isRepeated))) return;
    this.#ended = performance.now();
    this.#requests = journal.appends - this.#appends;
    this.#appends = journal.appends;
    this.#shipped = slice.through;
    this.#waitingSince = journal.acknowledged > this.#shipped ? takenAt : null;
    // busy: the next batch's borders are written with it; idle: a restart has nothing to repeat
    if (journal.acknowledged > this.#shipped) return this.#syncSometimes();
    frugality.shipped();
    await this.#saveShipped();
    this.#syncSometimes();
  }

  /** @returns false: stopped before all of it was there; it will be repeated */
  async #deliver(slice: Slice, isRepeated: boolean): Promise<boolean> {
    const { writer, deriver, frugality, quarantine, now, onCommitted } = this.#options;
    const { from, through } = slice;
    const taken = await this.#rawRows.insert(slice, isRepeated);
    if (!taken || !(await this.#rawRows.insertQuarantine(taken, isRepeated))) return false;
    const { eventRows } = taken;
    this.#options.timeline.end('ship');
    this.#moveWatermarks(taken);
    if (!eventRows) {
      this.#options.timeline.visible();
      return true;
    }
    const rung: FactGroup[] = [];
    const ring = (groups: readonly FactGroup[]): void => {
      rung.push(...groups);
      onCommitted(groups, through);
    };
    const derive = (attempt: number): ReturnType<Step> =>
      deriver.derive(
        { from, through, rows: eventRows, isFrugal: frugality.isOn, isRepeated: isRepeated || attempt > 0 },
        ring
      );
    if (!(await this.#step('derive', derive))) return false;
    this.#options.timeline.end('derive');
    this.#options.timeline.visible();
    // no figure changed, but the newest events are there to be listed
    if (rung.length === 0) onCommitted([], through);
    await this.#rawRows.takeBackFreed(eventRows);
    return this.#step('close_quarantine', () => quarantine.close(writer, headsOf(eventRows), now()));
  }

  async #step(name: StepName, step: Step): Promise<boolean> {
    const patience: Patience = {
      signal: this.#stopping.signal,
      random: this.#options.random,
      onFailure: (failure, attempt) => this.#options.onFailure(name, failure, attempt)
    };
    return (await untilDone(step, patience)) !== null;
  }

  #moveWatermarks({ newest }: Slice): void {
    const { watermarks } = this.#options;
    for (const [stream, time] of newest) moveOn(watermarks, stream, time);
  }

  /**
   * ClickHouse does not sync its inserts. Before a segment goes, the server is told to write everything to disk; what was shipped
   * before that is then safe. (Merged parts are covered too: their sources stay for minutes.)
   */
  #syncSometimes(): void {
    const { journal } = this.#options;
    const isDue = performance.now() - this.#syncedAt >= SYNC_EVERY_MS && journal.state.synced < this.#shipped;
    if (this.#isSyncing || this.#stopping.signal.aborted || !(isDue || journal.hasSegmentBehind(this.#shipped))) return;
    this.#isSyncing = true;
    void this.#sync().then((isSynced) => {
      this.#isSyncing = false;
      this.#syncedAt = performance.now();
      // more may have been shipped meanwhile, and a full journal brings no next batch to ask again
      if (isSynced) this.#syncSometimes();
    });
  }

  async #sync(): Promise<boolean> {
    const { journal, writer, onFailure } = this.#options;
    const reached = this.#shipped;
    const answer = await writer.command('sync', SYNC, { timeoutMs: SYNC_TIMEOUT_MS });
    if (!answer.ok) {
      onFailure('sync', answer.failure, 0);
      return false;
    }
    try {
      if (journal.hasSegmentBehind(reached)) await this.#options.onLeaving();
      await this.#mutex.run(async () => {
        if (this.#stopping.signal.aborted) return;
        await journal.saveState({ synced: reached });
        await journal.removeSynced();
      });
      return true;
    } catch (error) {
      this.#options.onTrouble(error);
      return false;
    }
  }
}
