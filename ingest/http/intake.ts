/**
 * From decoded items to an answer: tell new from known, journal what is new, and answer when it is on disk.
 * Telling and journaling happen in one turn of the event loop: no second copy can slip in between.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import type { BatchAnswer, ItemAnswer } from '#lib/contracts/ingest.ts';
import { fail, ok, type Result } from '#lib/contracts/result.ts';
import {
  decodeItem,
  type Allowance,
  type Decoded,
  type Refused,
  type Unusable,
  type Usable
} from '#ingest/decode/event.ts';
import type { Fault } from '#ingest/decode/fault.ts';
import type { Items } from '#ingest/decode/items.ts';
import { toEventRow, toQuarantineRow } from '#ingest/decode/rows.ts';
import { ENTRY_BYTES, writeEntry } from '#ingest/identity/entry.ts';
import type { Identities } from '#ingest/identity/identities.ts';
import type { Standing } from '#ingest/identity/table.ts';
import type { JournalFailure } from '#ingest/journal/group.ts';
import type { Journal } from '#ingest/journal/journal.ts';
import { RowBlocks, type RowBytes } from '#ingest/journal/row-blocks.ts';
import type { JournalRow } from '#ingest/journal/rows.ts';
import type { OpenQuarantine } from '#ingest/quarantine/open-quarantine.ts';
import type { Metrics } from './metrics.ts';

/** Items decoded in one go: others wait well under a millisecond. */
const DECODE_AT_ONCE = 25;

export interface IntakeOptions {
  readonly journal: Journal;
  readonly identities: Identities;
  readonly quarantine: OpenQuarantine;
  readonly metrics: Metrics;
  /** what became of rows brought to the journal; null: they are on disk */
  readonly onJournal: (failure: JournalFailure | null) => void;
  /** epoch ms */
  readonly now: () => number;
}

/** The key was revoked, or its time after a rotation is over, since the request began. */
export type KeyEnded = { readonly kind: 'key_ended'; readonly retryable: false };
export const KEY_ENDED = fail({ kind: 'key_ended', retryable: false } satisfies KeyEnded);

/** What is known of the items taken together. */
interface Arrival {
  /** epoch ms */
  readonly receivedAt: number;
  /** the key they came with */
  readonly keyId: string;
}

/** What is put into the journal together, and how to take it back. */
interface Intake {
  readonly rows: JournalRow[];
  /** offsets in `entries` of the identities added */
  readonly added: number[];
  readonly entries: Buffer;
  readonly items: ItemAnswer[];
  /** those for quarantine, each with its place among the rows */
  readonly waiting: { readonly item: Unusable; readonly at: number }[];
  stored: number;
}

/** What is still needed of an event once its row is written: its data would be kept, and copied by each collection, for nothing. */
interface Ready
  extends Pick<Usable, 'kind' | 'stream' | 'unknownKeys'>, Pick<Usable['event'], 'source' | 'id' | 'time'> {
  /** without its position */
  readonly row: RowBytes;
}
type Item = Ready | Unusable | Refused;

/** Items with all that can be written of them before it is known whether they are new: what is left to do at one go is little. */
export interface Prepared {
  readonly items: Item[];
  /** an identity entry for each item; that of a rejected one means nothing */
  readonly entries: Buffer;
  readonly blocks: RowBlocks;
}

function add({ items, entries, blocks }: Prepared, item: Decoded): void {
  const offset = items.length * ENTRY_BYTES;
  if (item.kind === 'usable') {
    const { kind, stream, unknownKeys, content } = item;
    const { source, id, time } = item.event;
    writeEntry(entries, offset, { source, id, content });
    items.push({ kind, stream, unknownKeys, source, id, time, row: blocks.put(toEventRow(item)) });
    return;
  }
  if (item.kind === 'quarantined') writeEntry(entries, offset, item);
  items.push(item);
}

