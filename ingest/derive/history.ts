/**
 * What happened to a subject before the running batch. A small cache over events_by_key_v1: one writer owns the tables, so what it
 * read once and appended since is the whole truth. "Before" is by journal position, so a repeated batch sees the same past.
 */
import { z } from 'zod';
import { acceptedEvent, RawRow } from '#lib/contracts/events/accepted.ts';
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { fail, ok, type Result } from '#lib/contracts/result.ts';
import type { ClickHouseFailure, Reader } from '#sql/interface.server.ts';
import { paramParts } from '#sql/param-lists.server.ts';
import { loadQuery } from '#sql/queries.server.ts';
import { customerOfKey, historyKeys, onlyCustomerKey } from './keys.ts';
import { RecentKeys } from './recent-keys.ts';
import type { SeenKeys } from './seen-keys.ts';

/** Cached entries: an event counts once under each of its keys, and is one object under all of them, ≈ 0.7 kB. */
const CACHED_ENTRIES_MAX = 200_000;
/** Of customers alone: every new invoice asks for its customer's, and what orders and payments bring must not push them out. */
const CUSTOMER_ENTRIES_MAX = 100_000;
const FRUGAL_SHARE = 1 / 5;

const historyByKey = () => ({
  name: 'history_by_key',
  sql: loadQuery('history_by_key'),
  params: z.object({ keys: z.array(z.string()), before: z.int(), only_customer: z.boolean() }),
  row: RawRow.extend({ key: z.string() }),
  timeoutMs: 30_000
});

export interface History {
  /**
   * Events of each key with seq < `before`; a key without any is missing.
   * @param keys distinct, of historyKeys
   */
  load(
    keys: Iterable<string>,
    before: number
  ): Promise<Result<Map<string, readonly AcceptedEvent[]>, ClickHouseFailure>>;
  /** Adds a derived batch to what is known. Call once a batch, when all of it is committed. */
  commit(events: readonly AcceptedEvent[]): void;
  /** Remembers a fifth, or all that it may. */
  beFrugal(isFrugal: boolean): void;
  /** Forgets everything read: the tables were changed by someone else. */
  clear(): void;
}

function createCaches(): Pick<History, 'beFrugal' | 'clear'> & { cacheOf(key: string): RecentKeys<AcceptedEvent> } {
  const mixed = new RecentKeys<AcceptedEvent>(CACHED_ENTRIES_MAX);
  const customer = new RecentKeys<AcceptedEvent>(CUSTOMER_ENTRIES_MAX);
  return {
    cacheOf: (key) => (customerOfKey(key) === null ? mixed : customer),
    beFrugal(isFrugal) {
      const share = isFrugal ? FRUGAL_SHARE : 1;
      mixed.limit(CACHED_ENTRIES_MAX * share);
      customer.limit(CUSTOMER_ENTRIES_MAX * share);
    },
    clear() {
      mixed.clear();
      customer.clear();
    }
  };
}

/** @param seen tells keys that surely have no past, so that nothing is asked for them */
export function createHistory(options: { readonly reader: Reader; readonly seen: SeenKeys }): History {
  const query = historyByKey();
  const { cacheOf, beFrugal, clear } = createCaches();

  /** @param keys as they are stored, with those of ours that they stand for */
  const read = async (
    keys: ReadonlyMap<string, string>,
    asked: { readonly before: number; readonly only_customer: boolean },
    into: Map<string, readonly AcceptedEvent[]>
  ): Promise<Result<void, ClickHouseFailure>> => {
    for (const part of paramParts(keys.keys())) {
      const answer = await options.reader.read(query, { keys: part, ...asked });
      if (!answer.ok) return fail(answer.failure);
      const found = new Map<string, AcceptedEvent[]>(part.map((key) => [key, []]));
      for (const row of answer.value) found.get(row.key)?.push(acceptedEvent(row));
      for (const [stored, events] of found) {
        const key = keys.get(stored) ?? stored;
        cacheOf(key).set(key, events);
        if (events.length > 0) into.set(key, events);
      }
    }
    return ok(undefined);
  };

  return {
    async load(keys, before) {
      const result = new Map<string, readonly AcceptedEvent[]>();
      const missing = new Map<string, string>();
      const missingCustomers = new Map<string, string>();
      for (const key of keys) {
        const cached = cacheOf(key).get(key);
        if (cached) {
          if (cached.length > 0) result.set(key, cached);
        } else if (options.seen.mayHave(key)) {
          const customer = customerOfKey(key);
          if (customer === null) missing.set(key, key);
          else missingCustomers.set(`pays-customer:${customer}`, onlyCustomerKey(customer));
        }
      }
      const byKey = await read(missing, { before, only_customer: false }, result);
      if (!byKey.ok) return byKey;
      const ofCustomers = await read(missingCustomers, { before, only_customer: true }, result);
      return ofCustomers.ok ? ok(result) : ofCustomers;
    },
    commit(events) {
      for (const event of events)
        for (const key of historyKeys(event)) {
          const cache = cacheOf(key);
          if (!cache.push(key, event) && !options.seen.mayHave(key)) cache.set(key, [event]);
          // at once: were the entry pushed out before the key's next event, a fresh one must not look complete
          options.seen.add(key);
        }
    },
    beFrugal,
    clear
  };
}
