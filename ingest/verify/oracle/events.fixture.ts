/** Events for tests: told in few words, checked by the same schemas that ingest uses. */
import { eventSchemas, type AcceptedEvent, type EventType, isEventType } from '#lib/contracts/events/registry.ts';
import type { z } from 'zod';

type DataOf<T extends EventType> = z.input<(typeof eventSchemas)[T]>;

interface Draft {
  readonly seq: number;
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly time: number;
  readonly received_at: number;
  readonly data: unknown;
}

const fits = (event: Draft): event is AcceptedEvent =>
  isEventType(event.type) && eventSchemas[event.type].safeParse(event.data).success;

/** @throws when the data does not fit the type: a test's events must be such as ingest accepts */
export function accepted(event: Draft): AcceptedEvent {
  if (fits(event)) return event;
  throw new Error(`no valid ${event.type}: ${JSON.stringify(event.data)}`);
}

export interface Teller {
  /** `time`: RFC 3339 or epoch ms. Ids count up unless given; seq is the order of telling. */
  tell<T extends EventType>(
    type: T,
    time: string | number,
    data: DataOf<T>,
    as?: { readonly source?: string; readonly id?: string }
  ): AcceptedEvent;
  readonly events: readonly AcceptedEvent[];
}

/** Tells events one after the other, from source `test`. */
export function teller(): Teller {
  const events: AcceptedEvent[] = [];
  return {
    events,
    tell(type, time, data, as = {}) {
      const seq = events.length + 1;
      const ms = typeof time === 'number' ? time : Date.parse(time);
      const event = accepted({
        seq,
        source: as.source ?? 'test',
        id: as.id ?? `e${String(seq).padStart(4, '0')}`,
        type,
        time: ms,
        received_at: ms,
        data
      });
      events.push(event);
      return event;
    }
  };
}