const emptyFor = (items: number): Prepared => ({
  items: [],
  entries: Buffer.allocUnsafe(items * ENTRY_BYTES),
  blocks: new RowBlocks()
});

export function prepare(usable: readonly Usable[]): Prepared {
  const prepared = emptyFor(usable.length);
  for (const item of usable) add(prepared, item);
  return prepared;
}

/** @param giveWay lets others have their turn, again and again */
export async function decodeAll(
  items: Items,
  allowance: Allowance,
  receivedAt: number,
  {
    faults,
    giveWay = breathe
  }: { readonly faults?: ReadonlyMap<number, Fault>; readonly giveWay?: () => Promise<void> } = {}
): Promise<Prepared> {
  const prepared = emptyFor(items.length);
  for (let index = 0; index < items.length; index++) {
    if (index > 0 && index % DECODE_AT_ONCE === 0) await giveWay();
    add(prepared, decodeItem(items, index, { receivedAt, allowance, fault: faults?.get(index) }));
  }
  return prepared;
}

const duplicate = (index: number, id: string, code: Exclude<Standing, 'new'>): ItemAnswer => ({
  index,
  id,
  status: 'duplicate',
  code,
  path: '',
  message:
    code === 'duplicate'
      ? 'already stored'
      : 'this source and id are already stored with another content, which stays: send a correction under a new id'
});
const rejected = (index: number, { id, code, fault }: Refused): ItemAnswer => ({
  index,
  id,
  status: 'rejected',
  code,
  ...fault
});
const quarantined = (index: number, { id, code, fault }: Unusable): ItemAnswer => ({
  index,
  id,
  status: 'quarantined',
  code,
  ...fault
});

function takeUsable(
  options: IntakeOptions,
  intake: Intake,
  index: number,
  { id, time, stream, row: { block, from, to } }: Ready
): void {
  const offset = index * ENTRY_BYTES;
  const standing = options.identities.classify(intake.entries, offset);
  if (standing !== 'new') {
    intake.items.push(duplicate(index, id, standing));
    return;
  }
  options.identities.add(intake.entries, offset);
  intake.added.push(offset);
  intake.rows.push({ kind: 'event', stream, time, block, from, to, entries: intake.entries, entryAt: offset });
  intake.stored++;
}

/** An identity already stored is a duplicate, whatever else the copy carries; one quarantined does not take its identity. */
function takeUnusable(options: IntakeOptions, intake: Intake, index: number, item: Unusable, row: RowBytes): void {
  const offset = index * ENTRY_BYTES;
  const standing = options.identities.classify(intake.entries, offset);
  if (standing !== 'new') {
    intake.items.push(duplicate(index, item.id, standing));
    return;
  }
  intake.waiting.push({ item, at: intake.rows.length });
  intake.rows.push({ kind: 'quarantine', ...row });
  intake.items.push(quarantined(index, item));
}

function takeAll(options: IntakeOptions, { items, entries, blocks }: Prepared, { receivedAt, keyId }: Arrival): Intake {
  const intake: Intake = { rows: [], added: [], entries, items: [], waiting: [], stored: 0 };
  items.forEach((item, index) => {
    if (item.kind === 'usable') takeUsable(options, intake, index, item);
    else if (item.kind === 'quarantined')
      takeUnusable(options, intake, index, item, blocks.put(toQuarantineRow(item, receivedAt, keyId)));
    else intake.items.push(rejected(index, item));
  });
  return intake;
}

/** Waits until the intake is on disk, and also what it took for known: a twin's first copy may still be under way. */
async function commit(
  options: IntakeOptions,
  intake: Intake,
  receivedAt: number
): Promise<Result<void, JournalFailure>> {
  const { journal, identities, quarantine } = options;
  if (intake.rows.length === 0)
    return intake.items.some(({ status }) => status === 'duplicate') ? journal.settled() : ok(undefined);
  const appended = journal.append(intake.rows, receivedAt);
  const done = appended.ok ? await appended.value.done : appended;
  if (appended.ok && done.ok) {
    const { first } = appended.value;
    for (const { item, at } of intake.waiting) quarantine.add({ ...item, quarantine_id: first + at });
    return done;
  }
  for (const offset of intake.added) identities.remove(intake.entries, offset);
  return done;
}

