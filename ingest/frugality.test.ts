import { expect, test } from 'vitest';
import { Frugality } from './frugality.ts';

test('frugal while a stream is open, and until what it brought is shipped', async () => {
  const frugality = new Frugality();
  const first = Promise.withResolvers<null>();
  const second = Promise.withResolvers<null>();
  expect(frugality.isOn).toBe(false);
  const streams = [first, second].map(({ promise }) => frugality.during(() => promise));
  frugality.shipped();
  expect(frugality.isOn).toBe(true);
  first.resolve(null);
  await streams[0];
  frugality.shipped();
  expect(frugality.isOn).toBe(true);
  second.reject(new Error('the client left'));
  await expect(streams[1]).rejects.toThrow();
  expect(frugality.isOn).toBe(true);
  frugality.shipped();
  expect(frugality.isOn).toBe(false);
});
