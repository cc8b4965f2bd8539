/** Which rows of a refused insert ClickHouse does not take: found by halving, on a table that stores nothing. */
import { ok, type Result } from '#lib/contracts/result.ts';
import type { RefusedRow } from '#ingest/journal/state.ts';
import type { ClickHouseFailure, Writer } from '#sql/interface.server.ts';
import { linesOf } from '#ingest/journal/rows.ts';
import { positionOf } from './refused.ts';

/** Noted before more are looked for: where many are refused, neither a crash nor a probe that fails begins the search anew. */
const FOUND_MAX = 100;

type Step<T> = Promise<Result<T, ClickHouseFailure>>;

/**
 * @param rows NDJSON as the journal holds it
 * @returns the rows refused, each in ClickHouse's own words, or the first of them when they are many; none: it takes all of them now
 */
export async function isolate(
  writer: Pick<Writer, 'command' | 'refusal'>,
  table: string,
  rows: Buffer
): Step<readonly RefusedRow[]> {
  const probe = `${table}_probe`;
  // made anew: types and constraints are those of now
  for (const sql of [`DROP TABLE IF EXISTS ${probe} SYNC`, `CREATE TABLE ${probe} AS ${table} ENGINE = Null`]) {
    const done = await writer.command('isolate', sql);
    if (!done.ok) return done;
  }
  const found: RefusedRow[] = [];
  const search = async (lines: readonly Buffer[]): Step<void> => {
    const [first] = lines;
    if (!first || found.length >= FOUND_MAX) return ok(undefined);
    const answer = await writer.refusal(probe, Buffer.concat(lines));
    if (!answer.ok) return answer;
    if (answer.value === null) return ok(undefined);
    if (lines.length === 1) {
      found.push({ position: positionOf(first), words: answer.value });
      return ok(undefined);
    }
    const middle = Math.ceil(lines.length / 2);
    const left = await search(lines.slice(0, middle));
    return left.ok ? search(lines.slice(middle)) : left;
  };
  const searched = await search([...linesOf(rows)]);
  if (!searched.ok && found.length === 0) return searched;
  const dropped = await writer.command('isolate', `DROP TABLE IF EXISTS ${probe} SYNC`);
  return dropped.ok || found.length > 0 ? ok(found) : dropped;
}
