import { expect, test } from 'vitest';
import { fail, ok } from '#lib/contracts/result.ts';
import type { ClickHouseFailure } from '#sql/interface.server.ts';
import { backoffMs, untilDone } from './retry.ts';

const away: ClickHouseFailure = { kind: 'unreachable', retryable: true, code: 'ECONNREFUSED', message: '' };

test('waits grow to two seconds, and never all alike', () => {
  expect([0, 1, 2, 5, 6, 500].map((attempt) => backoffMs(attempt, 1))).toEqual([50, 100, 200, 1_600, 2_000, 2_000]);
  expect(backoffMs(2, 0)).toBe(100);
});

test('a step is repeated until it is done, and each failure is told', async () => {
  const told: number[] = [];
  let tries = 0;
  const done = await untilDone(() => Promise.resolve(++tries < 3 ? fail(away) : ok('there')), {
    signal: new AbortController().signal,
    random: () => 0,
    onFailure: (_failure, attempt) => told.push(attempt)
  });
  expect(done).toEqual({ value: 'there' });
  expect(told).toEqual([0, 1]);
});

test('a stop ends the waiting without the step', async () => {
  const stop = new AbortController();
  const done = await untilDone(() => Promise.resolve(fail(away)), {
    signal: stop.signal,
    random: () => 1,
    onFailure: () => stop.abort()
  });
  expect(done).toBeNull();
});
