/** Which identities wait in quarantine: sent again, corrected, the event is stored and closes its rows there. */
import { z } from 'zod';
import { ok, type Result } from '#lib/contracts/result.ts';
import type { ClickHouseFailure, Reader, Writer } from '#sql/interface.server.ts';
import { loadQuery } from '#sql/queries.server.ts';

/** ≈ 100 bytes each in memory; beyond it the oldest open rows are closed by hand or by replay only. */
const IDENTITIES_MAX = 500_000;
/** Parameters travel in the URL. */
const CLOSE_AT_ONCE = 200;

const CLOSE = `
INSERT INTO quarantine_v1 (quarantine_id, source, id, type, received_at, code, path, message, raw, key_id, status, version, closed_at)
SELECT quarantine_id, source, id, type, received_at, code, path, message, raw, key_id, 'closed', {version: UInt64},
    fromUnixTimestamp64Milli({closed_at: Int64})
FROM quarantine_v1 FINAL
WHERE status = 'open' AND (source, id) IN (SELECT arrayJoin(arrayZip({sources: Array(String)}, {ids: Array(String)})))`;

const CLOSE_ROWS = `
INSERT INTO quarantine_v1 (quarantine_id, source, id, type, received_at, code, path, message, raw, key_id, status, version, closed_at)
SELECT quarantine_id, source, id, type, received_at, code, path, message, raw, key_id, 'closed', version + 1,
    fromUnixTimestamp64Milli({closed_at: Int64})
FROM quarantine_v1 FINAL
WHERE status = 'open' AND quarantine_id IN {ids: Array(UInt64)}`;

interface Identity {
  readonly source: string;
  readonly id: string;
}
const keyOf = ({ source, id }: Identity): string => `${source}\0${id}`;

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

  /** Closes rows whose events were stored before. May be repeated. @param now epoch ms */
  closeRows(writer: Writer, ids: readonly number[], now: number): Promise<Result<void, ClickHouseFailure>> {
    return writer.command('close_quarantine', CLOSE_ROWS, { params: { ids, closed_at: now } });
  }

  /**
   * Closes the rows of what was stored in a batch. May be repeated.
   * @param identities of the batch; looked at only when something waits
   * @param version the batch's last position: higher than that of any row it closes
   * @param now epoch ms
   */
  async close(
    writer: Writer,
    identities: Iterable<Identity>,
    version: number,
    now: number
  ): Promise<Result<void, ClickHouseFailure>> {
    if (this.#waiting.size === 0) return ok(undefined);
    const stored = [...identities].filter((identity) => this.#waiting.has(keyOf(identity)));
    for (let at = 0; at < stored.length; at += CLOSE_AT_ONCE) {
      const part = stored.slice(at, at + CLOSE_AT_ONCE);
      const params = {
        version,
        closed_at: now,
        sources: part.map(({ source }) => source),
        ids: part.map(({ id }) => id)
      };
      const closed = await writer.command('close_quarantine', CLOSE, { params });
      if (!closed.ok) return closed;
      for (const event of part) this.#waiting.delete(keyOf(event));
    }
    return ok(undefined);
  }
}
