/**
 * The newest frames, kept in memory until they are shipped, so that shipping parses nothing again. Bounded: what does not fit is on
 * disk anyway and is read from there until the reader has caught up.
 */
import type { LiveFrame } from './rows.ts';

export interface Limits {
  /** at least one frame is always taken */
  readonly rows: number;
  readonly bytes: number;
}

export class Tail {
  readonly #bytesMax: number;
  #frames: LiveFrame[] = [];
  #bytes = 0;
  /** the position that the next frame must begin with to adjoin what is held */
  #next: number;

  constructor(next: number, bytesMax: number) {
    this.#next = next;
    this.#bytesMax = bytesMax;
  }

  /** A frame that has become durable. Once one was turned away, all are, until {@link follow}. */
  offer(frame: LiveFrame): void {
    if (frame.frame.first !== this.#next || this.#bytes >= this.#bytesMax) return;
    this.#frames.push(frame);
    this.#bytes += frame.frame.bytes;
    this.#next = frame.frame.through + 1;
  }

  /** Holds frames from `next` on, the position behind the newest durable one. Nothing changes when none was turned away. */
  follow(next: number): void {
    if (this.#next === next) return;
    this.#frames = [];
    this.#bytes = 0;
    this.#next = next;
  }

  /** Takes frames out, beginning at exactly `from`; empty when that one is not held. */
  take(from: number, limits: Limits): LiveFrame[] {
    this.#dropBefore(from);
    if (this.#frames[0]?.frame.first !== from) return [];
    let rows = 0;
    let bytes = 0;
    let count = 0;
    for (const { frame } of this.#frames) {
      rows += frame.through - frame.first + 1;
      bytes += frame.bytes;
      if (count > 0 && (rows > limits.rows || bytes > limits.bytes)) break;
      this.#bytes -= frame.bytes;
      count++;
    }
    return this.#frames.splice(0, count);
  }

  /** What the reader has had from disk meanwhile. */
  #dropBefore(from: number): void {
    let count = 0;
    for (const { frame } of this.#frames) {
      if (frame.through >= from) break;
      this.#bytes -= frame.bytes;
      count++;
    }
    if (count > 0) this.#frames.splice(0, count);
  }
}
