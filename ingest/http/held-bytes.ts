/** Asked before bytes are kept, with how many. @returns false: there is no room for them */
export type Hold = (bytes: number) => boolean;

/**
 * What all bodies of a route hold together, counted as it comes and not as it is announced: whoever promises much and sends nothing must
 * not keep others out.
 */
export class HeldBytes {
  readonly #bytesMax: number;
  #held = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Counts what `step` holds for as long as it lasts. */
  async during(step: (hold: Hold) => Promise<void>): Promise<void> {
    let held = 0;
    try {
      await step((bytes) => {
        if (this.#held + bytes > this.#bytesMax) return false;
        this.#held += bytes;
        held += bytes;
        return true;
      });
    } finally {
      this.#held -= held;
    }
  }
}
