import { expect, test } from 'vitest';
import { readTarget } from './target.ts';

const told = (target: string): string | null => {
  const url = readTarget(target);
  return url instanceof URL ? url.pathname + url.search : url;
};

test.each([
  '/v1/events',
  '/v1/events?backfill=true&x=//a/../b\\c',
  '/v1/webhooks/pix/loja.1/pix',
  '/v1/webhooks/stripe/a..b/',
  '/v1/webhooks/stripe/...',
  '/'
])('a path is served as it was written: %s', (target) => {
  expect(told(target)).toBe(target);
});

test.each([
  '//x/v1/events',
  '/v1//events',
  '/v1/events//',
  '/v1/webhooks/../events',
  '/v1/webhooks/%2E%2e/events',
  '/v1/webhooks/.%2e/events',
  '/v1/./events',
  '/v1/events/.',
  '/v1/events/..?stream=true',
  '/v1\\events',
  '\\v1\\events',
  'http://ingest/v1/events',
  'v1/events',
  '*',
  ''
])('a path that would have to be made into another one is none: %s', (target) => {
  expect(told(target)).toBeNull();
});

test('a fragment is no part of a request', () => {
  expect(told('/v1/events#x')).toBe('malformed');
});