const sourceOf = (item: Item | undefined): string => (item && item.kind !== 'rejected' ? item.source : '');

/** Once the answer is certain: a refused request may come again, and again. */
function countOutcomes(metrics: Metrics, items: readonly Item[], intake: Intake): void {
  const stored = new Map<string, number>();
  let unknownKeys = 0;
  for (const offset of intake.added) {
    const item = items[offset / ENTRY_BYTES];
    if (item?.kind !== 'usable') continue;
    stored.set(item.source, (stored.get(item.source) ?? 0) + 1);
    unknownKeys += item.unknownKeys;
  }
  for (const [source, count] of stored) metrics.count('stored', source, '', count);
  if (unknownKeys > 0) metrics.countUnknownKeys(unknownKeys);
  // a rejected item has no source that could be trusted
  for (const { index, status, code } of intake.items) metrics.count(status, sourceOf(items[index]), code, 1);
}

function toAnswer({ stored, items }: Intake): BatchAnswer {
  const count = (status: ItemAnswer['status']): number =>
    items.reduce((sum, item) => sum + (item.status === status ? 1 : 0), 0);
  return {
    stored,
    duplicate: count('duplicate'),
    quarantined: count('quarantined'),
    rejected: count('rejected'),
    items
  };
}

const partOf = ({ items, entries, blocks }: Prepared, from: number, to: number): Prepared => ({
  items: items.slice(from, to),
  entries: entries.subarray(from * ENTRY_BYTES, to * ENTRY_BYTES),
  blocks
});

function together(parts: readonly { readonly from: number; readonly answer: BatchAnswer }[]): BatchAnswer {
  const sum = (of: 'stored' | 'duplicate' | 'quarantined' | 'rejected'): number =>
    parts.reduce((total, { answer }) => total + answer[of], 0);
  return {
    stored: sum('stored'),
    duplicate: sum('duplicate'),
    quarantined: sum('quarantined'),
    rejected: sum('rejected'),
    items: parts.flatMap(({ from, answer }) => answer.items.map((item) => ({ ...item, index: item.index + from })))
  };
}

/**
 * As {@link takeIn}, a part at a time, so that others come in between.
 * @param turn waits until the next part may go; how many items it may have; null: the key has ended meanwhile
 * @returns the answer once all of the items are on disk, or a failure: then nothing is acknowledged, and parts may be there already
 */
export async function takeInParts(
  options: IntakeOptions,
  prepared: Prepared,
  arrival: Arrival,
  turn: () => Promise<number | null>
): Promise<Result<BatchAnswer, JournalFailure | KeyEnded>> {
  const { length } = prepared.items;
  const parts: { readonly from: number; readonly answer: BatchAnswer }[] = [];
  for (let from = 0; from < length || parts.length === 0;) {
    const most = await turn();
    if (most === null) return KEY_ENDED;
    const to = Math.min(length, from + most);
    const taken = await takeIn(options, partOf(prepared, from, to), arrival);
    if (!taken.ok) return taken;
    parts.push({ from, answer: taken.value });
    from = to;
  }
  return ok(together(parts));
}

/** @returns the answer once all of the items are on disk, or why none of them was taken */
export async function takeIn(
  options: IntakeOptions,
  prepared: Prepared,
  arrival: Arrival
): Promise<Result<BatchAnswer, JournalFailure>> {
  const intake = takeAll(options, prepared, arrival);
  const done = await commit(options, intake, arrival.receivedAt);
  if (intake.rows.length > 0) options.onJournal(done.ok ? null : done.failure);
  if (!done.ok) return done;
  countOutcomes(options.metrics, prepared.items, intake);
  return ok(toAnswer(intake));
}
