/** Reads the journal in order for the shipper: from memory where it can, else from disk. */
import { DiskReader } from './disk-reader.ts';
import type { Segment } from './recover.ts';
import { toSlice, type LiveFrame, type Slice } from './rows.ts';
import { Tail, type Limits } from './tail.ts';

export class JournalReader {
  readonly #segments: readonly Segment[];
  readonly #disk = new DiskReader();
  readonly #tail: Tail;

  /**
   * @param segments the journal's own list, as it changes
   * @param next the position that will become durable next
   */
  constructor(segments: readonly Segment[], next: number, memoryBytes: number) {
    this.#segments = segments;
    this.#tail = new Tail(next, memoryBytes);
  }

  /** A frame that has become durable, in order. */
  offer(frame: LiveFrame): void {
    this.#tail.offer(frame);
  }

  /** @param durable newest position on disk, at least `from` */
  async next(from: number, durable: number, limits: Limits): Promise<Slice> {
    const held = this.#tail.take(from, limits);
    const frames = held.length > 0 ? held : await this.#fromDisk(from, durable, limits);
    const last = frames.at(-1);
    if (!last) throw new Error(`position ${from} is acknowledged and not in the journal`);
    return toSlice(frames, from, last.frame.through);
  }

  /** Exactly [from..through]. */
  async slice(from: number, through: number): Promise<Slice> {
    const frames: LiveFrame[] = [];
    let position = from;
    while (position <= through) {
      // as many as a read from disk holds: a batch may be thousands of small frames, and one keeps all that was read with it in memory
      const limits = { rows: through - position + 1, bytes: Number.POSITIVE_INFINITY };
      const read = await this.#disk.read(this.#segments, position, limits);
      const last = read.at(-1);
      if (!last) throw new Error(`position ${position} is not in the journal`);
      frames.push(...read.map((frame) => ({ frame, newest: null })));
      position = last.through + 1;
    }
    return toSlice(frames, from, through);
  }

  async #fromDisk(from: number, durable: number, limits: Limits): Promise<LiveFrame[]> {
    // nearly caught up: what becomes durable from now on is held in memory again, so that reading on meets it there
    if (durable - from < limits.rows) this.#tail.follow(durable + 1);
    const frames = await this.#disk.read(this.#segments, from, limits);
    return frames.map((frame) => ({ frame, newest: null }));
  }
}
