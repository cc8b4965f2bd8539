/** What can be done with quarantine: list it, and replay it, as it came or corrected. */
import { setImmediate as breathe } from 'node:timers/promises';
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import type {
  QuarantineEffects,
  QuarantineFilter,
  QuarantineReasons,
  QuarantineRows,
  ReplayAnswer,
  ReplayError,
  ReplayRequest
} from '#lib/contracts/quarantine.ts';
import { ok, type Result } from '#lib/contracts/result.ts';
import type { Allowance, Usable } from '#ingest/decode/event.ts';
import type { JournalFailure } from '#ingest/journal/group.ts';
import { Mutex } from '#ingest/shipper/mutex.ts';
import type { BatchAnswer } from '#lib/contracts/ingest.ts';
import type { ClickHouseFailure, Writer } from '#sql/interface.server.ts';
import { computeEffects } from './effects.ts';
import { judge, type Complete, type Judged } from './judge.ts';
import type { OpenQuarantine } from './open-quarantine.ts';
import { readByIds, readOpen, readReasons, readRows } from './rows.ts';

/** A replay's row closes when its event is shipped; the answer waits for that, so that it is no longer listed. */
const SHIPPED_WITHIN_MS = 3_000;

export interface DeskOptions {
  readonly writer: Writer;
  readonly quarantine: OpenQuarantine;
  readonly complete: Complete;
  /** journals what is new of it; done when it is on disk */
  readonly take: (usable: readonly Usable[]) => Promise<Result<BatchAnswer, JournalFailure>>;
  /** resolves when all that is acknowledged by now is visible, or after so long */
  readonly shipped: (withinMs: number) => Promise<void>;
  /** epoch ms */
  readonly now: () => number;
}

export type DeskFailure = ClickHouseFailure | JournalFailure;

export interface Desk {
  list(filter: QuarantineFilter, allowance: Allowance): Promise<Result<QuarantineRows, ClickHouseFailure>>;
  reasons(): Promise<Result<QuarantineReasons, ClickHouseFailure>>;
  /** how many wait */
  open(): Promise<Result<number, ClickHouseFailure>>;
  /** A failure may come when a part of it is stored already: sent again, that part is skipped. */
  replay(request: ReplayRequest, allowance: Allowance): Promise<Result<ReplayAnswer, DeskFailure>>;
  /** A dry run, and what the events it would replay would change. */
  test(
    request: ReplayRequest,
    allowance: Allowance
  ): Promise<Result<{ readonly answer: ReplayAnswer; readonly effects: QuarantineEffects }, DeskFailure>>;
}

type UsableRow = Extract<Judged, { kind: 'usable' }>;
const usableOf = (judged: readonly Judged[]): UsableRow[] =>
  judged.flatMap((one) => (one.kind === 'usable' ? [one] : []));
const errorsOf = (judged: readonly Judged[]): ReplayError[] =>
  judged.flatMap((one) => (one.kind === 'error' ? [one.error] : []));

/** @param stored of the usable ones; the others were stored before */
const toAnswer = ({ ids }: ReplayRequest, errors: readonly ReplayError[], stored: number): ReplayAnswer => ({
  replayed: stored,
  skipped: ids.length - stored - errors.length,
  errors: [...errors]
});

/** Judges what is to be replayed in parts, each of which may be held in memory; ends with the first failure. */
async function* judgeParts(
  { writer, now, complete }: DeskOptions,
  turns: Mutex,
  { ids, bodies }: ReplayRequest,
  allowance: Allowance
): AsyncGenerator<Result<Judged[], ClickHouseFailure>> {
  const context = { receivedAt: now(), allowance, complete };
  const taken = new Set<string>();
  const bodyOf = (id: number): unknown => bodies?.[String(id)] ?? null;
  for await (const part of readByIds(writer, turns, [...new Set(ids)], allowance, (id) => bodyOf(id) === null)) {
    if (!part.ok) {
      yield part;
      return;
    }
    const judged: Judged[] = [];
    for (const { id, row } of part.value) {
      // one may have 2 MiB: others have their turn in between
      await breathe();
      const one = judge(id, row, bodyOf(id), context);
      const identity = one.kind === 'usable' ? `${one.row.source}\0${one.row.id}` : null;
      // sent several times, it may wait several times: one of them is enough, and closes all
      judged.push(identity !== null && taken.has(identity) ? { kind: 'skipped' } : one);
      if (identity !== null) taken.add(identity);
    }
    yield ok(judged);
  }
}

/** Journals what is usable of a part, and closes the rows of what was stored before. @returns how many are stored now */
async function takePart(
  { writer, quarantine, take, now }: DeskOptions,
  usable: readonly UsableRow[]
): Promise<Result<number, DeskFailure>> {
  // some were left out of memory when too many waited: what is replayed must close its row all the same
  for (const { row } of usable) quarantine.expect(row);
  const taken = await take(usable.map(({ item }) => item));
  if (!taken.ok) return taken;
  const known = new Set(taken.value.items.map(({ index }) => index));
  const stored = usable.filter((_, index) => known.has(index)).map(({ row }) => row);
  const closed = await quarantine.close(writer, stored, now());
  return closed.ok ? ok(usable.length - stored.length) : closed;
}

export function createDesk(options: DeskOptions): Desk {
  const { writer } = options;
  const turns = new Mutex();
  const dryRun = async (request: ReplayRequest, allowance: Allowance, keep: (event: AcceptedEvent) => void) => {
    const errors: ReplayError[] = [];
    let usable = 0;
    for await (const judged of judgeParts(options, turns, request, allowance)) {
      if (!judged.ok) return judged;
      errors.push(...errorsOf(judged.value));
      for (const { item } of usableOf(judged.value)) {
        usable++;
        keep(item.event);
      }
    }
    return ok(toAnswer(request, errors, usable));
  };
  return {
    list: (filter, allowance) => readRows(writer, turns, filter, allowance),
    reasons: () => readReasons(writer, options.now()),
    open: () => readOpen(writer),
    async replay(request, allowance) {
      if (request.dry_run) return dryRun(request, allowance, () => undefined);
      const errors: ReplayError[] = [];
      let stored = 0;
      for await (const judged of judgeParts(options, turns, request, allowance)) {
        if (!judged.ok) return judged;
        errors.push(...errorsOf(judged.value));
        const taken = await takePart(options, usableOf(judged.value));
        if (!taken.ok) return taken;
        stored += taken.value;
      }
      if (stored > 0) await options.shipped(SHIPPED_WITHIN_MS);
      return ok(toAnswer(request, errors, stored));
    },
    async test(request, allowance) {
      const events: AcceptedEvent[] = [];
      const answer = await dryRun(request, allowance, (event) => events.push(event));
      if (!answer.ok) return answer;
      const effects = await computeEffects(writer, events);
      return effects.ok ? ok({ answer: answer.value, effects: effects.value }) : effects;
    }
  };
}
