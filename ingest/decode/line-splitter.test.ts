import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EVENT_BYTES_MAX, NOT_JSON, type Items } from './items.ts';
import { LineSplitter } from './line-splitter.ts';

const values = (items: Items): unknown[] => Array.from({ length: items.length }, (_, index) => items.value(index));

test('wherever the chunks are cut, the lines are the same', () => {
  fc.assert(
    fc.property(
      fc.array(fc.json()),
      fc.array(fc.integer({ min: 1, max: 40 })),
      fc.boolean(),
      (lines, cuts, isEnded) => {
        const bytes = Buffer.from(lines.join('\n') + (isEnded ? '\n' : ''));
        const splitter = new LineSplitter();
        const taken: unknown[] = [];
        let from = 0;
        for (const cut of cuts) {
          splitter.push(bytes.subarray(from, from + cut));
          from += cut;
          taken.push(...values(splitter.take()));
        }
        splitter.push(bytes.subarray(from));
        splitter.end();
        taken.push(...values(splitter.take()));
        expect(taken).toEqual(lines.map((line): unknown => JSON.parse(line)));
      }
    )
  );
});

test('blank lines are no items, a line that is not JSON or not UTF-8 is one', () => {
  const splitter = new LineSplitter();
  splitter.push(Buffer.from('\ufeff{"a":1}\r\n\n  \n{"a":\n'));
  splitter.push(Buffer.from([0x22, 0xff, 0x22, 0x0a]));
  expect(values(splitter.take())).toEqual([{ a: 1 }, NOT_JSON, NOT_JSON]);
});

test('a line beyond the bound of an event is one item too large, and never held', () => {
  const splitter = new LineSplitter();
  for (let i = 0; i < 100; i++) {
    splitter.push(Buffer.alloc(64 * 1024, 'x'));
    expect(splitter.bytes).toBeLessThanOrEqual(EVENT_BYTES_MAX);
  }
  splitter.push(Buffer.from('\n7\n'));
  const items = splitter.take();
  expect([items.length, items.isTooLarge(0), items.isTooLarge(1), items.value(1)]).toEqual([2, true, false, 7]);
});
