/** What happens next: a binary heap by (moment, rank). The rank is the order of entry, so that ties are the same in every run. */
export interface Entry {
  readonly at: number;
  readonly rank: number;
  readonly run: () => void;
}

const before = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.rank < b.rank);

export class Agenda {
  readonly #heap: Entry[] = [];
  #entered = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** epoch ms of the next entry; Infinity when there is none */
  get nextAt(): number {
    return this.#heap[0]?.at ?? Infinity;
  }

  /** @param rank lower goes first among equal moments; left out: order of entry */
  add(at: number, run: () => void, rank: number = ++this.#entered): void {
    const heap = this.#heap;
    const entry = { at, rank, run };
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || !before(entry, parent)) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = entry;
  }

  take(): Entry | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      const leftIndex = 2 * index + 1;
      const left = heap[leftIndex];
      if (left === undefined) break;
      const right = heap[leftIndex + 1];
      const [child, childIndex] =
        right !== undefined && before(right, left) ? [right, leftIndex + 1] : [left, leftIndex];
      if (!before(child, last)) break;
      heap[index] = child;
      index = childIndex;
    }
    heap[index] = last;
    return first;
  }
}
