/** What can be done with quarantine: list it, and replay it, as it came or corrected. */
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import type {
  QuarantineEffects,
  QuarantineFilter,
  QuarantineReasons,
  QuarantineRow,
  QuarantineRows,
  ReplayAnswer,
  ReplayError,
  ReplayRequest
} from '#lib/contracts/quarantine.ts';
import { ok, type Result } from '#lib/contracts/result.ts';
import { decodeItem, type Allowance, type Decoded, type Usable } from '#ingest/decode/event.ts';
import { parseExactly } from '#ingest/decode/exact-numbers.ts';
import { EVENT_BYTES_MAX, NOT_JSON, type Items } from '#ingest/decode/items.ts';
import type { JournalFailure } from '#ingest/journal/group.ts';
import type { BatchAnswer } from '#lib/contracts/ingest.ts';
import type { ClickHouseFailure, Writer } from '#sql/interface.server.ts';
import { computeEffects } from './effects.ts';
import type { OpenQuarantine } from './open-quarantine.ts';
import { readByIds, readOpen, readReasons, readRows } from './rows.ts';

/** A replay's row closes when its event is shipped; the answer waits for that, so that it is no longer listed. */
const SHIPPED_WITHIN_MS = 3_000;

export interface DeskOptions {
  readonly writer: Writer;
  readonly quarantine: OpenQuarantine;
  /** an event that waited for a setting of its source that is there by now, as it would come today; any other as it is */
  readonly complete: (source: string, event: unknown) => unknown;
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
  replay(request: ReplayRequest, allowance: Allowance): Promise<Result<ReplayAnswer, DeskFailure>>;
  /** A dry run, and what the events it would replay would change. */
  test(
    request: ReplayRequest,
    allowance: Allowance
  ): Promise<Result<{ readonly answer: ReplayAnswer; readonly effects: QuarantineEffects }, DeskFailure>>;
}

/** One event of a replay, judged anew. */
type Judged =
  | { readonly kind: 'usable'; readonly row: QuarantineRow; readonly item: Usable }
  | { readonly kind: 'skipped' }
  | { readonly kind: 'error'; readonly error: ReplayError };

function parse(body: unknown): unknown {
  if (typeof body !== 'string') return body;
  try {
    return parseExactly(body);
  } catch {
    return NOT_JSON;
  }
}

/** It keeps its time: one that named none happened when it came. */
function dated(value: unknown, receivedAt: number): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const hasTime = 'time' in value && value.time !== null && value.time !== undefined;
  return hasTime ? value : { ...value, time: new Date(receivedAt).toISOString() };
}

function single(value: unknown): Items {
  const text = value === NOT_JSON ? '' : JSON.stringify(value);
  return {
    length: 1,
    isOneText: true,
    value: () => value,
    isTooLarge: () => Buffer.byteLength(text) > EVENT_BYTES_MAX,
    raw: () => text
  };
}

const errorOf = (quarantine_id: number, item: Exclude<Decoded, Usable>): ReplayError => ({
  quarantine_id,
  code: item.code,
  ...item.fault
});

const keepsIdentity = ({ event }: Usable, { source, id }: QuarantineRow): boolean =>
  event.source === source && event.id === id;

function judge(
  quarantineId: number,
  row: QuarantineRow | undefined,
  body: unknown,
  context: { readonly receivedAt: number; readonly allowance: Allowance; readonly complete: DeskOptions['complete'] }
): Judged {
  const error = (code: string, message: string, path = ''): Judged => ({
    kind: 'error',
    error: { quarantine_id: quarantineId, code, path, message }
  });
  if (!row) return error('not_found', 'no such event in quarantine');
  if (row.status === 'closed') return { kind: 'skipped' };
  const value = dated(context.complete(row.source, parse(body ?? row.raw ?? '')), row.received_at);
  const item = decodeItem(single(value), 0, context);
  if (item.kind !== 'usable') return { kind: 'error', error: errorOf(quarantineId, item) };
  if (!keepsIdentity(item, row))
    return error(
      'identity_changed',
      `a correction keeps source and id: ${JSON.stringify(row.source)} and ${JSON.stringify(row.id)}`,
      item.event.source === row.source ? '/id' : '/source'
    );
  return { kind: 'usable', row, item };
}

async function judgeAll(
  { writer, now, complete }: DeskOptions,
  { ids, bodies }: ReplayRequest,
  allowance: Allowance
): Promise<Result<Judged[], ClickHouseFailure>> {
  const wanted = [...new Set(ids)];
  const rows = await readByIds(writer, wanted, allowance);
  if (!rows.ok) return rows;
  const context = { receivedAt: now(), allowance, complete };
  const judged: Judged[] = [];
  const taken = new Set<string>();
  for (const id of wanted) {
    const one = judge(id, rows.value.get(id), bodies?.[String(id)], context);
    const identity = one.kind === 'usable' ? `${one.row.source}\0${one.row.id}` : null;
    // sent several times, it may wait several times: one of them is enough, and closes all
    judged.push(identity !== null && taken.has(identity) ? { kind: 'skipped' } : one);
    if (identity !== null) taken.add(identity);
  }
  return ok(judged);
}

const usableOf = (judged: readonly Judged[]): { readonly row: QuarantineRow; readonly item: Usable }[] =>
  judged.flatMap((one) => (one.kind === 'usable' ? [one] : []));

/** @param stored of the usable ones; the others were stored before */
function toAnswer({ ids }: ReplayRequest, judged: readonly Judged[], stored: number): ReplayAnswer {
  const errors = judged.flatMap((one) => (one.kind === 'error' ? [one.error] : []));
  return { replayed: stored, skipped: ids.length - stored - errors.length, errors };
}

export function createDesk(options: DeskOptions): Desk {
  const { writer, quarantine } = options;
  const dryRun = async (request: ReplayRequest, allowance: Allowance) => {
    const judged = await judgeAll(options, request, allowance);
    if (!judged.ok) return judged;
    const usable = usableOf(judged.value);
    const events: AcceptedEvent[] = usable.map(({ item }) => item.event);
    return ok({ answer: toAnswer(request, judged.value, usable.length), events });
  };
  return {
    list: (filter, allowance) => readRows(writer, filter, allowance),
    reasons: () => readReasons(writer, options.now()),
    open: () => readOpen(writer),
    async replay(request, allowance) {
      if (request.dry_run) {
        const judged = await dryRun(request, allowance);
        return judged.ok ? ok(judged.value.answer) : judged;
      }
      const judged = await judgeAll(options, request, allowance);
      if (!judged.ok) return judged;
      const usable = usableOf(judged.value);
      // some were left out of memory when too many waited: what is replayed must close its row all the same
      for (const { row } of usable) quarantine.expect(row);
      const taken = await options.take(usable.map(({ item }) => item));
      if (!taken.ok) return taken;
      const known = new Set(taken.value.items.map(({ index }) => index));
      const storedNow = usable.filter((_, index) => !known.has(index)).length;
      if (known.size > 0) {
        const stored = usable.filter((_, index) => known.has(index)).map(({ row }) => row);
        const closed = await quarantine.close(writer, stored, options.now());
        if (!closed.ok) return closed;
      }
      if (storedNow > 0) await options.shipped(SHIPPED_WITHIN_MS);
      return ok(toAnswer(request, judged.value, storedNow));
    },
    async test(request, allowance) {
      const judged = await dryRun(request, allowance);
      if (!judged.ok) return judged;
      const effects = await computeEffects(writer, judged.value.events);
      return effects.ok ? ok({ answer: judged.value.answer, effects: effects.value }) : effects;
    }
  };
}
