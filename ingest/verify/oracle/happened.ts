/**
 * The oracle's ground: which events count at a moment, and the rules of "who counts once, who adds" (domain.md section 3).
 * The oracle is plain and slow on purpose, and shares no code with what it checks: only contracts and the calendar.
 */
import { compareEvents, type AcceptedEvent, type EventOf, type EventType } from '#lib/contracts/events/registry.ts';

/**
 * The distinct events with a time up to `asOf` (null: all), in the order of happening.
 * Of one identity (source, id) the first accepted stays, whatever time a copy carries.
 */
export function happened(events: readonly AcceptedEvent[], asOf: number | null): AcceptedEvent[] {
  const byIdentity = new Map<string, AcceptedEvent>();
  for (const event of events) {
    const identity = JSON.stringify([event.source, event.id]);
    const known = byIdentity.get(identity);
    if (known === undefined || event.seq < known.seq) byIdentity.set(identity, event);
  }
  return [...byIdentity.values()].filter(({ time }) => asOf === null || time <= asOf).sort(compareEvents);
}

/** Those of one type, in the order given. */
export const ofType = <T extends EventType>(events: readonly AcceptedEvent[], type: T): EventOf<T>[] =>
  events.filter((event): event is EventOf<T> => event.type === type);

/** An entity: it exists from its earliest event, its content is that of one of them. */
export interface Entity<E> {
  readonly exists_from: number;
  readonly content: E;
}

interface Revised {
  readonly time: number;
  readonly data: { readonly revision?: number | undefined };
}

/**
 * Entities by their id: content of the highest revision (absent = 0), among equals the first in order.
 * @param events in order
 */
export function entities<E extends Revised>(events: readonly E[], idOf: (event: E) => string): Map<string, Entity<E>> {
  const found = new Map<string, Entity<E>>();
  for (const event of events) {
    const known = found.get(idOf(event));
    if (known === undefined) found.set(idOf(event), { exists_from: event.time, content: event });
    else if ((event.data.revision ?? 0) > (known.content.data.revision ?? 0))
      found.set(idOf(event), { exists_from: known.exists_from, content: event });
  }
  return found;
}

/**
 * Movements of one type: each counts, but of those with the same movement_id only the first.
 * @param events of one type, in order
 */
export function movements<E extends { readonly data: { readonly movement_id?: string | undefined } }>(
  events: readonly E[]
): E[] {
  const seen = new Set<string>();
  const counted: E[] = [];
  for (const event of events) {
    const { movement_id } = event.data;
    if (movement_id !== undefined && seen.has(movement_id)) continue;
    if (movement_id !== undefined) seen.add(movement_id);
    counted.push(event);
  }
  return counted;
}

export const sum = <T>(items: Iterable<T>, amountOf: (item: T) => number): number => {
  let total = 0;
  for (const item of items) total += amountOf(item);
  return total;
};

export const within = (low: number, value: number, high: number): number => Math.max(low, Math.min(value, high));
