import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BURST_SECONDS, RateLimit } from './rate-limit.ts';

test('a burst of two seconds passes, the next event waits and says how long', () => {
  const limit = new RateLimit(10, 0);
  expect(limit.take(20, 0)).toMatchObject({ isAllowed: true, remaining: 0, resetSeconds: 2 });
  expect(limit.take(5, 0)).toMatchObject({ isAllowed: false, retryAfterSeconds: 1 });
  expect(limit.take(5, 499)).toMatchObject({ isAllowed: false });
  expect(limit.take(5, 500)).toMatchObject({ isAllowed: true });
});

test('a request larger than the burst passes once the bucket is full and is paid off', () => {
  const limit = new RateLimit(10, 0);
  expect(limit.take(100, 0).isAllowed).toBe(true);
  expect(limit.take(1, 7_900).isAllowed).toBe(false);
  expect(limit.take(1, 8_200).isAllowed).toBe(true);
});

test('over any stretch no more passes than rate × time and one burst', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 400 }))), (requests) => {
      const limit = new RateLimit(10, 0);
      let now = 0;
      let passed = 0;
      for (const [events, waitMs] of requests) {
        now += waitMs;
        if (limit.take(events, now).isAllowed) passed += events;
        expect(passed).toBeLessThanOrEqual(10 * BURST_SECONDS + (now * 10) / 1_000);
      }
    })
  );
});
