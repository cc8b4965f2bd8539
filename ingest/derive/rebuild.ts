/**
 * Rebuilds every derived table from raw events: into shadow tables beside the live ones, then exchanged. Before, what the views on the raw
 * table should have written and did not is completed. While it catches up the old tables go on being read and written; only the completing and
 * the last stretch hold the shipper, for as long as it takes to derive what came meanwhile.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { acceptedEvent, RawRow } from '#lib/contracts/events/accepted.ts';
import { ok, type Result } from '#lib/contracts/result.ts';
import type { ClickHouseFailure, Writer } from '#sql/interface.server.ts';
import { loadQuery } from '#sql/queries.server.ts';
import { createDeriver, type Deriver } from './deriver.ts';
import { DERIVED_TABLES, type DerivedTable } from './columns.ts';
import { createSeenKeys } from './seen-keys.ts';
import { completeViewsOfRaw } from './views-of-raw.ts';

/** large: a batch costs the whole history of every subject it touches */
const BATCH_EVENTS = 40_000;
const shadowOf = (table: DerivedTable): string => `${table}_rebuild`;

export interface Rebuilt {
  readonly events: number;
  /** last journal position in the new tables */
  readonly seq: number;
}
export interface RebuildOptions {
  readonly writer: Writer;
  /** runs `last` while nothing is shipped; without a running ingest just calls it */
  readonly exclusive: <T>(last: () => Promise<T>) => Promise<T>;
  /**
   * With ingest stopped: its shipped position. A batch that a crash left half derived is repeated by ingest, with its own token,
   * which the new tables do not know; were it derived here too, it would count twice.
   */
  readonly through?: number;
  readonly progress?: (seq: number, of: number) => void;
}

type Step<T> = Promise<Result<T, ClickHouseFailure>>;

// CREATE … AS and EXCHANGE take no Identifier parameters; the names come from the closed list DERIVED_TABLES, never from outside
const command = (writer: Writer, sql: string): Step<void> => writer.command('rebuild', sql, { timeoutMs: 120_000 });

async function forEachTable(run: (table: DerivedTable) => Step<void>): Step<void> {
  for (const table of DERIVED_TABLES) {
    const done = await run(table);
    if (!done.ok) return done;
  }
  return ok(undefined);
}

async function lastSeq(writer: Writer): Step<{ readonly last_seq: number; readonly events: number }> {
  const answer = await writer.read(
    {
      name: 'raw_last_seq',
      sql: loadQuery('raw_last_seq'),
      params: z.object({}),
      row: z.object({ last_seq: z.int(), events: z.int() }),
      timeoutMs: 10_000
    },
    {}
  );
  return answer.ok ? ok(answer.value[0] ?? { last_seq: 0, events: 0 }) : answer;
}

async function deriveRange(writer: Writer, deriver: Deriver, from: number, through: number): Step<void> {
  const rows = await writer.read(
    {
      name: 'raw_by_seq',
      sql: loadQuery('raw_by_seq'),
      params: z.object({ from: z.int(), through: z.int() }),
      row: RawRow,
      timeoutMs: 60_000
    },
    { from, through }
  );
  if (!rows.ok) return rows;
  return deriver.derive({ from, through, events: rows.value.map(acceptedEvent) }, () => undefined);
}

/** Idempotent: shadow tables left by an interrupted run are dropped first. */
export async function rebuild(options: RebuildOptions): Step<Rebuilt> {
  const { writer } = options;
  const prepared = await forEachTable(async (table) => {
    const dropped = await command(writer, `DROP TABLE IF EXISTS ${shadowOf(table)} SYNC`);
    if (!dropped.ok) return dropped;
    return command(writer, `CREATE TABLE ${shadowOf(table)} AS ${table}`);
  });
  if (!prepared.ok) return prepared;
  const completed = await options.exclusive(async () => {
    const end = await lastSeq(writer);
    return end.ok ? completeViewsOfRaw(writer, options.through ?? end.value.last_seq) : end;
  });
  if (!completed.ok) return completed;
  const deriver = createDeriver({
    writer,
    tokenPrefix: `rebuild:${randomUUID()}`,
    table: shadowOf,
    seen: createSeenKeys({ empty: true })
  });

  let done = 0;
  const catchUp = async (): Step<number> => {
    const end = await lastSeq(writer);
    if (!end.ok) return end;
    const last = Math.min(end.value.last_seq, options.through ?? end.value.last_seq);
    while (done < last) {
      const through = Math.min(done + BATCH_EVENTS, last);
      const derived = await deriveRange(writer, deriver, done + 1, through);
      if (!derived.ok) return derived;
      done = through;
      options.progress?.(done, last);
    }
    return ok(end.value.events);
  };
  const caughtUp = await catchUp();
  if (!caughtUp.ok) return caughtUp;
  const exchanged = await options.exclusive(async (): Step<number> => {
    const rest = await catchUp();
    if (!rest.ok) return rest;
    const swapped = await forEachTable((table) => command(writer, `EXCHANGE TABLES ${table} AND ${shadowOf(table)}`));
    return swapped.ok ? rest : swapped;
  });
  if (!exchanged.ok) return exchanged;
  const dropped = await forEachTable((table) => command(writer, `DROP TABLE ${shadowOf(table)} SYNC`));
  return dropped.ok ? ok({ events: exchanged.value, seq: done }) : dropped;
}
