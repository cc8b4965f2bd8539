/**
 * Rows as bytes while they wait to be journaled. As texts they would live in V8's heap meanwhile, where each collection of garbage copies
 * them: that took a fifth of all the time the service spent on a request of a thousand events.
 */

/** A row's text in UTF-8, in a block that it may share with others. */
export interface RowBytes {
  readonly block: Buffer;
  readonly from: number;
  readonly to: number;
}

const BLOCK_BYTES_MIN = 4 * 1024;
const BLOCK_BYTES_MAX = 256 * 1024;
/** of a UTF-16 code unit in UTF-8 */
const BYTES_A_UNIT_MAX = 3;

/** Blocks for the rows of one request. They go with the last of its rows. */
export class RowBlocks {
  #block = Buffer.alloc(0);
  #used = 0;

  put(text: string): RowBytes {
    // two times out of three too much, and known without counting
    const most = text.length * BYTES_A_UNIT_MAX;
    if (this.#block.length - this.#used < most) this.#begin(most);
    const from = this.#used;
    this.#used += this.#block.write(text, from);
    return { block: this.#block, from, to: this.#used };
  }

  /** The first is for one row, as most requests have no more, and comes out of Node's pool; each next one is twice as large as the last. */
  #begin(bytesMin: number): void {
    const isFirst = this.#block.length === 0;
    const usual = isFirst ? 0 : Math.min(BLOCK_BYTES_MAX, Math.max(BLOCK_BYTES_MIN, this.#block.length * 2));
    this.#block = Buffer.allocUnsafe(Math.max(usual, bytesMin));
    this.#used = 0;
  }
}
