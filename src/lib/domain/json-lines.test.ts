import fc from 'fast-check';
import { expect, test } from 'vitest';
import { faultyLine, jsonLines, lineOf } from './json-lines.ts';

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

test('a fault is found in the text as someone laid it out, and the end of JSON in one that is none', () => {
  const laidOut = '{ "id": "x",\n\n  "data": {"a": 1,\n    "lines": [\n {"sku": "S"}, {\n"sku": 5}] }\n}';
  const line = (pointer: string): string => laidOut.split('\n')[faultyLine(laidOut, pointer)] ?? '';
  expect(line('/data/lines/1/sku')).toBe('"sku": 5}] }');
  expect(line('/data/lines/0/sku')).toBe(' {"sku": "S"}, {');
  expect(line('/data/missing')).toBe('  "data": {"a": 1,');
  expect(faultyLine(laidOut, '')).toBe(0);
  expect(faultyLine('{\n  "a": 1,\n  "b" 2\n}', '')).toBe(2);
  expect(faultyLine('{\n  "a": 1\n', '')).toBe(2);
});

test('every line of what was set out is found where it stands', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), fc.jsonValue()), (value) => {
      const set = jsonLines(JSON.stringify(value, null, 4));
      const out = set.map((one) => one.text).join('\n');
      for (const { pointer } of set) expect(faultyLine(out, pointer)).toBe(pointer === '' ? 0 : lineOf(set, pointer));
    })
  );
});
