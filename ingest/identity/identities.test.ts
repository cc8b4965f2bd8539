import fc from 'fast-check';
import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { ENTRY_BYTES, writeEntry } from './entry.ts';
import { Identities, identityOf } from './identities.ts';

const dirs: string[] = [];
afterEach(async () => {
  for (const dir of dirs.splice(0)) await rm(dir, { recursive: true });
});
async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'pulso-identities-'));
  dirs.push(dir);
  return dir;
}
const JOURNAL = 'a'.repeat(32);
const openIn = (dir: string, recentMax = 10, journalId = JOURNAL): Promise<Identities> =>
  Identities.open({
    dir,
    journalId,
    recentMax,
    onTrouble(error) {
      throw error;
    }
  });
const entryOf = (id: number, content = id + 1): Buffer => {
  const entry = Buffer.alloc(ENTRY_BYTES);
  writeEntry(entry, 0, { source: 'urn:t', id: String(id), content });
  return entry;
};
async function store(identities: Identities, from: number, count: number): Promise<void> {
  for (let id = from; id < from + count; id++) {
    identities.add(entryOf(id), 0);
    identities.settle(entryOf(id), id);
    await identities.settled();
  }
}

test(
  'whatever is written to runs, merged, restarted: every identity is known, and no other',
  { timeout: 60_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constant('restart' as const)), { maxLength: 12 }),
        async (steps) => {
          const dir = await folder();
          let identities = await openIn(dir, 7);
          let stored = 0;
          for (const step of steps) {
            if (step === 'restart') {
              await identities.close();
              identities = await openIn(dir, 7);
              // what was in no run yet is told again, as the journal tells it
              for (let id = identities.covered + 1; id <= stored; id++) identities.recall(entryOf(id));
              identities.settle(Buffer.alloc(0), stored);
            } else {
              await store(identities, stored + 1, step);
              stored += step;
            }
          }
          for (let id = 1; id <= stored; id++) {
            expect(identities.classify(entryOf(id), 0)).toBe('duplicate');
            expect(identities.classify(entryOf(id, 9_999), 0)).toBe('duplicate_differs');
          }
          for (let id = stored + 1; id < stored + 200; id++) expect(identities.classify(entryOf(id), 0)).toBe('new');
          expect(identities.size).toBe(stored);
          await identities.close();
        }
      ),
      { numRuns: 25 }
    );
  }
);

test('runs of one size become one, so that there are few', async () => {
  const dir = await folder();
  const identities = await openIn(dir, 10);
  await store(identities, 1, 700);
  expect((await readdir(dir)).length).toBeLessThan(12);
  expect(identities.covered).toBe(700);
  await identities.close();
});

test('a damaged run, one of another journal and leftovers of a crash are not trusted', async () => {
  const dir = await folder();
  const identities = await openIn(dir, 10);
  await store(identities, 1, 40);
  await identities.close();
  const files = (await readdir(dir)).sort();
  expect(files.length).toBeGreaterThan(2);
  await writeFile(join(dir, '0000000009-0000000009.ids.tmp'), 'half');
  const second = files[1];
  if (second === undefined) throw new Error('no second run');
  await truncate(join(dir, second), 100);
  const again = await openIn(dir, 10);
  // behind the gap nothing is claimed: it is read from ClickHouse
  expect(again.covered).toBe(10);
  expect((await readdir(dir)).length).toBe(1);
  await again.close();
  const foreign = await openIn(dir, 10, 'b'.repeat(32));
  expect(foreign.covered).toBe(0);
  expect(foreign.classify(entryOf(1), 0)).toBe('new');
  await foreign.close();
});

test('what did not become durable is new again; what could not be stored is freed, until it comes again', async () => {
  const dir = await folder();
  const identities = await openIn(dir, 10);
  identities.add(entryOf(1), 0);
  expect(identities.classify(entryOf(1), 0)).toBe('duplicate');
  identities.remove(entryOf(1), 0);
  expect(identities.classify(entryOf(1), 0)).toBe('new');
  await store(identities, 1, 25);
  for (const id of [3, 24]) {
    identities.release(identityOf(entryOf(id), 0));
    expect(identities.classify(entryOf(id), 0)).toBe('new');
    identities.add(entryOf(id, 77), 0);
    expect(identities.classify(entryOf(id, 77), 0)).toBe('duplicate');
    identities.settle(entryOf(id, 77), 26);
    expect(identities.classify(entryOf(id, 77), 0)).toBe('duplicate');
  }
  await identities.close();
});

test('a freed identity that came again is held after a restart, also when a run has it already', async () => {
  const dir = await folder();
  const identities = await openIn(dir, 10);
  await store(identities, 1, 5);
  identities.release(identityOf(entryOf(3), 0));
  identities.add(entryOf(3, 77), 0);
  identities.settle(entryOf(3, 77), 6);
  await store(identities, 7, 10);
  await identities.close();
  // it was not shipped yet, so the journal's state still calls it free; its frame is behind what runs cover
  const again = await openIn(dir, 10);
  expect(again.covered).toBeGreaterThan(6);
  again.release(identityOf(entryOf(3), 0));
  again.reclaim(entryOf(3, 77));
  expect(again.classify(entryOf(3, 77), 0)).not.toBe('new');
  await again.close();
});

test('a million identities take less than 2 MB of memory beside the newest', { timeout: 60_000 }, async () => {
  const identities = await openIn(await folder(), 100_000);
  const page = 50_000;
  for (let at = 0; at < 1_000_000; at += page) {
    const entries = Buffer.alloc(page * ENTRY_BYTES);
    for (let i = 0; i < page; i++)
      writeEntry(entries, i * ENTRY_BYTES, { source: 'urn:t', id: String(at + i), content: 1 });
    identities.settle(entries, at + page);
    await identities.settled();
  }
  expect(identities.size).toBe(1_000_000);
  expect(identities.bytes).toBeLessThan(2_000_000 + 256 * 64 * 24 * 2);
  const probes = Array.from({ length: 1_000 }, (_, index) => entryOf(index * 1_000, 1));
  expect(probes.filter((entry) => identities.classify(entry, 0) !== 'duplicate')).toEqual([]);
  expect(identities.classify(entryOf(1_000_001), 0)).toBe('new');
  await identities.close();
});
