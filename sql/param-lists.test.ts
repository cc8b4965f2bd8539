import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PARAM_BYTES_MAX, paramBytes, paramParts, urlParamBytes } from './param-lists.server.ts';

/** As @clickhouse/client writes it. */
const plain = (text: string): string =>
  text
    .replaceAll('\\', '\\\\')
    .replaceAll('\t', '\\t')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll("'", "\\'");
const literal = (list: readonly (string | number)[]): string =>
  `[${list.map((one) => (typeof one === 'string' ? `'${plain(one)}'` : String(one))).join(',')}]`;

const KINDS = { ascii: 'a', 'two bytes': 'ç', 'three bytes': '日', 'four bytes': '😀', quotes: "'", backslashes: '\\' };
const id = (text: string, index: number): string => text.repeat(124).slice(0, 124) + String(index).padStart(4, '0');

test.each([...Object.entries(KINDS), ['mixed', "aç日'\\\t"] as const])(
  'ids of 128 characters fit in as many parts as they need: %s',
  (_, text) => {
    const ids = Array.from({ length: 3_000 }, (_unused, index) => id(text, index));
    const parts = [...paramParts(ids)];
    expect(parts.flat()).toEqual(ids);
    for (const part of parts) {
      expect(paramBytes(part)).toBe(Buffer.byteLength(literal(part)));
      expect(paramBytes(part)).toBeLessThanOrEqual(PARAM_BYTES_MAX);
    }
    // none is cut earlier than it must be
    for (const [index, part] of parts.slice(0, -1).entries())
      expect(paramBytes([...part, parts[index + 1]?.[0] ?? ''])).toBeGreaterThan(PARAM_BYTES_MAX - 1);
  }
);

test('any list comes back whole, in order, in parts that fit, and the bytes told are the bytes sent', () => {
  const text = fc.string({ unit: fc.constantFrom(...Object.values(KINDS), '\n', '\r', '\t', '"', '\u0000') });
  const list = fc.array(fc.oneof(text, fc.maxSafeInteger()), { maxLength: 60 });
  fc.assert(
    fc.property(list, fc.integer({ min: 1, max: 2_000 }), (some, times) => {
      const long = some.map((one) => (typeof one === 'string' ? one.repeat(times) : one));
      const parts = [...paramParts(long, 25)];
      expect(parts.flat()).toEqual(long);
      for (const part of parts) {
        expect(part.length).toBeLessThanOrEqual(25);
        expect(paramBytes(part)).toBe(Buffer.byteLength(literal(part)));
        expect(paramBytes(part)).toBeLessThanOrEqual(PARAM_BYTES_MAX);
      }
    }),
    { numRuns: 50 }
  );
});

test('an empty list has no part; a text alone is told without quotes; what fits nowhere is said', () => {
  expect([...paramParts([])]).toEqual([]);
  expect([paramBytes([]), paramBytes("it's"), paramBytes(12), paramBytes(['a', null])]).toEqual([2, 5, 2, 10]);
  expect([urlParamBytes('ç'), urlParamBytes([1, 2])]).toEqual([6, 11]);
  expect(() => [...paramParts(['x'.repeat(PARAM_BYTES_MAX)])]).toThrow('fits no parameter');
});
