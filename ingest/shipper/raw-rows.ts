/** The raw rows of a batch on their way in. A row that ClickHouse does not take is left out, and the others go on. */
import { ok, type Result } from '#lib/contracts/result.ts';
import type { Journal } from '#ingest/journal/journal.ts';
import { headOf, linesOf, type RowHead, type Slice } from '#ingest/journal/rows.ts';
import type { RefusedRow } from '#ingest/journal/state.ts';
import type { OpenQuarantine } from '#ingest/quarantine/open-quarantine.ts';
import { isRowFault } from '#sql/failure.server.ts';
import type { ClickHouseFailure, Writer } from '#sql/interface.server.ts';
import { isolate } from './isolate.ts';
import { makeSureOfQuarantine, makeSureOfRaw } from './raw-landed.ts';
import { identityHex, positionOf, suffixOf, withoutRefused } from './refused.ts';

const TABLE = 'events_raw_v1';

type Answer = Promise<Result<void, ClickHouseFailure>>;

export interface RawRowsOptions {
  readonly journal: Journal;
  readonly writer: Writer;
  readonly quarantine: Pick<OpenQuarantine, 'add'>;
  /** repeats a step until it succeeds; false: stopped before */
  readonly step: (name: 'insert' | 'isolate', step: (attempt: number) => Answer) => Promise<boolean>;
  readonly onRefused: (event: RowHead, identity: string) => void;
}

/** What of a slice ClickHouse takes, and what a token needs to name that part. */
export interface Taken extends Slice {
  readonly suffix: string;
}

const within = ({ from, through }: Slice, leftOut: readonly RefusedRow[]): readonly RefusedRow[] =>
  leftOut.filter(({ position }) => from <= position && position <= through);

function eventsAt({ eventRows }: Slice, rows: readonly RefusedRow[]): readonly RowHead[] {
  if (!eventRows || rows.length === 0) return [];
  const positions = new Set(rows.map(({ position }) => position));
  return [...linesOf(eventRows)].filter((line) => positions.has(positionOf(line))).map(headOf);
}

export class RawRows {
  readonly #options: RawRowsOptions;

  constructor(options: RawRowsOptions) {
    this.#options = options;
  }

  /**
   * @param isRepeated an earlier run may have inserted it, in part
   * @returns the slice as it is stored, the rows left out among its quarantine rows; null: stopped before it was done
   */
  async insert(slice: Slice, isRepeated: boolean): Promise<Taken | null> {
    const { journal, quarantine } = this.#options;
    let isExplained = true;
    for (;;) {
      const leftOut = within(slice, journal.state.left_out);
      const taken = { ...withoutRefused(slice, leftOut), suffix: suffixOf(leftOut) };
      const { eventRows } = taken;
      const answer = eventRows ? await this.#tryInsert(taken, eventRows, isExplained, isRepeated) : 'stored';
      if (answer === 'stopped') return null;
      if (answer === 'stored' || !eventRows) {
        // what an earlier run left out waits there, too
        for (const event of eventsAt(slice, leftOut)) quarantine.add({ ...event, quarantine_id: event.seq });
        return taken;
      }
      const found = await this.#findRefused(eventRows);
      if (!found) return null;
      // the table would take each of them: a view or something else is at fault, and only patience helps
      isExplained = found.length > 0;
      await this.#note(slice, found);
    }
  }

  /** @returns false: stopped before they were there */
  async insertQuarantine(
    { from, through, suffix, quarantineRows: rows }: Taken,
    isRepeated: boolean
  ): Promise<boolean> {
    if (!rows) return true;
    const { journal, writer, step } = this.#options;
    const token = `${journal.tokenPrefix}:${from}-${through}:quarantine_v1${suffix}`;
    return step('insert', async (attempt) => {
      const answer = await writer.insert('quarantine_v1', rows, { token });
      return answer.ok && (isRepeated || attempt > 0) ? makeSureOfQuarantine(writer, rows, token) : answer;
    });
  }

  /** What came again, corrected, has its identity for good. */
  async takeBackFreed(rows: Buffer): Promise<void> {
    const { journal } = this.#options;
    const { freed } = journal.state;
    if (freed.length === 0) return;
    const newest = new Map<string, number>();
    for (const line of linesOf(rows)) {
      const head = headOf(line);
      newest.set(identityHex(head), head.seq);
    }
    const still = freed.filter(({ position, identity }) => (newest.get(identity) ?? 0) <= position);
    if (still.length < freed.length) await journal.saveState({ freed: still });
  }

  async #tryInsert(
    { from, through, suffix }: Taken,
    rows: Buffer,
    mayBeRefused: boolean,
    isRepeated: boolean
  ): Promise<'stored' | 'refused' | 'stopped'> {
    const { journal, writer, step } = this.#options;
    // a set that has grown is another content: the smaller one wrote nothing, because it was refused whole
    const token = `${journal.tokenPrefix}:${from}-${through}:${TABLE}${suffix}`;
    const seen = { isRefused: false };
    const isDone = await step('insert', async (attempt) => {
      const answer = await writer.insert(TABLE, rows, { token });
      seen.isRefused = mayBeRefused && !answer.ok && isRowFault(answer.failure);
      if (seen.isRefused) return ok(undefined);
      return answer.ok && (isRepeated || attempt > 0) ? makeSureOfRaw(writer, rows, token) : answer;
    });
    if (!isDone) return 'stopped';
    return seen.isRefused ? 'refused' : 'stored';
  }

  /** @returns null: stopped before it was done */
  async #findRefused(rows: Buffer): Promise<readonly RefusedRow[] | null> {
    const { writer, step } = this.#options;
    let found: readonly RefusedRow[] = [];
    const isDone = await step('isolate', async () => {
      const answer = await isolate(writer, TABLE, rows);
      if (!answer.ok) return answer;
      found = answer.value;
      return ok(undefined);
    });
    return isDone ? found : null;
  }

  /** On disk before anything follows from it: after a crash the batch is repeated with the same rows left out. */
  async #note(slice: Slice, found: readonly RefusedRow[]): Promise<void> {
    if (found.length === 0) return;
    const { journal, onRefused } = this.#options;
    const { left_out, freed } = journal.state;
    const positions = new Set(found.map(({ position }) => position));
    const events = eventsAt(slice, found);
    await journal.saveState({
      left_out: [...left_out, ...found],
      freed: [
        ...freed.filter(({ position }) => !positions.has(position)),
        ...events.map((event) => ({ position: event.seq, identity: identityHex(event) }))
      ]
    });
    for (const event of events) onRefused(event, identityHex(event));
  }
}
