export interface RestartLimit {
  readonly restartsMax: number;
  readonly windowMs: number;
}

/** A process that keeps crashing must end in a clear message and not in a loop. */
export const RESTART_LIMIT: RestartLimit = { restartsMax: 5, windowMs: 60_000 };

const FIRST_DELAY_MS = 100;
const DELAY_MAX_MS = 5_000;

/**
 * Counts restarts within a sliding window.
 * @param clock monotonic milliseconds
 * @returns a function that says how long to wait before the next restart; null: too many, give up
 */
export function restartBudget({ restartsMax, windowMs }: RestartLimit, clock: () => number): () => number | null {
  let restarts: readonly number[] = [];
  return () => {
    const now = clock();
    restarts = restarts.filter((at) => now - at < windowMs);
    if (restarts.length >= restartsMax) return null;
    const delayMs = Math.min(FIRST_DELAY_MS * 2 ** restarts.length, DELAY_MAX_MS);
    restarts = [...restarts, now];
    return delayMs;
  };
}
