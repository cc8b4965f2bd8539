/** The newest events, kept in memory: read after the doorbell, never polled. */
import type { FeedEvent } from '#lib/contracts/push.ts';
import type { Role } from '#lib/contracts/roles.ts';
import type { Reader } from '#sql/interface.server.ts';
import { feedFor, toFeedEvent } from './event-line.server.ts';
import { createListeners } from './listeners.server.ts';
import { namesOf } from './names.server.ts';
import { newestEvents } from './queries/events.server.ts';
import { END_OF_TIME_MS } from './queries/question.server.ts';
import { toEvent } from './queries/stored-event.server.ts';
import type { Timers } from './timers.server.ts';

const KEPT = 50;
const GAP_MS = 250;
/** Names change rarely; a changed one is in the feed itself. */
const NAMES_MAX = 5_000;

export interface Feed {
  /** figures are committed through this journal position */
  committed(seq: number): void;
  recent(role: Role): readonly FeedEvent[];
  /** those that are new, newest first */
  onEvents(listener: (events: readonly FeedEvent[]) => void): () => void;
  stop(): void;
}

export function createFeed({ reader, timers }: { readonly reader: Reader; readonly timers: Timers }): Feed {
  const told = createListeners<readonly FeedEvent[]>();
  const names = new Map<string, string>();
  let recent: readonly FeedEvent[] = [];
  let readThrough = 0;
  let wanted = 0;
  let isReading = false;
  let cancel: (() => void) | null = null;

  const learnNames = async (ids: readonly string[]): Promise<void> => {
    const unknown = ids.filter((id) => !names.has(id));
    if (unknown.length === 0) return;
    if (names.size > NAMES_MAX) names.clear();
    const found = await namesOf(reader, unknown, END_OF_TIME_MS);
    if (found.ok) for (const [id, name] of found.value) names.set(id, name);
  };

  const read = async (): Promise<void> => {
    isReading = true;
    const rows = await reader.read(newestEvents, { after_seq: readThrough });
    if (rows.ok && rows.value.length > 0) {
      const events = rows.value.map(toEvent);
      for (const event of events)
        if (event.type === 'customer.updated' && event.data.name !== undefined) names.delete(event.data.customer_id);
      await learnNames(
        events.flatMap(({ data }) =>
          'customer_id' in data && data.customer_id !== undefined ? [data.customer_id] : []
        )
      );
      const fresh = events.map((event) => toFeedEvent(event, names));
      readThrough = fresh[0]?.seq ?? readThrough;
      recent = [...fresh, ...recent].slice(0, KEPT);
      told.tell(fresh);
    }
    isReading = false;
    // a failed read waits for the next commit: the feed is a view of what is new, not a record
    if (rows.ok && wanted > readThrough && rows.value.length > 0) schedule();
  };

  const schedule = (): void => {
    if (cancel !== null || isReading) return;
    cancel = timers.after(GAP_MS, () => {
      cancel = null;
      void read();
    });
  };

  return {
    committed(seq) {
      wanted = Math.max(wanted, seq);
      if (wanted > readThrough) schedule();
    },
    recent: (role) => feedFor(role, recent),
    onEvents: (listener) => told.add(listener),
    stop: () => cancel?.()
  };
}
