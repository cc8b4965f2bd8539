/**
 * What happened to a subject before the running batch. A small cache over events_by_key_v1: one writer owns the tables, so what it
 * read once and appended since is the whole truth. "Before" is by journal position, so a repeated batch sees the same past.
 */
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { acceptedEvent, RawRow } from '#lib/contracts/events/accepted.ts';
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { fail, ok, type Result } from '#lib/contracts/result.ts';
import type { ClickHouseFailure, Reader } from '#sql/interface.server.ts';
import { loadQuery } from '#sql/queries.server.ts';
import { subjectKeys } from './keys.ts';
import type { SeenKeys } from './seen-keys.ts';

/** Keys travel as one parameter, of which a stock server takes 128 KiB. */
const KEY_BYTES_MAX = 100_000;
/** Cached entries: an event counts once under each of its keys, and is one object under all of them. */
const CACHED_ENTRIES_MAX = 200_000;
/** Events kept as objects, ≈ 0.7 kB each: what is read again under another key is not parsed again. */
const KNOWN_EVENTS_MAX = 70_000;

const historyByKey = () => ({
  name: 'history_by_key',
  sql: loadQuery('history_by_key'),
  params: z.object({ keys: z.array(z.string()), before: z.int() }),
  row: RawRow.extend({ key: z.string() }),
  timeoutMs: 30_000
});

function chunks(keys: Iterable<string>): string[][] {
  const result: string[][] = [];
  let chunk: string[] = [];
  let bytes = 0;
  for (const key of keys) {
    const length = Buffer.byteLength(JSON.stringify(key)) + 1;
    if (chunk.length > 0 && bytes + length > KEY_BYTES_MAX) {
      result.push(chunk);
      chunk = [];
      bytes = 0;
    }
    chunk.push(key);
    bytes += length;
  }
  if (chunk.length > 0) result.push(chunk);
  return result;
}

export interface History {
  /** Events of each key with seq < `before`; a key never seen maps to nothing. */
  load(
    keys: Iterable<string>,
    before: number
  ): Promise<Result<Map<string, readonly AcceptedEvent[]>, ClickHouseFailure>>;
  /** Adds a derived batch to what is known. Call once a batch, when all of it is committed. */
  commit(events: readonly AcceptedEvent[]): void;
  /** Forgets everything read: the tables were changed by someone else. */
  clear(): void;
}

/** @param seen tells keys that surely have no past, so that nothing is asked for them */
export function createHistory(options: { readonly reader: Reader; readonly seen: SeenKeys }): History {
  const query = historyByKey();
  const cache = new LRUCache<string, AcceptedEvent[]>({
    maxSize: CACHED_ENTRIES_MAX,
    sizeCalculation: (events) => events.length + 1
  });

  const known = new LRUCache<number, AcceptedEvent>({ max: KNOWN_EVENTS_MAX });
  const eventOf = (row: RawRow): AcceptedEvent => {
    const event = known.get(row.seq) ?? acceptedEvent(row);
    known.set(row.seq, event);
    return event;
  };

  return {
    async load(keys, before) {
      const result = new Map<string, readonly AcceptedEvent[]>();
      const missing: string[] = [];
      for (const key of new Set(keys)) {
        const cached = cache.get(key) ?? (options.seen.mayHave(key) ? undefined : []);
        if (cached) result.set(key, cached);
        else missing.push(key);
      }
      for (const chunk of chunks(missing)) {
        const answer = await options.reader.read(query, { keys: chunk, before });
        if (!answer.ok) return fail(answer.failure);
        const byKey = new Map<string, AcceptedEvent[]>(chunk.map((key) => [key, []]));
        for (const row of answer.value) byKey.get(row.key)?.push(eventOf(row));
        for (const [key, events] of byKey) {
          cache.set(key, events);
          result.set(key, events);
        }
      }
      return ok(result);
    },
    commit(events) {
      for (const event of events) {
        const keys = subjectKeys(event);
        // one that is read under a single key, or none, is never met again under another
        if (keys.length > 1) known.set(event.seq, event);
        for (const key of keys) {
          const cached = cache.get(key);
          if (cached) {
            cached.push(event);
            cache.set(key, cached);
          } else if (!options.seen.mayHave(key)) cache.set(key, [event]);
          // at once: were the entry pushed out before the key's next event, a fresh one must not look complete
          options.seen.add(key);
        }
      }
    },
    clear() {
      cache.clear();
      known.clear();
    }
  };
}
