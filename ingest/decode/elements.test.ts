import fc from 'fast-check';
import { expect, test } from 'vitest';
import { elementsOf } from './elements.ts';

const trimmed = (text: string): string[] | undefined => elementsOf(text, 100)?.map((element) => element.trim());

test('elements come out as written, whatever is nested or quoted in them', () => {
  expect(trimmed(' [ {"a":"],\\"}\\\\"} , [1,[2]] ,\n"x,y" , -1.5e3 ] ')).toEqual([
    '{"a":"],\\"}\\\\"}',
    '[1,[2]]',
    '"x,y"',
    '-1.5e3'
  ]);
  expect(trimmed('[]')).toEqual([]);
  expect(trimmed(' [ ] ')).toEqual([]);
});

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return 'not JSON';
  }
};
/** What the elements say, taken together. */
const together = (text: string): unknown => {
  const values = elementsOf(text, 100)?.map(parsed) ?? ['not JSON'];
  return values.includes('not JSON') ? 'not JSON' : values;
};

test('every JSON array is cut where JSON.parse cuts it', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.constantFrom(undefined, 1, 2), (values, indent) => {
      const text = JSON.stringify(values, null, indent);
      expect(elementsOf(text, 100)?.map(parsed)).toEqual(parsed(text));
    }),
    { numRuns: 200 }
  );
});

test('an array is JSON when all of its elements are, and only then', () => {
  const token = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    '"a"',
    '"a":1',
    '1',
    ' ',
    '\n',
    '\u00a0',
    'null',
    '{}',
    '[]'
  );
  let arrays = 0;
  fc.assert(
    fc.property(fc.array(token, { maxLength: 8 }), (tokens) => {
      const text = `[${tokens.join('')}]`;
      expect(together(text)).toEqual(parsed(text));
      if (Array.isArray(parsed(text))) arrays++;
    }),
    { numRuns: 20_000 }
  );
  // both sorts came
  expect(arrays).toBeGreaterThan(500);
  for (const text of ['[1', '[1]]', '[1] 2', '[', '[1],', '[1}', '["a]', '["a\\"]', '1', ''])
    expect(together(text)).toBe('not JSON');
});

test('of more elements than asked for come no more than one', () => {
  expect(elementsOf('[1,2,3]', 3)).toEqual(['1', '2', '3']);
  expect(elementsOf('[1,2,3,4,"', 2)).toEqual(['1', '2', '3']);
});
