/**
 * From a body to an answer: decode each item, tell new from known, journal what is new, and answer when it is on disk.
 * Telling and journaling happen in one turn of the event loop: no second copy can slip in between.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import type { BatchAnswer, ItemAnswer } from '#lib/contracts/ingest.ts';
import { fail, ok, type Result } from '#lib/contracts/result.ts';
import { decodeItem, type Decoded, type Refused, type Unusable, type Usable } from '#ingest/decode/event.ts';
import { readItems, type BodyFault, type BodyFormat, type Items } from '#ingest/decode/items.ts';
import { toEventRow, toQuarantineRow } from '#ingest/decode/rows.ts';
import { ENTRY_BYTES, writeEntry } from '#ingest/identity/entry.ts';
import type { Identities } from '#ingest/identity/identities.ts';
import type { Standing } from '#ingest/identity/table.ts';
import type { JournalFailure } from '#ingest/journal/group.ts';
import type { Journal } from '#ingest/journal/journal.ts';
import type { JournalRow } from '#ingest/journal/rows.ts';
import type { ActiveKey } from '#ingest/keys/keyring.ts';
import type { RateAnswer } from '#ingest/keys/rate-limit.ts';
import type { OpenQuarantine } from '#ingest/quarantine/open-quarantine.ts';
import type { Metrics } from './metrics.ts';

/** Items decoded in one go: others wait ≈ 5 ms at most. */
const DECODE_AT_ONCE = 500;

export interface ReceiveOptions {
  readonly journal: Journal;
  readonly identities: Identities;
  readonly quarantine: OpenQuarantine;
  readonly metrics: Metrics;
  /** epoch ms */
  readonly now: () => number;
}

export type ReceiveFault =
  | BodyFault
  | JournalFailure
  | { readonly kind: 'source_forbidden'; readonly retryable: false }
  | { readonly kind: 'over_rate'; readonly retryable: true; readonly rate: RateAnswer };

export interface Received {
  readonly answer: BatchAnswer;
  /** null: the key has no rate */
  readonly rate: RateAnswer | null;
}

export type Receive = (body: Buffer, format: BodyFormat, key: ActiveKey) => Promise<Result<Received, ReceiveFault>>;

/** What one request puts into the journal, and how to take it back. */
interface Intake {
  readonly rows: JournalRow[];
  /** offsets in `entries` of the identities added */
  readonly added: number[];
  readonly entries: Buffer;
  readonly items: ItemAnswer[];
  /** of the rows, those for quarantine */
  readonly waiting: Unusable[];
  stored: number;
}

async function decodeAll(items: Items, key: ActiveKey, receivedAt: number): Promise<Decoded[]> {
  const decoded: Decoded[] = [];
  for (let index = 0; index < items.length; index++) {
    if (index > 0 && index % DECODE_AT_ONCE === 0) await breathe();
    decoded.push(decodeItem(items, index, { receivedAt, allowance: key.allowance }));
  }
  return decoded;
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

function takeUsable(options: ReceiveOptions, intake: Intake, index: number, item: Usable): void {
  const { source, id } = item.event;
  const offset = index * ENTRY_BYTES;
  writeEntry(intake.entries, offset, { source, id, content: item.content });
  const standing = options.identities.classify(intake.entries, offset);
  if (standing !== 'new') {
    intake.items.push(duplicate(index, id, standing));
    options.metrics.count('duplicate', source, standing, 1);
    return;
  }
  options.identities.add(intake.entries, offset);
  intake.added.push(offset);
  const entry = intake.entries.subarray(offset, offset + ENTRY_BYTES);
  intake.rows.push({ kind: 'event', event: item.event, text: toEventRow(item), entry });
  intake.stored++;
  if (item.unknownKeys > 0) options.metrics.countUnknownKeys(item.unknownKeys);
}

/** An identity already stored is a duplicate, whatever else the copy carries; one quarantined does not take its identity. */
function takeUnusable(options: ReceiveOptions, intake: Intake, index: number, item: Unusable, row: string): void {
  const offset = index * ENTRY_BYTES;
  writeEntry(intake.entries, offset, item);
  const standing = options.identities.classify(intake.entries, offset);
  if (standing !== 'new') {
    intake.items.push(duplicate(index, item.id, standing));
    options.metrics.count('duplicate', item.source, standing, 1);
    return;
  }
  intake.rows.push({ kind: 'quarantine', text: row });
  intake.waiting.push(item);
  intake.items.push(quarantined(index, item));
  options.metrics.count('quarantined', item.source, item.code, 1);
}

function takeAll(options: ReceiveOptions, decoded: readonly Decoded[], receivedAt: number, keyId: string): Intake {
  const entries = Buffer.allocUnsafe(decoded.length * ENTRY_BYTES);
  const intake: Intake = { rows: [], added: [], entries, items: [], waiting: [], stored: 0 };
  decoded.forEach((item, index) => {
    if (item.kind === 'usable') takeUsable(options, intake, index, item);
    else if (item.kind === 'quarantined')
      takeUnusable(options, intake, index, item, toQuarantineRow(item, receivedAt, keyId));
    else {
      intake.items.push(rejected(index, item));
      options.metrics.count('rejected', '', item.code, 1);
    }
  });
  return intake;
}

/** Waits until the intake is on disk, and also what it took for known: a twin's first copy may still be under way. */
async function commit(
  options: ReceiveOptions,
  intake: Intake,
  receivedAt: number
): Promise<Result<void, JournalFailure>> {
  const { journal, identities } = options;
  if (intake.rows.length === 0)
    return intake.items.some(({ status }) => status === 'duplicate') ? journal.settled() : ok(undefined);
  const appended = journal.append(intake.rows, receivedAt);
  const done = appended.ok ? await appended.value.done : appended;
  if (done.ok) return done;
  for (const offset of intake.added) identities.remove(intake.entries, offset);
  return done;
}

function countStored(metrics: Metrics, decoded: readonly Decoded[], intake: Intake): void {
  const bySource = new Map<string, number>();
  for (const offset of intake.added) {
    const item = decoded[offset / ENTRY_BYTES];
    if (item?.kind === 'usable') bySource.set(item.event.source, (bySource.get(item.event.source) ?? 0) + 1);
  }
  for (const [source, count] of bySource) metrics.count('stored', source, '', count);
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

/** @returns takes a body in for a key: the answer once all of it is on disk, or why nothing of the request was taken */
export function createReceive(options: ReceiveOptions): Receive {
  return async (body, format, key) => {
    const began = performance.now();
    const receivedAt = options.now();
    const items = readItems(body, format);
    if (!items.ok) return items;
    const rate = key.limit?.take(items.value.length, receivedAt) ?? null;
    if (rate && !rate.isAllowed) return fail({ kind: 'over_rate', retryable: true, rate });
    const decoded = await decodeAll(items.value, key, receivedAt);
    if (decoded.length > 0 && decoded.every((item) => item.kind === 'rejected' && item.code === 'source_forbidden')) {
      return fail({ kind: 'source_forbidden', retryable: false });
    }
    const intake = takeAll(options, decoded, receivedAt, key.keyId);
    options.metrics.observe('decode', (performance.now() - began) / 1_000);
    const done = await commit(options, intake, receivedAt);
    if (!done.ok) return done;
    for (const item of intake.waiting) options.quarantine.add(item);
    countStored(options.metrics, decoded, intake);
    return ok({ answer: toAnswer(intake), rate });
  };
}
