import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { ENTRY_BYTES, writeEntry } from './entry.ts';
import { createIdentityTable } from './table.ts';

const entry = (id: string, content = 7): Buffer => {
  const buffer = Buffer.alloc(ENTRY_BYTES);
  writeEntry(buffer, 0, { source: 'urn:t', id, content });
  return buffer;
};

test('an entry is the identity expression of events_raw_v1 and the content hash', () => {
  const content = 0x000f_1234_5678_9abc;
  const bytes = entry('é', content);
  expect(bytes.subarray(0, 16)).toEqual(createHash('sha256').update('urn:t\0é').digest().subarray(0, 16));
  expect(bytes.readBigUInt64LE(16)).toBe(BigInt(content));
});

test('the same identity is a duplicate, and one with another content differs', () => {
  const identities = createIdentityTable();
  expect(identities.classify(entry('a'), 0)).toBe('new');
  identities.add(entry('a'), 0);
  identities.add(entry('a', 8), 0);
  expect(identities.classify(entry('a'), 0)).toBe('duplicate');
  expect(identities.classify(entry('a', 8), 0)).toBe('duplicate_differs');
  expect(identities.classify(entry('b'), 0)).toBe('new');
  expect(identities.size).toBe(1);
});

test('identities that share shard and slot are kept apart, added and taken back in any order', () => {
  // first byte (shard) and second word (slot) in small ranges force collisions and wrap-around
  const crowded = fc
    .tuple(fc.constantFrom(0, 0xffff_ffff, 0x8000_0000, 5), fc.integer({ min: 0, max: 30 }))
    .map(([slot, rest]) => {
      const buffer = Buffer.alloc(ENTRY_BYTES);
      buffer.writeUInt32LE(slot, 4);
      buffer.writeUInt32LE(rest, 8);
      buffer.writeUInt32LE(1, 16);
      return buffer;
    });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), crowded), { maxLength: 300 }), (steps) => {
      const identities = createIdentityTable();
      const model = new Set<string>();
      for (const [isAdd, bytes] of steps) {
        const key = bytes.toString('hex');
        expect(identities.classify(bytes, 0) === 'new').toBe(!model.has(key));
        if (isAdd) {
          identities.add(bytes, 0);
          model.add(key);
        } else {
          identities.remove(bytes, 0);
          model.delete(key);
        }
        expect(identities.size).toBe(model.size);
      }
      for (const key of model) expect(identities.classify(Buffer.from(key, 'hex'), 0)).toBe('duplicate');
    }),
    { numRuns: 200 }
  );
});

test('a hundred thousand identities stay exact at less than 50 bytes each', () => {
  const identities = createIdentityTable();
  const count = 100_000;
  const entries = Buffer.alloc(count * ENTRY_BYTES);
  for (let i = 0; i < count; i++) {
    writeEntry(entries, i * ENTRY_BYTES, { source: 'urn:t', id: String(i), content: i + 1 });
    identities.add(entries, i * ENTRY_BYTES);
  }
  for (let i = 0; i < count; i++)
    if (identities.classify(entries, i * ENTRY_BYTES) !== 'duplicate') throw new Error(`lost ${i}`);
  expect(identities.classify(entry('-1'), 0)).toBe('new');
  expect(identities.bytes / count).toBeLessThan(50);
});
