/** Time as a dependency: tests turn it by hand. */
export interface Timers {
  /** epoch ms */
  now(): number;
  /** @returns cancels */
  after(ms: number, run: () => void): () => void;
}

export const systemTimers: Timers = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  }
};
