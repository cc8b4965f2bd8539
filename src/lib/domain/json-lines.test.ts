import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonLines, lineOf } from './json-lines.ts';

const text = (json: string): string =>
  jsonLines(json)
    .map((line) => line.text)
    .join('\n');

test('any JSON is set out as JSON.stringify would, and is the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(text(JSON.stringify(value))).toBe(JSON.stringify(value, null, 4));
    })
  );
});

test('numbers, escapes and repeated keys stay as they were written', () => {
  const raw = '{"a":10.000000000000000001, "a" : 1e3,"b":"\\u0041\\n"}';
  expect(text(raw)).toBe('{\n    "a": 10.000000000000000001,\n    "a": 1e3,\n    "b": "\\u0041\\n"\n}');
});

test('a pointer leads to its line, or to the nearest thing around it where it is missing', () => {
  const lines = jsonLines('{"id":"x","data":{"lines":[{"sku":"S"},{"sku":5}],"a/b":1}}');
  const at = (pointer: string): string => lines[lineOf(lines, pointer)]?.text.trim() ?? '';
  expect(at('/data/lines/1/sku')).toBe('"sku": 5');
  expect(at('/data/a~1b')).toBe('"a/b": 1');
  expect(at('/data/amount_minor')).toBe('"data": {');
  expect(at('/nothing')).toBe('{');
});

test('what is no JSON is shown as it is', () => {
  expect(text('{"a":\n1,}')).toBe('{"a":\n1,}');
  expect(text('[1] 2')).toBe('[1] 2');
});
