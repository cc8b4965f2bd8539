/**
 * Whose turn it is, one at a time, fairly between keys: the one that was served longest ago comes first, however many wait of another.
 * Who has begun may step aside and return, before all who have not; and few may have begun at a time, so that the others wait with
 * nothing in their hands.
 */

export interface TurnsOptions {
  /** begun and not done, of all keys and of one */
  readonly begunMax: number;
  readonly begunMaxKey: number;
}

/** `step`: what waits for it is there already, and it is over within its turn: it does not count among the begun */
type Kind = 'begin' | 'return' | 'step';

interface Waiter {
  readonly key: string;
  readonly kind: Kind;
  readonly go: () => void;
}

export class Turns {
  readonly #options: TurnsOptions;
  #isTaken = false;
  #waiting: Waiter[] = [];
  /** of keys that wait or have begun: a count of all turns when it was served last */
  readonly #servedAt = new Map<string, number>();
  #turns = 0;
  readonly #begun = new Map<string, number>();
  #begunOfAll = 0;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /** Resolves when it is its turn. */
  wait(key: string, kind: Kind): Promise<void> {
    return new Promise((go) => {
      this.#waiting.push({ key, kind, go });
      this.#next();
    });
  }

  /** Gives the turn to the next. Who has begun may return. */
  leave(key: string): void {
    this.#isTaken = false;
    this.#forget(key);
    this.#next();
  }

  /** Ends what has begun, whether or not it has the turn. */
  done(key: string): void {
    const left = this.#begunOf(key) - 1;
    if (left > 0) this.#begun.set(key, left);
    else this.#begun.delete(key);
    this.#begunOfAll--;
    this.#forget(key);
    this.#next();
  }

  #begunOf(key: string): number {
    return this.#begun.get(key) ?? 0;
  }

  /** A key of which nothing waits begins anew. */
  #forget(key: string): void {
    if (this.#begunOf(key) === 0 && this.#waiting.every((waiter) => waiter.key !== key)) this.#servedAt.delete(key);
  }

  #mayGo({ key, kind }: Waiter): boolean {
    const { begunMax, begunMaxKey } = this.#options;
    return kind !== 'begin' || (this.#begunOfAll < begunMax && this.#begunOf(key) < begunMaxKey);
  }

  #choose(): Waiter | undefined {
    const returning = this.#waiting.find(({ kind }) => kind === 'return');
    if (returning) return returning;
    let chosen: Waiter | undefined;
    let longest = Number.POSITIVE_INFINITY;
    for (const waiter of this.#waiting) {
      const servedAt = this.#servedAt.get(waiter.key) ?? -1;
      if (servedAt >= longest || !this.#mayGo(waiter)) continue;
      chosen = waiter;
      longest = servedAt;
    }
    return chosen;
  }

  #next(): void {
    if (this.#isTaken) return;
    const chosen = this.#choose();
    if (!chosen) return;
    const { key, kind, go } = chosen;
    this.#isTaken = true;
    this.#waiting = this.#waiting.filter((waiter) => waiter !== chosen);
    this.#servedAt.set(key, this.#turns++);
    if (kind === 'begin') {
      this.#begun.set(key, this.#begunOf(key) + 1);
      this.#begunOfAll++;
    }
    go();
  }
}
