/**
 * One figure as the browser knows it. Every message is the whole value: a missed one can only be late, never wrong.
 * `seq` is compared only within one server process; of another process anything is taken.
 */
import type { KpiValue, Tile } from '#lib/contracts/kpi.ts';

/** At most one change mark a second (look.md section 7). */
const MARK_MS = 1000;

const sameValue = (a: KpiValue | null, b: KpiValue | null): boolean => JSON.stringify(a) === JSON.stringify(b);

export class LiveKpi {
  #tile = $state.raw<Tile | null>(null);
  #previous = $state.raw<KpiValue | null>(null);
  #mark = $state(0);
  #markedAt = Number.NEGATIVE_INFINITY;
  #serverId: string | null = null;

  /** null until the first word from the server */
  get tile(): Tile | null {
    return this.#tile;
  }
  /** the value before the last change; null: nothing to mark */
  get previous(): KpiValue | null {
    return this.#previous;
  }
  /** grows with each mark: a new number restarts the fade */
  get mark(): number {
    return this.#mark;
  }

  /**
   * Takes a tile unless it is older than what is known of the same server process.
   * @param now local clock, ms: only for spacing the marks
   * @returns whether it was taken
   */
  receive(tile: Tile, serverId: string | null, now: number): boolean {
    const known = this.#tile;
    if (known !== null && serverId === this.#serverId && tile.seq < known.seq) return false;
    this.#serverId = serverId;
    if (known !== null && known.value !== null && !sameValue(known.value, tile.value)) {
      if (now - this.#markedAt >= MARK_MS) {
        this.#previous = known.value;
        this.#mark += 1;
        this.#markedAt = now;
      }
    }
    this.#tile = tile;
    return true;
  }

  /** Nobody watches it any more: what it knew would only grow old. */
  forget(): void {
    this.#tile = null;
    this.#previous = null;
    this.#serverId = null;
  }

  /** The value was confirmed to hold until `asOf`: no new value, so no new seq and no mark. */
  beat(asOf: string): void {
    const known = this.#tile;
    if (known === null || known.as_of >= asOf || (known.state !== 'live' && known.state !== 'empty')) return;
    this.#tile = { ...known, as_of: asOf };
  }
}
