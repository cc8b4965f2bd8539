/** The newest events, for roles that may see them. New rows wait while the reader is busy with the old ones. */
import type { FeedEvent } from '#lib/contracts/push.ts';

const ROWS_MAX = 50;
const MINUTE_MS = 60_000;

export class LiveFeed {
  #rows = $state.raw<readonly FeedEvent[]>([]);
  #waiting = $state.raw<readonly FeedEvent[]>([]);
  #arrivals: number[] = [];
  #perMinute = $state(0);
  /** rows above this seq came while the page was open */
  #firstSeq = $state(Number.POSITIVE_INFINITY);
  #arrivedAt = new Map<number, number>();
  /** pressed “pause” */
  paused = $state(false);
  /** the pointer is over the list, or it is scrolled: inserting would move what is looked at */
  busy = $state(false);

  get rows(): readonly FeedEvent[] {
    return this.#rows;
  }
  get waiting(): number {
    return this.#waiting.length;
  }
  get perMinute(): number {
    return this.#perMinute;
  }

  /** the rows there are already, newest first */
  snapshot(events: readonly FeedEvent[]): void {
    this.#rows = events.slice(0, ROWS_MAX);
    this.#waiting = [];
    this.#firstSeq = events.reduce((highest, event) => Math.max(highest, event.seq), -1) + 1;
  }

  /** @param now local clock, ms */
  receive(events: readonly FeedEvent[], now: number): void {
    const known = new Set([...this.#rows, ...this.#waiting].map((event) => `${event.source} ${event.id}`));
    const fresh = events.filter((event) => !known.has(`${event.source} ${event.id}`));
    if (fresh.length === 0) return;
    for (const event of fresh) {
      this.#arrivals.push(now);
      this.#arrivedAt.set(event.seq, now);
    }
    const newestFirst = fresh.toSorted((a, b) => b.seq - a.seq);
    this.#waiting = [...newestFirst, ...this.#waiting].slice(0, ROWS_MAX);
    if (!this.paused && !this.busy) this.release();
    this.tick(now);
  }

  /** shows what waits */
  release(): void {
    if (this.#waiting.length === 0) return;
    this.#rows = [...this.#waiting, ...this.#rows].slice(0, ROWS_MAX);
    this.#waiting = [];
    const kept = new Set(this.#rows.map((event) => event.seq));
    for (const seq of this.#arrivedAt.keys()) if (!kept.has(seq)) this.#arrivedAt.delete(seq);
  }

  tick(now: number): void {
    const from = now - MINUTE_MS;
    const first = this.#arrivals.findIndex((at) => at > from);
    this.#arrivals = first === -1 ? [] : this.#arrivals.slice(first);
    this.#perMinute = this.#arrivals.length;
  }

  /** came while the page was open: its edge is marked for 3 s by CSS */
  isNew(event: FeedEvent): boolean {
    return event.seq >= this.#firstSeq;
  }
}
