import { expect, it, vi } from 'vitest';
import { fail, ok } from '#lib/contracts/result.ts';
import { createLoader } from './loader.server.ts';

const GAP_MS = 600_000;

it('a load that broke off is tried again soon, however long the gap between two loads is', async () => {
  vi.useFakeTimers();
  try {
    let loads = 0;
    const loader = createLoader({
      timers: {
        now: () => Date.now(),
        after(ms, then) {
          const timer = setTimeout(then, ms);
          return () => clearTimeout(timer);
        }
      },
      gapMs: () => GAP_MS,
      isClickhouseThere: () => true,
      load: () =>
        Promise.resolve(
          ++loads === 1
            ? fail({ kind: 'unreachable', retryable: true, code: 'ECONNRESET', message: 'cut' } as const)
            : ok(undefined)
        ),
      onSettled: () => undefined
    });
    loader.request('unitDays');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(loads).toBe(2);
    // and what was read keeps the gap again
    loader.request('unitDays');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(loads).toBe(2);
    await vi.advanceTimersByTimeAsync(GAP_MS);
    expect(loads).toBe(3);
    loader.stop();
  } finally {
    vi.useRealTimers();
  }
});
