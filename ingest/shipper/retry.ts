/** Patience with a ClickHouse that is away: forever, ever slower up to 2 s, never in step with others. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Result } from '#lib/contracts/result.ts';
import type { ClickHouseFailure } from '#sql/interface.server.ts';

const FIRST_MS = 50;
const MOST_MS = 2_000;

/** @param random 0 ≤ n < 1; @returns half to all of the exponential step */
export const backoffMs = (attempt: number, random: number): number =>
  Math.min(MOST_MS, FIRST_MS * 2 ** attempt) * (0.5 + random / 2);

export interface Patience {
  /** aborting it ends the waiting */
  readonly signal: AbortSignal;
  readonly random: () => number;
  readonly onFailure: (failure: ClickHouseFailure, attempt: number) => void;
}

/**
 * Repeats a step until it succeeds.
 * @returns the step's value; null when the signal was aborted first
 */
export async function untilDone<T>(
  step: (attempt: number) => Promise<Result<T, ClickHouseFailure>>,
  patience: Patience
): Promise<{ readonly value: T } | null> {
  for (let attempt = 0; !patience.signal.aborted; attempt++) {
    const answer = await step(attempt);
    if (answer.ok) return { value: answer.value };
    patience.onFailure(answer.failure, attempt);
    await sleep(backoffMs(attempt, patience.random()), undefined, { signal: patience.signal }).catch(() => undefined);
  }
  return null;
}
