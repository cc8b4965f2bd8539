import { constants } from 'node:fs';
import {
  appendFile,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  truncate,
  writeFile
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { decodeItem } from '#ingest/decode/event.ts';
import { readItems } from '#ingest/decode/items.ts';
import { toEventRow, toQuarantineRow } from '#ingest/decode/rows.ts';
import { createMetrics } from '#ingest/http/metrics.ts';
import { createReceive, type Receive } from '#ingest/http/receive.ts';
import { Identities } from '#ingest/identity/identities.ts';
import type { ActiveKey } from '#ingest/keys/keyring.ts';
import { OpenQuarantine } from '#ingest/quarantine/open-quarantine.ts';
import { ENTRY_BYTES, writeEntry } from '#ingest/identity/entry.ts';
import { inspectJournal } from '#ingest/journal/inspect.ts';
import { Journal, type JournalOptions } from '#ingest/journal/journal.ts';
import { RowBlocks } from '#ingest/journal/row-blocks.ts';
import { headOf, linesOf, type JournalRow, type RowHead, type Slice } from '#ingest/journal/rows.ts';

const MIB = 1024 * 1024;
const LIMITS = { rows: 1_000, bytes: MIB };

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'pulso-journal-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

function openJournal(dir: string, options: Partial<JournalOptions> = {}): Promise<Journal> {
  return Journal.open(
    { dir, bytesMax: 64 * MIB, segmentBytes: MIB, memoryBytes: MIB, bootId: '', onFrame: () => undefined, ...options },
    () => Promise.resolve(0)
  );
}

/** A real row: `type` unknown makes it one for quarantine. */
function row(id: string, type = 'product.updated'): JournalRow {
  const text = JSON.stringify({ id, source: 'urn:t', type, data: { sku: `S-${id}`, name: 'x'.repeat(100) } });
  const items = readItems(Buffer.from(text), 'json');
  if (!items.ok) throw new Error(items.failure.message);
  const item = decodeItem(items.value, 0, { receivedAt: 1_000, allowance: { sources: new Set(), types: new Set() } });
  if (item.kind === 'quarantined')
    return { kind: 'quarantine', ...new RowBlocks().put(toQuarantineRow(item, 1_000, 'key')) };
  if (item.kind === 'rejected') throw new Error(item.fault.message);
  const entries = Buffer.alloc(ENTRY_BYTES);
  writeEntry(entries, 0, { source: 'urn:t', id, content: item.content });
  const bytes = new RowBlocks().put(toEventRow(item));
  return { kind: 'event', stream: item.stream, time: item.event.time, ...bytes, entries, entryAt: 0 };
}

async function append(journal: Journal, ...ids: string[]): Promise<void> {
  const appended = journal.append(
    ids.map((id) => row(id)),
    1_000
  );
  if (!appended.ok) throw new Error(appended.failure.kind);
  const done = await appended.value.done;
  if (!done.ok) throw new Error(done.failure.kind);
}

async function readAll(journal: Journal, from = 1): Promise<Slice[]> {
  const slices: Slice[] = [];
  for (let next = from; ;) {
    const slice = await journal.next(next, LIMITS);
    if (!slice) return slices;
    slices.push(slice);
    next = slice.through + 1;
  }
}
const headsOf = ({ eventRows }: Slice): RowHead[] => Array.from(linesOf(eventRows ?? Buffer.alloc(0)), headOf);
const idsOf = (slices: readonly Slice[]): string[] => slices.flatMap(headsOf).map(({ id }) => id);
const rowsOf = (slices: readonly Slice[]): unknown[] =>
  slices.flatMap(({ eventRows }) =>
    (eventRows?.toString().trimEnd().split('\n') ?? []).map((line): unknown => JSON.parse(line))
  );
const numbered = (count: number, from = 1): string[] => Array.from({ length: count }, (_, i) => String(from + i));

/** Flags with which this process holds the newest segment of a folder (proc_pid_fdinfo(5): octal). */
async function flagsOfSegment(dir: string): Promise<number> {
  for (const fd of await readdir('/proc/self/fd')) {
    const target = await readlink(`/proc/self/fd/${fd}`).catch(() => '');
    if (!target.startsWith(dir) || !target.endsWith('.journal')) continue;
    const info = await readFile(`/proc/self/fdinfo/${fd}`, 'utf8');
    return Number.parseInt(/^flags:\s*(\d+)/m.exec(info)?.[1] ?? '', 8);
  }
  throw new Error(`no segment of ${dir} is open`);
}

test('on Linux a write to a segment is its sync, in a new one and in one of an earlier run: no crash of ours could show that it is not', async () => {
  const dir = await folder();
  for (const id of ['1', '2']) {
    const journal = await openJournal(dir);
    await append(journal, id);
    expect((await flagsOfSegment(dir)) & constants.O_DSYNC).toBe(constants.O_DSYNC);
    await journal.close();
  }
});

test('what was acknowledged comes back after a restart, with its positions, and positions go on', async () => {
  const dir = await folder();
  const first = await openJournal(dir);
  await Promise.all([append(first, '1', '2'), append(first, '3')]);
  await first.close();
  const second = await openJournal(dir);
  expect(second.id).toBe(first.id);
  expect(second.acknowledged).toBe(3);
  await append(second, '4');
  const slices = await readAll(second);
  expect(idsOf(slices)).toEqual(['1', '2', '3', '4']);
  expect(slices.flatMap(headsOf).map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  expect(rowsOf(slices)).toMatchObject([
    { seq: 1, id: '1' },
    { seq: 2 },
    { seq: 3 },
    { seq: 4, id: '4', type: 'product.updated' }
  ]);
  await second.close();
});

test('events and quarantine rows share the positions and go to their own tables', async () => {
  const journal = await openJournal(await folder());
  const appended = journal.append([row('1'), row('q', 'nonsense'), row('2')], 1_000);
  expect(appended.ok && (await appended.value.done).ok).toBe(true);
  const slice = await journal.next(1, LIMITS);
  expect(slice && headsOf(slice).map(({ seq }) => seq)).toEqual([1, 3]);
  expect(slice?.newest).toEqual(new Map([['stock', 1_000]]));
  expect(JSON.parse(String(slice?.quarantineRows))).toMatchObject({
    quarantine_id: 2,
    version: 2,
    id: 'q',
    code: 'unknown_type'
  });
  expect(await journal.slice(2, 3)).toMatchObject({ from: 2, through: 3 });
  await journal.close();
});

test('a batch of many small frames is repeated after a restart at the cost of reading it once', async () => {
  const dir = await folder();
  const first = await openJournal(dir);
  for (const id of numbered(600)) await append(first, id);
  await first.close();
  const bytesOnDisk = (await stat(join(dir, (await readdir(dir)).find((name) => name.endsWith('.journal')) ?? '')))
    .size;
  const second = await openJournal(dir);
  // proc(5): bytes that this process has read
  const bytesRead = async (): Promise<number> =>
    Number(/^rchar: (\d+)$/m.exec(await readFile('/proc/self/io', 'utf8'))?.[1]);
  const before = await bytesRead();
  const slice = await second.slice(3, 598);
  expect((await bytesRead()) - before).toBeLessThan(3 * bytesOnDisk);
  expect(idsOf([slice])).toEqual(numbered(596, 3));
  await second.close();
});

test('a tail torn by a crash is cut, nothing acknowledged before it is lost, and writing goes on', async () => {
  const dir = await folder();
  const journal = await openJournal(dir);
  await append(journal, '1');
  await append(journal, '2');
  await journal.close();
  const [name = ''] = (await readdir(dir)).filter((file) => file.endsWith('.journal'));
  const file = join(dir, name);
  const whole = (await stat(file)).size;
  await truncate(file, whole - 7);
  const repaired = await openJournal(dir);
  expect(repaired.tornBytes).toBeGreaterThan(0);
  expect(repaired.acknowledged).toBe(1);
  await append(repaired, '2 again');
  expect(idsOf(await readAll(repaired))).toEqual(['1', '2 again']);
  await repaired.close();
});

test('damage to acknowledged rows stops the start instead of dropping them', async () => {
  const dir = await folder();
  const journal = await openJournal(dir);
  for (const id of numbered(4)) await append(journal, id);
  await journal.close();
  const [name = ''] = (await readdir(dir)).filter((file) => file.endsWith('.journal'));
  const handle = await open(join(dir, name), 'r+');
  await handle.write('X', 300);
  await handle.close();
  await expect(openJournal(dir)).rejects.toThrow(/damaged behind position 0/);
});

test('a state file that cannot be read stops the start instead of guessing what was shipped', async () => {
  const dir = await folder();
  await (await openJournal(dir)).close();
  await writeFile(join(dir, 'state.json'), '{"version":1');
  await expect(openJournal(dir)).rejects.toThrow();
  await rm(join(dir, 'state.json'));
  const fresh = await openJournal(dir);
  expect(fresh.acknowledged).toBe(0);
  await fresh.close();
});

test('one writer at a time', async () => {
  const dir = await folder();
  const journal = await openJournal(dir);
  await expect(openJournal(dir)).rejects.toThrow(/another process/);
  await journal.close();
  await (await openJournal(dir)).close();
});

test('a backlog larger than memory comes from disk, whole and in order, while more arrives', async () => {
  const journal = await openJournal(await folder(), { memoryBytes: 20_000, segmentBytes: 50_000 });
  const total = 600;
  const read: Slice[] = [];
  let next = 1;
  for (let id = 1; id <= total; id += 3) {
    await append(journal, ...numbered(3, id));
    // the reader is slow: it falls behind, then catches up
    if (id % 60 === 1 || id > total - 60) {
      const slice = await journal.next(next, { rows: 40, bytes: MIB });
      if (slice) {
        read.push(slice);
        next = slice.through + 1;
      }
    }
  }
  read.push(...(await readAll(journal, next)));
  expect(idsOf(read)).toEqual(numbered(total));
  expect(rowsOf(read)).toHaveLength(total);
  await journal.close();
});

test('a segment goes only when what it holds is synced; positions survive that', async () => {
  const dir = await folder();
  const journal = await openJournal(dir, { segmentBytes: 5_000 });
  for (const id of numbered(60)) await append(journal, id);
  const segments = async (): Promise<string[]> => (await readdir(dir)).filter((file) => file.endsWith('.journal'));
  const before = (await segments()).length;
  expect(before).toBeGreaterThan(2);
  await journal.saveState({ shipped: 60 });
  await journal.removeSynced();
  expect(await segments()).toHaveLength(before);
  await journal.saveState({ synced: 30 });
  await journal.removeSynced();
  const kept = (await segments()).length;
  expect(kept).toBeLessThan(before);
  expect(idsOf(await readAll(journal, 31))).toEqual(numbered(30, 31));
  await journal.close();
  const again = await openJournal(dir);
  expect(again.acknowledged).toBe(60);
  expect(again.state).toMatchObject({ shipped: 60, synced: 30, batch: null });
  await again.close();
});

test('over its bound it takes nothing, and takes again once there is room', async () => {
  const dir = await folder();
  const journal = await openJournal(dir, { bytesMax: 6_000, segmentBytes: 2_000 });
  let taken = 0;
  for (; taken < 100 && journal.append([row(String(taken))], 1_000).ok; taken++) await journal.settled();
  expect(taken).toBeGreaterThan(5);
  expect(journal.append([row('x')], 1_000)).toMatchObject({ ok: false, failure: { kind: 'full' } });
  await journal.saveState({ shipped: taken, synced: taken });
  await journal.removeSynced();
  await append(journal, 'after');
  expect(idsOf(await readAll(journal, taken + 1))).toEqual(['after']);
  await journal.close();
});

test('a disk that refuses the write: nothing of the group counts, what was there stays', async () => {
  const dir = await folder();
  const journal = await openJournal(dir, { segmentBytes: 300 });
  await append(journal, '1');
  // the next segment's name is taken: the file cannot be made, as on a full disk
  await writeFile(join(dir, '0000000000000002.journal'), '');
  const refused = journal.append([row('2')], 1_000);
  expect(refused.ok && (await refused.value.done).ok).toBe(false);
  expect(journal.acknowledged).toBe(1);
  await rm(join(dir, '0000000000000002.journal'));
  await append(journal, '2');
  expect(idsOf(await readAll(journal))).toEqual(['1', '2']);
  expect((await readFile(join(dir, '0000000000000002.journal'))).length).toBeGreaterThan(64);
  await journal.close();
});

/** A request as the server would hand it on. */
async function receiver(dir: string): Promise<{
  readonly journal: Journal;
  readonly receive: (id: string) => ReturnType<Receive['body']>;
  /** two at a time, with a key that ends once so many are on disk */
  readonly inParts: (ids: readonly string[], ends: number) => ReturnType<Receive['body']>;
  readonly identities: Identities;
}> {
  const identities = await Identities.open({ dir: join(dir, 'identities'), journalId: 'a'.repeat(32) });
  const journal = await openJournal(dir, {
    onCommit(frames) {
      for (const { entries, through } of frames) identities.settle(entries, through);
    }
  });
  const levels = {
    journalBytes: 0,
    acknowledged: 0,
    visible: 0,
    waitingSince: null,
    identities: 0,
    identityBytes: 0,
    openQuarantine: 0
  };
  const metrics = createMetrics(() => levels, { now: Date.now, dataDir: dir, journalBytesMax: 1 });
  const receive = createReceive({
    journal,
    identities,
    quarantine: new OpenQuarantine(),
    metrics,
    now: Date.now,
    onJournal: () => undefined
  });
  const key: ActiveKey = {
    keyId: 'key',
    scopes: new Set(['ingest']),
    allowance: { sources: new Set(), types: new Set() },
    limit: null
  };
  const body = (id: string): Buffer =>
    Buffer.from(JSON.stringify({ id, source: 'urn:t', type: 'product.updated', data: { sku: 'S' } }));
  return {
    journal,
    receive: (id) => receive.body(body(id), 'json', () => key),
    inParts: (ids, ends) => {
      const keyNow = (): ActiveKey | null => (journal.acknowledged < ends ? key : null);
      const events = `[${ids.map((id) => body(id).toString()).join(',')}]`;
      return receive.body(Buffer.from(events), 'json', keyNow, {
        beside: { turn: () => Promise.resolve(2), giveWay: () => Promise.resolve() }
      });
    },
    identities
  };
}

test('an event and its twin are answered when the event is on disk, not before', async () => {
  const { journal, receive } = await receiver(await folder());
  const answered = await Promise.all([
    receive('1').then((answer) => ({ answer, onDisk: journal.acknowledged })),
    receive('1').then((answer) => ({ answer, onDisk: journal.acknowledged }))
  ]);
  expect(answered).toMatchObject([
    { onDisk: 1, answer: { ok: true, value: { answer: { stored: 1 } } } },
    { onDisk: 1, answer: { ok: true, value: { answer: { duplicate: 1 } } } }
  ]);
  await journal.close();
});

test('an event that cannot be written is refused with its twin, and is new when it comes again', async () => {
  const dir = await folder();
  const { journal, receive, identities } = await receiver(dir);
  const blocked = join(dir, '0000000000000001.journal');
  await writeFile(blocked, '');
  const refused = await Promise.all([receive('1'), receive('1')]);
  expect(refused).toMatchObject([{ ok: false }, { ok: false }]);
  expect(identities.size).toBe(0);
  await rm(blocked);
  expect(await receive('1')).toMatchObject({ ok: true, value: { answer: { stored: 1 } } });
  await journal.close();
});

test('a backfill whose key ends between two parts takes no further one, and acknowledges nothing', async () => {
  const { journal, inParts } = await receiver(await folder());
  expect(await inParts(['1', '2', '3', '4', '5'], 4)).toMatchObject({ ok: false, failure: { kind: 'key_ended' } });
  expect(journal.acknowledged).toBe(4);
  await journal.close();
});

test('an inspection tells a whole journal from an open tail and from damage, and changes nothing', async () => {
  const dir = await folder();
  const journal = await openJournal(dir, { segmentBytes: 600 });
  for (let id = 1; id <= 9; id++) await append(journal, String(id));
  const whole = await inspectJournal(dir);
  expect(whole).toMatchObject({ newest: 9, waiting: 9, faults: [] });
  expect(whole.segments.length).toBeGreaterThan(2);
  expect(whole.segments.map(({ health }) => health)).not.toContain('damaged');
  await journal.close();

  const newest = join(dir, whole.segments.at(-1)?.file ?? '');
  await appendFile(newest, Buffer.from('half a frame'));
  const torn = await inspectJournal(dir);
  expect(torn.faults).toEqual([]);
  expect(torn.segments.at(-1)).toMatchObject({ health: 'open_tail', tail_bytes: 12 });
  expect((await readFile(newest)).subarray(-12).toString()).toBe('half a frame');

  const [first, second] = whole.segments.map(({ file }) => join(dir, file));
  if (first === undefined || second === undefined) throw new Error('too few segments');
  const bytes = await readFile(first);
  bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1;
  await writeFile(first, bytes);
  await rm(second);
  const damaged = await inspectJournal(dir);
  expect(damaged.faults.join('\n')).toMatch(/damaged behind position \d+: restore the file[\s\S]*are in no segment/);
});

test('segments that the service leaves behind while it is inspected are no fault, those that nobody has are', async () => {
  const dir = await folder();
  const journal = await openJournal(dir, { segmentBytes: 600 });
  for (let id = 1; id <= 9; id++) await append(journal, String(id));
  const { segments } = await inspectJournal(dir);
  const [, second, third] = segments;
  if (!second || third?.first === undefined || third.first === null) throw new Error('too few segments');
  await rm(join(dir, second.file));
  expect((await inspectJournal(dir)).faults.join()).toContain('are in no segment');
  await journal.saveState({ shipped: third.first, synced: third.first - 1 });
  expect((await inspectJournal(dir)).faults).toEqual([]);
  await journal.close();
});
