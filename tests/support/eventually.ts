const POLL_MS = 20;

/**
 * Asks again until the answer is neither null nor false.
 * @throws after `withinMs`, naming what was waited for
 */
export async function eventually<T>(
  what: string,
  withinMs: number,
  ask: () => T | Promise<T>
): Promise<NonNullable<T>> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((settle) => setTimeout(settle, POLL_MS));
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
