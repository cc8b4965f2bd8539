/**
 * Which identities wait in quarantine, and in which rows: sent again, corrected, the event is stored and closes its rows there. They are
 * closed by the table's key: to find them by identity, all that ever waited is looked through.
 */
import { z } from 'zod';
import { ok, type Result } from '#lib/contracts/result.ts';
import type { ClickHouseFailure, Reader, Writer } from '#sql/interface.server.ts';
import { paramParts } from '#sql/param-lists.server.ts';
import { loadQuery } from '#sql/queries.server.ts';

/** ≈ 200 bytes each in memory; beyond it one is closed by replay, or with another row of its identity. */
const ROWS_MAX = 500_000;
/** Each with its raw text, from the table into the table: ClickHouse needs ≈ 3 bytes of memory for each of theirs. */
const CLOSE_AT_ONCE = 500;

const CLOSE = `
INSERT INTO quarantine_v1 (quarantine_id, source, id, type, received_at, code, path, message, raw, key_id, status, version, closed_at)
SELECT quarantine_id, source, id, type, received_at, code, path, message, raw, key_id, 'closed', version + 1,
    fromUnixTimestamp64Milli({closed_at: Int64})
FROM quarantine_v1 FINAL
PREWHERE quarantine_id IN {ids: Array(UInt64)}
WHERE status = 'open'`;

interface Identity {
  readonly source: string;
  readonly id: string;
}
interface Waiting extends Identity {
  /** its place in the journal */
  readonly quarantine_id: number;
}
/** All rows of an identity, or the newest one, beside which there may be others. */
type Rows = number[] | number;

/** A source has no space within it. */
const keyOf = ({ source, id }: Identity): string => `${source} ${id}`;
const weightOf = (rows: Rows | undefined): number => (Array.isArray(rows) ? rows.length : rows === undefined ? 0 : 1);

const openRows = () => ({
  name: 'open_quarantine',
  sql: loadQuery('open_quarantine'),
  params: z.object({ most: z.int() }),
  row: z.object({ source: z.string(), id: z.string(), quarantine_id: z.int() }),
  timeoutMs: 30_000
});
const openRowsOf = () => ({
  name: 'open_quarantine_of',
  sql: loadQuery('open_quarantine_of'),
  params: z.object({ identities: z.array(z.string()) }),
  row: z.object({ quarantine_id: z.int() }),
  timeoutMs: 30_000
});

/** May be repeated. */
async function closeRows(writer: Writer, ids: number[], now: number): Promise<Result<void, ClickHouseFailure>> {
  // in the order of the table, so that no part of it is read twice
  ids.sort((a, b) => a - b);
  for (const part of paramParts(ids, CLOSE_AT_ONCE)) {
    const closed = await writer.command('close_quarantine', CLOSE, { params: { ids: part, closed_at: now } });
    if (!closed.ok) return closed;
  }
  return ok(undefined);
}

export class OpenQuarantine {
  readonly #waiting = new Map<string, Rows>();
  readonly #rowsMax: number;
  #rows = 0;
  /** some had no room: an identity first seen after that may have rows among them */
  #hasLeftOut = false;

  constructor({ rowsMax = ROWS_MAX } = {}) {
    this.#rowsMax = rowsMax;
  }

  /** identities */
  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Call once the journal has told what it holds, before anything is closed. May be repeated.
   * @param shipped position up to which ClickHouse knows what still waits; of what lies behind only the journal tells
   */
  async load(reader: Reader, shipped: number): Promise<Result<void, ClickHouseFailure>> {
    const answer = await reader.read(openRows(), { most: this.#rowsMax });
    if (!answer.ok) return answer;
    const isCut = answer.value.length >= this.#rowsMax;
    const recalled = [...this.#waiting];
    this.#waiting.clear();
    this.#rows = 0;
    if (isCut) this.#hasLeftOut = true;
    for (const row of answer.value) this.add(row);
    const listed = new Set(answer.value.map((row) => row.quarantine_id).filter((id) => isCut || id > shipped));
    const stillWaits = (id: number): boolean => (isCut || id > shipped) && !listed.has(id);
    for (const [key, rows] of recalled)
      if (Array.isArray(rows)) for (const id of rows.filter(stillWaits)) this.#add(key, id);
      else if (stillWaits(rows)) this.#put(key, rows);
    return ok(undefined);
  }

  add(row: Waiting): void {
    this.#add(keyOf(row), row.quarantine_id);
  }

  /** One that is about to be stored: its rows are closed even where {@link add} had no room for them. */
  expect(identity: Identity): void {
    const key = keyOf(identity);
    if (!this.#waiting.has(key)) this.#put(key, 0);
  }

  /**
   * Closes the rows of what is stored. May be repeated.
   * @param identities looked at only when something waits
   * @param now epoch ms
   */
  async close(writer: Writer, identities: Iterable<Identity>, now: number): Promise<Result<void, ClickHouseFailure>> {
    if (this.#waiting.size === 0) return ok(undefined);
    const stored: string[] = [];
    const unknown: string[] = [];
    const ids: number[] = [];
    for (const identity of identities) {
      const key = keyOf(identity);
      const rows = this.#waiting.get(key);
      if (rows === undefined) continue;
      stored.push(key);
      if (Array.isArray(rows)) for (const id of rows) ids.push(id);
      else unknown.push(key);
    }
    for (const part of paramParts(unknown)) {
      const found = await writer.read(openRowsOf(), { identities: part });
      if (!found.ok) return found;
      for (const { quarantine_id } of found.value) ids.push(quarantine_id);
    }
    const closed = await closeRows(writer, ids, now);
    if (closed.ok) for (const key of stored) this.#put(key);
    return closed;
  }

  #add(key: string, id: number): void {
    const known = this.#waiting.get(key);
    const isWhole = known === undefined ? !this.#hasLeftOut : Array.isArray(known);
    if (this.#rows >= this.#rowsMax) {
      this.#hasLeftOut = true;
      if (known !== undefined) this.#put(key, id);
    } else if (!isWhole) this.#put(key, id);
    else if (Array.isArray(known)) {
      known.push(id);
      this.#rows++;
    } else this.#put(key, [id]);
  }

  /** @param rows left out: none waits any more */
  #put(key: string, rows?: Rows): void {
    this.#rows += weightOf(rows) - weightOf(this.#waiting.get(key));
    if (rows === undefined) this.#waiting.delete(key);
    else this.#waiting.set(key, rows);
  }
}
