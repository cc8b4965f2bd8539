/** The newest events, for roles that may see them. New rows wait while the reader is busy with the old ones. */
import type { FeedEvent } from '#lib/contracts/push.ts';
import type { EpochMs } from '#lib/contracts/time.ts';

const ROWS_MAX = 50;
const MINUTE_MS = 60_000;

export class LiveFeed {
  #rows = $state.raw<readonly FeedEvent[]>([]);
  #waiting = $state.raw<readonly FeedEvent[]>([]);
  /** positions by arrival, oldest first: of the last minute, and the newest before it */
  #arrivals: { readonly seq: number; readonly at: EpochMs }[] = [];
  #perMinute: number | null = $state(null);
  /** rows above this seq came while the page was open */
  #firstSeq = $state(Number.POSITIVE_INFINITY);
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
  /** events taken in the last 60 s, whether shown or not; null: the page does not know a whole minute yet */
  get perMinute(): number | null {
    return this.#perMinute;
  }

  /**
   * @param events the rows there are already, newest first
   * @param now the server's clock
   */
  snapshot(events: readonly FeedEvent[], now: EpochMs): void {
    this.#rows = events.slice(0, ROWS_MAX);
    this.#waiting = [];
    this.#firstSeq = events.reduce((highest, event) => Math.max(highest, event.seq), -1) + 1;
    this.#arrived(events, now);
  }

  /** @param now the server's clock */
  receive(events: readonly FeedEvent[], now: EpochMs): void {
    const known = new Set([...this.#rows, ...this.#waiting].map((event) => `${event.source} ${event.id}`));
    const fresh = events.filter((event) => !known.has(`${event.source} ${event.id}`));
    if (fresh.length === 0) return;
    const newestFirst = fresh.toSorted((a, b) => b.seq - a.seq);
    this.#waiting = [...newestFirst, ...this.#waiting].slice(0, ROWS_MAX);
    if (!this.paused && !this.busy) this.release();
    this.#arrived(fresh, now);
  }

  /** shows what waits */
  release(): void {
    if (this.#waiting.length === 0) return;
    this.#rows = [...this.#waiting, ...this.#rows].slice(0, ROWS_MAX);
    this.#waiting = [];
  }

  /**
   * Positions grow by one per event: from the last one taken before the minute to the newest is how many came in it, also of
   * those that a burst kept from being shown.
   * @param now the server's clock
   */
  tick(now: EpochMs): void {
    const before = this.#arrivals.findLastIndex(({ at }) => at <= now - MINUTE_MS);
    this.#arrivals = this.#arrivals.slice(Math.max(0, before));
    const newest = this.#arrivals.at(-1);
    const [oldest] = this.#arrivals;
    this.#perMinute = before === -1 || newest === undefined || oldest === undefined ? null : newest.seq - oldest.seq;
  }

  #arrived(events: readonly FeedEvent[], now: EpochMs): void {
    const known = this.#arrivals.at(-1)?.seq ?? -1;
    const arrived = events.map(({ seq, received_at }) => ({ seq, at: Date.parse(received_at) }));
    this.#arrivals.push(...arrived.filter(({ seq }) => seq > known).toSorted((a, b) => a.seq - b.seq));
    this.tick(now);
  }

  /** came while the page was open: its edge is marked for 3 s by CSS */
  isNew(event: FeedEvent): boolean {
    return event.seq >= this.#firstSeq;
  }
}
