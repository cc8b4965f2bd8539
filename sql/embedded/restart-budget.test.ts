import { expect, test } from 'vitest';
import { restartBudget } from './restart-budget.server.ts';

test('restarts come slower and slower and end at the limit of the window', () => {
  const next = restartBudget({ restartsMax: 3, windowMs: 1_000 }, () => 0);
  expect([next(), next(), next(), next()]).toEqual([100, 200, 400, null]);
});

test('a crash that the window has forgotten counts no more', () => {
  let now = 0;
  const next = restartBudget({ restartsMax: 1, windowMs: 1_000 }, () => now);
  expect(next()).toBe(100);
  now = 999;
  expect(next()).toBeNull();
  now = 1_000;
  expect(next()).toBe(100);
});
