import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Throttle } from './refresh.svelte.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('refreshing', () => {
  it('runs at once, then at most once a second, and never misses the last call', async () => {
    let runs = 0;
    const throttle = new Throttle(() => Promise.resolve(void (runs += 1)), 1_000);
    for (let call = 0; call < 5; call++) throttle.call();
    await vi.advanceTimersByTimeAsync(0);
    expect(runs).toBe(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(runs).toBe(2);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(runs).toBe(2);
  });
  it('never overlaps: a slow answer holds the next question back', async () => {
    let running = 0;
    let most = 0;
    const throttle = new Throttle(async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      running -= 1;
    }, 1_000);
    throttle.call();
    await vi.advanceTimersByTimeAsync(1_500);
    throttle.call();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(most).toBe(1);
  });
  it('does nothing after it was stopped', async () => {
    let runs = 0;
    const throttle = new Throttle(() => Promise.resolve(void (runs += 1)), 1_000);
    throttle.call();
    throttle.call();
    await vi.advanceTimersByTimeAsync(0);
    throttle.stop();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(runs).toBe(1);
  });
});
