/**
 * Where accepted rows become durable. Appending gives each row its position at once; everything that waits is then written and synced
 * together (group commit). Positions grow by one and go on across restarts. One process, one journal, one shipper.
 */
import { mkdir, rm } from 'node:fs/promises';
import { fail, ok, type Result } from '#lib/contracts/result.ts';
import { encodeFrame, viewFrame, type Frame } from './frame.ts';
import { bytesOnDisk, Group, rowsOf, type Draft, type JournalFailure } from './group.ts';
import { lockJournal, type JournalLock } from './lock.ts';
import { recover, type Segment } from './recover.ts';
import { JournalReader } from './reader.ts';
import type { JournalRow, LiveFrame, Slice } from './rows.ts';
import { isNoSpace, SegmentWriter } from './segment-writer.ts';
import { changed, firstState, readState, writeState, type JournalState } from './state.ts';
import type { Limits } from './tail.ts';

export interface JournalOptions {
  readonly dir: string;
  /** bound of all segments together; beyond it {@link Journal.append} fails with `full` */
  readonly bytesMax: number;
  readonly segmentBytes: number;
  /** bound of what is kept in memory for the shipper */
  readonly memoryBytes: number;
  /** names this run of the machine, see rewind.ts; '' where it cannot be told */
  readonly bootId: string;
  /** called once, before any frame: this process holds the journal */
  readonly onOpening?: (state: JournalState) => Promise<void>;
  /** called for each frame found at the start, oldest first; its buffers are only valid during the call */
  readonly onFrame: (frame: Frame) => void;
  /** after each group commit: its frames, and the seconds it took to write and sync them */
  readonly onCommit?: (frames: readonly Frame[], seconds: number) => void;
}

interface Found {
  readonly state: JournalState;
  readonly segments: Segment[];
  readonly tornBytes: number;
  readonly lock: JournalLock;
}

export class Journal {
  readonly id: string;
  /** bytes cut from a torn tail at the start */
  readonly tornBytes: number;
  readonly #options: JournalOptions;
  readonly #segments: Segment[];
  readonly #writer: SegmentWriter;
  readonly #reader: JournalReader;
  readonly #lock: JournalLock;
  readonly #listeners = new Set<() => void>();
  #state: JournalState;
  /** newest position on disk */
  #acknowledged: number;
  #assigned: number;
  #pending = new Group();
  #flushing: Promise<void> | null = null;
  #committing: Group | null = null;
  #appends = 0;
  #isBroken = false;
  #isClosed = false;

  private constructor(options: JournalOptions, found: Found) {
    this.#options = options;
    this.#state = found.state;
    this.#segments = found.segments;
    this.#lock = found.lock;
    this.id = found.state.journal_id;
    this.tornBytes = found.tornBytes;
    // segments behind the shipped position may all be gone
    this.#acknowledged = Math.max(found.state.shipped, found.segments.at(-1)?.through ?? 0);
    this.#assigned = this.#acknowledged;
    this.#writer = new SegmentWriter(options.dir, this.id);
    this.#reader = new JournalReader(this.#segments, this.#acknowledged + 1, options.memoryBytes);
  }

