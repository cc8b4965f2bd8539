/**
 * Every identity ever accepted, exactly, for the whole history, in little memory. In layers, newest first:
 *   fresh   what is on its way to the journal's disk
 *   recent  what is there, and in no run yet
 *   runs    sorted files with a filter in memory (run.ts): 1.6 MB a million; only what a filter lets through costs a read of 4 kB
 * Runs of about the same size are merged, so that there are few. They are a copy of what journal and ClickHouse know: when they are
 * lost or damaged, what they covered is read from ClickHouse again.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { setImmediate as breathe } from 'node:timers/promises';
import { ENTRY_BYTES, IDENTITY_BYTES } from './entry.ts';
import { mergeRuns } from './merge.ts';
import { openRun, parseRunFile, removeRun, runFile, sortKey, writeRun, type Run, type RunName } from './run.ts';
import { createIdentityTable, SHARDS, type IdentityTable, type Standing } from './table.ts';

/** 8 MB of table */
const RECENT_MAX = 250_000;
/** This many runs of one size become one. */
const MERGED_AT_ONCE = 6;
const SHARDS_AT_ONCE = 16;

export interface IdentitiesOptions {
  /** for the runs; made when it is missing */
  readonly dir: string;
  readonly journalId: string;
  readonly recentMax?: number;
  /** runs could not be written: identities stay in memory, and it is tried again with the next ones */
  readonly onTrouble?: (error: unknown) => void;
}

/** How an entry is named where it must be kept apart from others: hexadecimal identity. */
export const identityOf = (entries: Buffer, offset: number): string =>
  entries.toString('hex', offset, offset + IDENTITY_BYTES);

function sortedEntries(entries: Buffer): Buffer {
  const count = entries.length / ENTRY_BYTES;
  const order = Array.from({ length: count }, (_, index) => index * ENTRY_BYTES);
  order.sort((a, b) => sortKey(entries, a) - sortKey(entries, b));
  const sorted = Buffer.allocUnsafe(entries.length);
  order.forEach((offset, index) => entries.copy(sorted, index * ENTRY_BYTES, offset, offset + ENTRY_BYTES));
  return sorted;
}

/** Shards are those of the first byte, so they follow one another in order. */
async function* sortedShards(table: IdentityTable): AsyncGenerator<Buffer> {
  for (let shard = 0; shard < SHARDS; shard++) {
    if (shard % SHARDS_AT_ONCE === 0) await breathe();
    yield sortedEntries(table.entriesOf(shard));
  }
}

export class Identities {
  readonly #options: IdentitiesOptions;
  readonly #recentMax: number;
  readonly #fresh = createIdentityTable();
  #recent = createIdentityTable();
  /** being written to a run */
  #frozen: IdentityTable | null = null;
  #frozenThrough = 0;
  /** newest last */
  #runs: Run[];
  #through: number;
  /** identities that older layers hold and that are free again */
  readonly #released = new Set<string>();
  #working: Promise<void> | null = null;

  private constructor(options: IdentitiesOptions, runs: Run[]) {
    this.#options = options;
    this.#recentMax = options.recentMax ?? RECENT_MAX;
    this.#runs = runs;
    this.#through = this.covered;
  }

  /** Opens the runs of a folder; those of another journal, damaged ones and what a crash left over are removed. */
  static async open(options: IdentitiesOptions): Promise<Identities> {
    const { dir, journalId } = options;
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const runs: Run[] = [];
    for (const file of (await readdir(dir)).sort()) {
      const run = parseRunFile(file) ? await openRun(dir, file, journalId) : null;
      if (run) runs.push(run);
      else await rm(`${dir}/${file}`, { force: true });
    }
    const isPartOf = (a: Run, b: Run): boolean => a !== b && b.name.first <= a.name.first && a.name.last <= b.name.last;
    const whole = runs.filter((run) => !runs.some((other) => isPartOf(run, other)));
    // a merged run came to be, and the crash came before its sources went
    for (const run of runs.filter((candidate) => !whole.includes(candidate))) {
      run.close();
      await removeRun(run);
    }
    // behind a gap nothing is covered
    const adjoining: Run[] = [];
    for (const run of whole) {
      if (run.name.first === (adjoining.at(-1)?.name.last ?? 0) + 1) adjoining.push(run);
      else {
        run.close();
        await removeRun(run);
      }
    }
    return new Identities(options, adjoining);
  }

  /** Every identity at a journal position up to here is in a run; what came behind must be told by {@link settle}. */
  get covered(): number {
    return this.#runs.at(-1)?.through ?? 0;
  }

  get size(): number {
    const onDisk = this.#runs.reduce((sum, { count }) => sum + count, 0);
    return onDisk + this.#recent.size + this.#fresh.size + (this.#frozen?.size ?? 0);
  }

  /** memory of tables, filters and fences */
  get bytes(): number {
    const onDisk = this.#runs.reduce((sum, { bytes }) => sum + bytes, 0);
    return onDisk + this.#recent.bytes + this.#fresh.bytes + (this.#frozen?.bytes ?? 0);
  }

