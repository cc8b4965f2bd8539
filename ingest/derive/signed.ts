/**
 * Signed rows on two time axes. A rule says which effects hold for the events of one component up to a moment; replaying the
 * component moment by moment gives each effect the time from which on it is known, and its retraction when a later event changes it.
 */
import { compareEvents, type AcceptedEvent } from '#lib/contracts/events/registry.ts';

/** An effect that holds: its identity is its whole content. */
export interface Effect {
  readonly time: number;
  readonly amount: number;
}
/** An effect that began to hold (sign 1) or ceased to (sign −1) at `known_from`; amounts are already signed. */
export type Signed<E extends Effect> = E & { readonly known_from: number; readonly sign: 1 | -1 };

const negate = (value: number): number => (value === 0 ? 0 : -value);

/** @returns the rows that turn the multiset `before` into `after`, additions first; keys are contents */
export function difference<R>(
  before: readonly R[],
  after: readonly R[]
): { readonly added: R[]; readonly removed: R[] } {
  // most things are new: nothing to compare them with
  if (before.length === 0) return { added: [...after], removed: [] };
  const counts = new Map<string, { row: R; count: number }>();
  const add = (row: R, by: 1 | -1): void => {
    const key = JSON.stringify(row);
    const entry = counts.get(key);
    if (entry) entry.count += by;
    else counts.set(key, { row, count: by });
  };
  for (const row of after) add(row, 1);
  for (const row of before) add(row, -1);
  const added: R[] = [];
  const removed: R[] = [];
  for (const { row, count } of counts.values()) {
    for (let i = 0; i < count; i++) added.push(row);
    for (let i = 0; i < -count; i++) removed.push(row);
  }
  return { added, removed };
}

/**
 * Replays one component and tells from when each effect is known.
 * @param events of one component (everything that can change its effects), any order
 * @param rule the effects that hold for a prefix of them, given in order; no effect may lie after the prefix's last time
 */
export function replay<A extends AcceptedEvent, E extends Effect>(
  events: readonly A[],
  rule: (prefix: readonly A[]) => readonly E[]
): Signed<E>[] {
  const ordered = events.toSorted(compareEvents);
  const rows: Signed<E>[] = [];
  let holding: readonly E[] = [];
  for (let end = 1; end <= ordered.length; end++) {
    const last = ordered[end - 1];
    // events of one moment take effect together
    if (!last || ordered[end]?.time === last.time) continue;
    const now = rule(ordered.slice(0, end));
    const { added, removed } = difference(holding, now);
    for (const effect of removed) rows.push({ ...effect, ...negated(effect), known_from: last.time, sign: -1 });
    for (const effect of added) rows.push({ ...effect, known_from: last.time, sign: 1 });
    holding = now;
  }
  return rows;
}

/** The number fields that are amounts, negated: `amount` and, where present, `base`. */
export const negated = (effect: {
  readonly amount: number;
  readonly base?: number;
}): { amount: number; base?: number } => ({
  amount: negate(effect.amount),
  ...(effect.base === undefined ? {} : { base: negate(effect.base) })
});

/** A signed row taken back: what was written once is written again with the opposite sign. */
export const retract = <E extends Effect>(row: Signed<E>): Signed<E> => ({
  ...row,
  ...negated(row),
  sign: row.sign === 1 ? -1 : 1
});

/**
 * Splits events into components that share a key.
 * @param keysOf the keys of an event; an event without keys is a component of its own
 */
export function components<A extends AcceptedEvent>(
  events: Iterable<A>,
  keysOf: (event: A) => readonly string[]
): A[][] {
  const parent = new Map<string, string>();
  const find = (key: string): string => {
    let root = key;
    for (let next = parent.get(root); next !== undefined && next !== root; next = parent.get(root)) root = next;
    parent.set(key, root);
    return root;
  };
  const alone: A[][] = [];
  const keyed: { event: A; key: string }[] = [];
  for (const event of events) {
    const [first, ...others] = keysOf(event);
    if (first === undefined) {
      alone.push([event]);
      continue;
    }
    for (const other of others) parent.set(find(other), find(first));
    keyed.push({ event, key: first });
  }
  const groups = new Map<string, A[]>();
  for (const { event, key } of keyed) {
    const root = find(key);
    const group = groups.get(root);
    if (group) group.push(event);
    else groups.set(root, [event]);
  }
  return [...groups.values(), ...alone];
}
