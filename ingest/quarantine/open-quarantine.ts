/** Which identities wait in quarantine: sent again, corrected, the event is stored and closes its rows there. */
import { z } from 'zod';
import { ok, type Result } from '#lib/contracts/result.ts';
import type { ClickHouseFailure, Reader, Writer } from '#sql/interface.server.ts';
import { paramParts } from '#sql/param-lists.server.ts';
import { loadQuery } from '#sql/queries.server.ts';

/** ≈ 100 bytes each in memory; beyond it the oldest open rows are closed by hand or by replay only. */
const IDENTITIES_MAX = 500_000;
/** Each with its raw text, on its way from the table into the table. */
const CLOSE_AT_ONCE = 1_000;

const CLOSE = `
INSERT INTO quarantine_v1 (quarantine_id, source, id, type, received_at, code, path, message, raw, key_id, status, version, closed_at)
SELECT quarantine_id, source, id, type, received_at, code, path, message, raw, key_id, 'closed', version + 1,
    fromUnixTimestamp64Milli({closed_at: Int64})
FROM quarantine_v1 FINAL
PREWHERE quarantine_id IN {ids: Array(UInt64)}
WHERE status = 'open'`;

const openOf = () => ({
  name: 'open_quarantine_of',
  sql: loadQuery('open_quarantine_of'),
  params: z.object({ identities: z.array(z.string()) }),
  row: z.object({ quarantine_id: z.int() }),
  timeoutMs: 30_000
});

interface Identity {
  readonly source: string;
  readonly id: string;
}
/** A source has no space within it. */
const keyOf = ({ source, id }: Identity): string => `${source} ${id}`;

export class OpenQuarantine {
  readonly #waiting = new Set<string>();

  get size(): number {
    return this.#waiting.size;
  }

  async load(reader: Reader): Promise<Result<void, ClickHouseFailure>> {
    const answer = await reader.read(
      {
        name: 'open_quarantine',
        sql: loadQuery('open_quarantine'),
        params: z.object({ most: z.int() }),
        row: z.object({ source: z.string(), id: z.string() }),
        timeoutMs: 30_000
      },
      { most: IDENTITIES_MAX }
    );
    if (!answer.ok) return answer;
    for (const identity of answer.value) this.add(identity);
    return ok(undefined);
  }

  add(identity: Identity): void {
    if (this.#waiting.size < IDENTITIES_MAX) this.#waiting.add(keyOf(identity));
  }

  /** One that is about to be stored: its rows are closed even where {@link add} had no room for it. */
  expect(identity: Identity): void {
    this.#waiting.add(keyOf(identity));
  }

  /** Closes rows whose events are stored. May be repeated. @param now epoch ms */
  async closeRows(writer: Writer, ids: readonly number[], now: number): Promise<Result<void, ClickHouseFailure>> {
    // in the order of the table, so that no part of it is read twice
    for (const part of paramParts(
      [...ids].sort((a, b) => a - b),
      CLOSE_AT_ONCE
    )) {
      const closed = await writer.command('close_quarantine', CLOSE, { params: { ids: part, closed_at: now } });
      if (!closed.ok) return closed;
    }
    return ok(undefined);
  }

  /**
   * Closes the rows of what was stored in a batch. May be repeated.
   * @param identities of the batch; looked at only when something waits
   * @param now epoch ms
   */
  async close(writer: Writer, identities: Iterable<Identity>, now: number): Promise<Result<void, ClickHouseFailure>> {
    if (this.#waiting.size === 0) return ok(undefined);
    const stored = [...identities].map(keyOf).filter((key) => this.#waiting.has(key));
    for (const part of paramParts(stored)) {
      const found = await writer.read(openOf(), { identities: part });
      if (!found.ok) return found;
      const closed = await this.closeRows(
        writer,
        found.value.map(({ quarantine_id }) => quarantine_id),
        now
      );
      if (!closed.ok) return closed;
      for (const key of part) this.#waiting.delete(key);
    }
    return ok(undefined);
  }
}
