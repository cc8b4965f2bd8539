/**
 * Lists by key, those used last: two halves, of which the older is dropped when the younger is full. lru-cache keeps an
 * exact order and a size for each entry, which took a tenth of all deriving in a profile of a backfill; this takes half of that.
 */
export class RecentKeys<T> {
  #halfMax: number;
  #young = new Map<string, T[]>();
  #old = new Map<string, T[]>();
  /** entries used in the younger half: each list counts its items and one more */
  #size = 0;

  /** @param max items and keys kept, about */
  constructor(max: number) {
    this.#halfMax = max / 2;
  }

  /** A smaller bound drops the older half at once, and the rest as others come. */
  limit(max: number): void {
    if (max / 2 < this.#halfMax) this.#old = new Map();
    this.#halfMax = max / 2;
  }

  get(key: string): readonly T[] | undefined {
    return this.#find(key);
  }

  set(key: string, items: T[]): void {
    this.#old.delete(key);
    this.#young.set(key, items);
    this.#grow(items.length + 1);
  }

  /** Adds to a list that is kept. @returns false: it is not */
  push(key: string, item: T): boolean {
    const list = this.#find(key);
    if (!list) return false;
    list.push(item);
    this.#grow(1);
    return true;
  }

  clear(): void {
    this.#young = new Map();
    this.#old = new Map();
    this.#size = 0;
  }

  #find(key: string): T[] | undefined {
    const young = this.#young.get(key);
    if (young) return young;
    const old = this.#old.get(key);
    if (!old) return undefined;
    this.set(key, old);
    return old;
  }

  #grow(by: number): void {
    this.#size += by;
    if (this.#size <= this.#halfMax) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#size = 0;
  }
}