  classify(entries: Buffer, offset: number): Standing {
    for (const table of [this.#fresh, this.#recent]) {
      const standing = table.classify(entries, offset);
      if (standing !== 'new') return standing;
    }
    if (this.#released.size > 0 && this.#released.has(identityOf(entries, offset))) return 'new';
    const frozen = this.#frozen?.classify(entries, offset) ?? 'new';
    if (frozen !== 'new') return frozen;
    for (let index = this.#runs.length - 1; index >= 0; index--) {
      const standing = this.#runs[index]?.find(entries, offset);
      if (standing) return standing;
    }
    return 'new';
  }

  /** Takes an identity that is on its way to the disk. Call {@link settle} or {@link remove} for it. */
  add(entries: Buffer, offset: number): void {
    this.#fresh.add(entries, offset);
  }

  /** Takes back an {@link add}: what it was added for did not become durable. */
  remove(entries: Buffer, offset: number): void {
    this.#fresh.remove(entries, offset);
  }

  /** What the journal still holds at a start. Tell {@link settle} when all of it is told. */
  recall(entries: Buffer): void {
    this.reclaim(entries);
    for (let offset = 0; offset < entries.length; offset += ENTRY_BYTES) this.#recent.add(entries, offset);
  }

  /** Identities that were freed and came again: they are held for good, wherever they are kept. */
  reclaim(entries: Buffer): void {
    if (this.#released.size === 0) return;
    for (let offset = 0; offset < entries.length; offset += ENTRY_BYTES)
      this.#released.delete(identityOf(entries, offset));
  }

  /**
   * What is on disk now.
   * @param through journal position up to which all identities have been settled with this call
   */
  settle(entries: Buffer, through: number): void {
    this.reclaim(entries);
    for (let offset = 0; offset < entries.length; offset += ENTRY_BYTES) {
      this.#fresh.remove(entries, offset);
      this.#recent.add(entries, offset);
    }
    this.#through = through;
    if (this.#recent.size >= this.#recentMax) this.#tidy();
  }

  /** Frees an identity that was settled: its event could not be stored, and may come again corrected. */
  release(identity: string): void {
    this.#recent.remove(Buffer.from(identity, 'hex'), 0);
    this.#released.add(identity);
  }

  /**
   * Writes what no run has yet, so that it need not be read out of the journal again. Where that fails it stays in memory, and a start that
   * finds it nowhere else reads it from ClickHouse.
   */
  async keep(): Promise<void> {
    await this.#working;
    if (this.#frozen || this.#recent.size > 0) this.#tidy();
    await this.#working;
  }

  /** When what is being written is written. */
  async settled(): Promise<void> {
    await this.#working;
  }

  async close(): Promise<void> {
    await this.#working;
    for (const run of this.#runs) run.close();
  }

  #tidy(): void {
    this.#working ??= this.#flush()
      .then(() => this.#mergeAll())
      .catch((error: unknown) => this.#options.onTrouble?.(error))
      .finally(() => {
        this.#working = null;
      });
  }

  async #flush(): Promise<void> {
    // what an earlier attempt could not write goes first
    if (!this.#frozen) {
      this.#frozen = this.#recent;
      this.#recent = createIdentityTable();
      this.#frozenThrough = this.#through;
    }
    const frozen = this.#frozen;
    const generation = (this.#runs.at(-1)?.name.last ?? 0) + 1;
    const name: RunName = { first: generation, last: generation };
    this.#runs = [
      ...this.#runs,
      await this.#write(name, this.#frozenThrough, { sorted: sortedShards(frozen), count: frozen.size })
    ];
    this.#frozen = null;
  }

  async #write(
    name: RunName,
    through: number,
    content: { readonly sorted: AsyncIterable<Buffer>; readonly count: number }
  ): Promise<Run> {
    const { dir, journalId } = this.#options;
    await writeRun(dir, name, { journalId, through }, content);
    const run = await openRun(dir, runFile(name), journalId);
    if (!run) throw new Error(`${dir}/${runFile(name)} cannot be read back`);
    return run;
  }

  /** Adjoining runs of one size class become one, until no class has too many. */
  async #mergeAll(): Promise<void> {
    const classOf = ({ count }: Run): number =>
      Math.floor(Math.log(count / this.#recentMax + 1) / Math.log(MERGED_AT_ONCE));
    for (;;) {
      const newest = this.#runs.at(-1);
      if (!newest) return;
      const alike = this.#runs.slice(this.#runs.findLastIndex((run) => classOf(run) > classOf(newest)) + 1);
      const [first] = alike;
      const last = alike.at(-1);
      if (!first || !last || alike.length < MERGED_AT_ONCE) return;
      const merged = await this.#write({ first: first.name.first, last: last.name.last }, last.through, {
        sorted: mergeRuns(alike),
        count: alike.reduce((sum, { count }) => sum + count, 0)
      });
      this.#runs = [...this.#runs.filter((run) => !alike.includes(run)), merged];
      for (const run of alike) {
        run.close();
        await removeRun(run);
      }
    }
  }
}
