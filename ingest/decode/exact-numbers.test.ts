import { expect, test } from 'vitest';
import { parseExactly } from './exact-numbers.ts';

test.each(['1e3', '1000.0', '0.1', '-0.5', '9007199254740991', '1E2', '12.50', '-1.0e-2', '0.0', '123e-2'])(
  'a number a double can hold stays a number: %s',
  (token) => {
    expect(parseExactly(`{"a":${token}}`)).toEqual({ a: Number(token) });
  }
);

test.each([
  '9007199254740993',
  '12345678901234567890',
  '10.000000000000000001',
  '1e400',
  '-9007199254740993',
  '0.1234567890123456789'
])('a number a double would change is kept as written: %s', (token) => {
  for (const text of [`{"a":${token}}`, `{"a":[${token}]}`, `{"a" : [1,\n ${token}]}`]) {
    const parsed = parseExactly(text);
    expect(JSON.stringify(parsed)).toBe(text.replaceAll(/\s/g, ''));
  }
});

test('digits inside strings are left alone', () => {
  const text = '{"time":"2026-11-24T12:00:00.123Z","memo":"a,1.5 [2.5","k":"12345678901234567890"}';
  expect(JSON.stringify(parseExactly(text))).toBe(text);
});
