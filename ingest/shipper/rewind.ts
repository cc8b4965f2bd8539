/**
 * After a power loss. ClickHouse answers an insert before its disk has it, so a machine that stopped without warning may come back
 * without some of the newest parts, of any table. The journal still has all rows behind the last sync: whatever ClickHouse kept of them
 * is taken out, the figures are made anew from what is safe, and the rows are shipped again, under new tokens.
 */
import type { Result } from '#lib/contracts/result.ts';
import { rebuild } from '#ingest/derive/rebuild.ts';
import type { Journal } from '#ingest/journal/journal.ts';
import type { JournalState } from '#ingest/journal/state.ts';
import type { ClickHouseFailure, Writer } from '#sql/interface.server.ts';

type Done = Promise<Result<unknown, ClickHouseFailure>>;

const TAKE_OUT_TIMEOUT_MS = 10 * 60_000;

// quarantine_v1 needs nothing: its rows replace each other
const TAKE_OUT = [
  'ALTER TABLE events_raw_v1 DELETE WHERE seq > {after: UInt64} SETTINGS mutations_sync = 1',
  'ALTER TABLE events_by_key_v1 DELETE WHERE seq > {after: UInt64} SETTINGS mutations_sync = 1',
  'TRUNCATE TABLE stream_seen_v1',
  `INSERT INTO stream_seen_v1 (stream, currency, first_time, last_time, events)
   SELECT stream, currency, min(time), max(time), count() FROM events_raw_v1 GROUP BY stream, currency`
];

/** Whether the machine has started anew since the state was written, with something shipped that was not synced. */
export const needsRewind = ({ boot_id, shipped, synced }: JournalState, bootId: string): boolean =>
  boot_id !== '' && bootId !== '' && boot_id !== bootId && shipped > synced;

/**
 * Call before the shipper starts. May be repeated after any crash: the state changes last.
 * @param step repeats one step until ClickHouse takes it
 */
export async function rewind(
  journal: Journal,
  writer: Writer,
  step: (run: () => Done) => Promise<void>
): Promise<void> {
  const { synced, epoch } = journal.state;
  for (const sql of TAKE_OUT) {
    const params = sql.includes('{after') ? { after: synced } : {};
    await step(() => writer.command('rewind', sql, { params, timeoutMs: TAKE_OUT_TIMEOUT_MS }));
  }
  await step(() => rebuild({ writer, through: synced, exclusive: (last) => last() }));
  await step(() => writer.command('sync', 'SYSTEM SYNC FILE CACHE', { timeoutMs: TAKE_OUT_TIMEOUT_MS }));
  await journal.saveState({ shipped: synced, batch: null, epoch: epoch + 1 });
}
