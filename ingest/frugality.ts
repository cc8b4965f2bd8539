/**
 * Memory before speed while a stream is open: it may last for months beside a ClickHouse that needs the memory, where a backfill by
 * requests ends. By itself V8 lets a heap grow to several times what lives in it before it looks, and a batch's objects live for a
 * second: half a million events over one connection took 600 to 900 MB. Always so, it would cost a backfill a third of its speed.
 */
import { setFlagsFromString } from 'node:v8';

/** how much the old generation of a heap, of all threads, may grow between collections; 0: V8's own judgement */
const GROWING_PERCENT = 60;

export class Frugality {
  #streams = 0;
  #isOn = false;

  get isOn(): boolean {
    return this.#isOn;
  }

  /** Runs `step`, and is frugal until all that came meanwhile is shipped, see {@link shipped}. */
  async during<T>(step: () => Promise<T>): Promise<T> {
    this.#streams++;
    this.#switch(true);
    try {
      return await step();
    } finally {
      this.#streams--;
    }
  }

  /** Nothing waits to be shipped any more. Told behind a batch, so a stream that ends later is over with the next one. */
  shipped(): void {
    if (this.#streams === 0) this.#switch(false);
  }

  #switch(isOn: boolean): void {
    if (this.#isOn === isOn) return;
    this.#isOn = isOn;
    // read by V8 at each collection, unlike flags that shape a heap when it is made
    setFlagsFromString(`--heap-growing-percent=${isOn ? GROWING_PERCENT : 0}`);
  }
}
