/** How far shipping is. Written whole and atomically: a reader sees the old state or the new one. */
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { newJournalId } from './segment.ts';

const Position = z.int().min(0);
/** A row that ClickHouse does not take, in its own words. */
const RefusedRow = z.object({ position: Position, words: z.string() });
export type RefusedRow = z.infer<typeof RefusedRow>;
/** An identity that is free although the journal once took it: its event went to quarantine. */
const Freed = z.object({ position: Position, identity: z.string().regex(/^[0-9a-f]{32}$/) });
export type Freed = z.infer<typeof Freed>;

export const JournalState = z.object({
  version: z.literal(1),
  journal_id: z.string().regex(/^[0-9a-f]{32}$/),
  /** ClickHouse has answered for everything up to here, derived figures included; it may still lie in its page cache */
  shipped: Position,
  /** the batch whose inserts may have begun: after a crash it is repeated with the same borders, so under the same tokens */
  batch: z.object({ from: Position, through: Position }).nullable(),
  /**
   * Left out of what was shipped behind `synced`: their events are in quarantine, and free to come again. Shipped again, after a crash
   * or a power loss, the same are left out, whether ClickHouse would take them by now or not: the corrected event may be stored already.
   */
  left_out: z.array(RefusedRow).default([]),
  /** until the event comes again, corrected */
  freed: z.array(Freed).default([]),
  /** everything up to here is on ClickHouse's disk for sure; segments behind it may go */
  synced: Position,
  /** the run of the machine that wrote this; another one now, and what was shipped but not synced may be gone */
  boot_id: z.string().default(''),
  /** counts rewinds: what is shipped again after one must not meet the tokens of before */
  epoch: z.int().min(0).default(0)
});
export type JournalState = z.infer<typeof JournalState>;

const FILE = 'state.json';

/** @param position everything up to there belongs to earlier journals */
export const firstState = (position: number, bootId: string): JournalState => ({
  version: 1,
  journal_id: newJournalId(),
  shipped: position,
  batch: null,
  left_out: [],
  freed: [],
  synced: position,
  boot_id: bootId,
  epoch: 0
});

/** What is on ClickHouse's disk is not shipped again: what was left out of it need not be known any more. */
export function changed(state: JournalState, change: Partial<JournalState>): JournalState {
  const next = { ...state, ...change };
  return { ...next, left_out: next.left_out.filter(({ position }) => position > next.synced) };
}

/** @throws when the file is there and unreadable: guessing what was shipped would count events twice or never */
export async function readState(dir: string): Promise<JournalState | null> {
  let text: string;
  try {
    text = await readFile(join(dir, FILE), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  return JournalState.parse(JSON.parse(text));
}

export async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function writeState(dir: string, state: JournalState): Promise<void> {
  const file = join(dir, FILE);
  const handle = await open(`${file}.tmp`, 'w', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(state)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.tmp`, file);
  await syncDirectory(dir);
}