  /**
   * Opens or creates the journal of a folder and repairs its tail.
   * @param floor a new journal gives positions beyond this one, so that they stay unique in a ClickHouse that outlived the old journal
   * @throws when another process has it, or acknowledged rows cannot be read
   */
  static async open(options: JournalOptions, floor: () => Promise<number>): Promise<Journal> {
    await mkdir(options.dir, { recursive: true, mode: 0o700 });
    const lock = lockJournal(options.dir);
    try {
      let state = await readState(options.dir);
      if (state) await options.onOpening?.(state);
      const { segments, tornBytes } = await recover(options.dir, state?.journal_id ?? '', options.onFrame);
      if (!state) {
        const first = await floor();
        state = firstState(first, options.bootId);
        await writeState(options.dir, state);
        await options.onOpening?.(state);
      }
      const journal = new Journal(options, { state, segments, tornBytes, lock });
      const last = segments.at(-1);
      if (last && last.through < state.shipped) {
        throw new Error(
          `the journal in ${options.dir} ends at ${last.through}, before ${state.shipped}, which was shipped`
        );
      }
      if (last) await journal.#writer.resume(last);
      return journal;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  get state(): JournalState {
    return this.#state;
  }

  /** Makes deduplication tokens unique to this journal, and to what was shipped since the last rewind. */
  get tokenPrefix(): string {
    return this.#state.epoch === 0 ? this.id : `${this.id}.${this.#state.epoch}`;
  }

  /** Oldest position it still holds; one beyond the newest when it holds none. */
  get oldest(): number {
    return this.#segments[0]?.first ?? this.#acknowledged + 1;
  }

  /** Newest position that is on disk. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** How often rows were appended since it was opened. */
  get appends(): number {
    return this.#appends;
  }

  /** Bytes on disk and about to be. */
  get bytes(): number {
    const onDisk = this.#segments.reduce((sum, { size }) => sum + size, 0);
    return onDisk + this.#pending.bytes + (this.#committing?.bytes ?? 0);
  }

  get isWritable(): boolean {
    return !this.#isBroken && !this.#isClosed && this.bytes < this.#options.bytesMax;
  }

  /** Called after each group commit. @returns its end */
  onDurable(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Takes rows in, all or none of them.
   * @returns at once; `first` is the position of the first, `done` tells when they are on disk, or that none of them counts
   */
  append(
    rows: readonly JournalRow[],
    receivedAt: number
  ): Result<{ readonly first: number; readonly done: Promise<Result<void, JournalFailure>> }, JournalFailure> {
    if (this.#isBroken || this.#isClosed) return fail({ kind: 'broken', retryable: true });
    if (this.bytes + bytesOnDisk(rows) > this.#options.bytesMax) return fail({ kind: 'full', retryable: true });
    this.#appends++;
    const group = this.#pending;
    const first = this.#assigned + 1;
    for (const row of rows) {
      this.#assigned++;
      group.add(row, this.#assigned, receivedAt);
    }
    // after the other requests of this turn of the event loop, so that they share the sync
    this.#flushing ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => this.#flush());
    return ok({ first, done: group.done });
  }

  /** When everything appended until now is on disk. */
  async settled(): Promise<Result<void, JournalFailure>> {
    const committing = this.#committing;
    if (this.#pending.drafts.length > 0) return this.#pending.done;
    return committing ? committing.done : ok(undefined);
  }

  async #flush(): Promise<void> {
    while (this.#pending.drafts.length > 0) {
      const group = this.#pending;
      this.#pending = new Group();
      this.#committing = group;
      const failure = await this.#commit(group.drafts);
      this.#committing = null;
      if (failure) this.#giveUp(group, failure);
      else {
        group.settle(ok(undefined));
        for (const listener of this.#listeners) listener();
      }
    }
    this.#flushing = null;
  }

  async #commit(drafts: readonly Draft[]): Promise<JournalFailure | null> {
    const began = performance.now();
    const frames = drafts.map((draft) => this.#encode(draft));
    const [first] = frames;
    const last = frames.at(-1);
    if (!first || !last) return null;
    let isOpen = false;
    try {
      const segment = this.#writer.segment;
      if (!segment || segment.size >= this.#options.segmentBytes)
        this.#segments.push(await this.#writer.roll(first.frame.first));
      isOpen = true;
      await this.#writer.write(
        frames.length === 1 ? first.bytes : Buffer.concat(frames.map(({ bytes }) => bytes)),
        last.frame.through
      );
    } catch (error) {
      return this.#recoverFrom(error, isOpen);
    }
    this.#acknowledged = last.frame.through;
    for (const { frame, newest } of frames) this.#reader.offer({ frame, newest });
    this.#options.onCommit?.(
      frames.map(({ frame }) => frame),
      (performance.now() - began) / 1_000
    );
    return null;
  }

  #encode(draft: Draft): LiveFrame & { readonly bytes: Buffer } {
    const bytes = encodeFrame({
      first: draft.first,
      durable: this.#acknowledged,
      receivedAt: draft.receivedAt,
      events: draft.events,
      quarantined: draft.rows.length - draft.events.length,
      rows: rowsOf(draft)
    });
    return { bytes, frame: viewFrame(bytes, 0), newest: draft.newest };
  }

  async #recoverFrom(error: unknown, isOpen: boolean): Promise<JournalFailure> {
    try {
      if (isOpen) await this.#writer.cut();
    } catch {
      // what the disk holds is unknown: only a restart, which reads it, may go on
      this.#isBroken = true;
    }
    return { kind: this.#isBroken || !isNoSpace(error) ? 'broken' : 'disk_full', retryable: true };
  }

  /** Whoever came behind a failed group has positions beyond a gap: all of them are told to come again. */
  #giveUp(group: Group, failure: JournalFailure): void {
    const behind = this.#pending;
    this.#pending = new Group();
    this.#assigned = this.#acknowledged;
    group.settle(fail(failure));
    behind.settle(fail(failure));
  }

  /**
   * The next rows to ship.
   * @returns null when nothing is durable from there on
   */
  async next(from: number, limits: Limits): Promise<Slice | null> {
    return from > this.#acknowledged ? null : this.#reader.next(from, this.#acknowledged, limits);
  }

  /** Exactly the rows [from..through], as they were once cut. @throws when the journal does not hold them */
  slice(from: number, through: number): Promise<Slice> {
    return this.#reader.slice(from, through);
  }

  /** Makes the shipping state durable. Call from the shipper only. */
  async saveState(
    change: Partial<Pick<JournalState, 'shipped' | 'batch' | 'left_out' | 'freed' | 'synced' | 'epoch'>>
  ): Promise<void> {
    const state = changed(this.#state, { ...change, boot_id: this.#options.bootId });
    await writeState(this.#options.dir, state);
    this.#state = state;
  }

  /** Is there a segment, beside the one in use, with nothing beyond `position`? */
  hasSegmentBehind(position: number): boolean {
    const [oldest] = this.#segments;
    return this.#segments.length > 1 && oldest !== undefined && oldest.through <= position;
  }

  /** Removes segments whose rows are all behind `synced`; the newest one stays. */
  async removeSynced(): Promise<void> {
    while (this.#segments.length > 1) {
      const [oldest] = this.#segments;
      if (!oldest || oldest.through > this.#state.synced) return;
      this.#segments.shift();
      await rm(oldest.file);
    }
  }

  /** Waits for what was appended, then lets the folder go. Appending fails from now on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#flushing;
    await this.#writer.close();
    this.#lock.release();
  }
}
