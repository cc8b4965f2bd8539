import fc from 'fast-check';
import { expect, test } from 'vitest';
import { elementRanges } from './elements.ts';

const slices = (text: string): string[] => {
  const bytes = Buffer.from(text);
  return elementRanges(bytes).map(({ from, to }) => bytes.toString('utf8', from, to));
};

test('elements come out as written, whatever is nested or quoted in them', () => {
  expect(slices(' [ {"a":"],\\"}"} , [1,[2]] ,\n"x,y" , -1.5e3 ] ')).toEqual([
    '{"a":"],\\"}"}',
    '[1,[2]]',
    '"x,y"',
    '-1.5e3'
  ]);
  expect(slices('[]')).toEqual([]);
  expect(slices('[ ]')).toEqual([]);
});

test('every JSON array is cut where JSON.parse cuts it', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.constantFrom(undefined, 1, 2), (values, indent) => {
      expect(slices(JSON.stringify(values, null, indent)).map((text): unknown => JSON.parse(text))).toEqual(
        values.map((value): unknown => JSON.parse(JSON.stringify(value)))
      );
    }),
    { numRuns: 200 }
  );
});
