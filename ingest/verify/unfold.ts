/**
 * From when each effect is known: the oracle asked again at every moment of a family of events. What it says then and did not say
 * before began to hold at that moment, what it no longer says ceased to.
 */
import { compareEvents, type AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { add, type Columns, type Tally } from './tally.ts';

/** One effect as the oracle tells it at a moment. */
export interface Fact {
  readonly columns: Columns;
  readonly values: readonly number[];
}

/** Events that share a key, directly or through others; one without keys stands alone. */
export function families<E extends AcceptedEvent>(
  events: readonly E[],
  keysOf: (event: E) => readonly string[]
): E[][] {
  const byKey = new Map<string, E[]>();
  for (const event of events)
    for (const key of keysOf(event)) {
      const sharing = byKey.get(key);
      if (sharing === undefined) byKey.set(key, [event]);
      else sharing.push(event);
    }
  const placed = new Set<E>();
  const found: E[][] = [];
  for (const first of events) {
    if (placed.has(first)) continue;
    placed.add(first);
    const family = [first];
    // the family grows while it is walked
    for (const member of family)
      for (const key of keysOf(member)) {
        for (const other of byKey.get(key) ?? []) {
          if (placed.has(other)) continue;
          placed.add(other);
          family.push(other);
        }
        byKey.delete(key);
      }
    found.push(family.sort(compareEvents));
  }
  return found;
}

/**
 * Adds a family's signed rows: columns with `known_from` (epoch ms) behind them, sums with the sign behind them.
 * @param family in order
 * @param tell what the oracle says of the events up to a moment
 */
export function unfold<E extends AcceptedEvent>(
  family: readonly E[],
  tell: (events: readonly E[]) => readonly Fact[],
  tally: Tally,
  timed: (columns: Columns, knownFrom: number) => Columns = (columns, knownFrom) => [...columns, knownFrom]
): void {
  let before: readonly Fact[] = [];
  for (let end = 1; end <= family.length; end++) {
    const moment = family[end - 1]?.time ?? 0;
    if (family[end]?.time === moment) continue;
    const after = tell(family.slice(0, end));
    for (const { columns, values } of before)
      add(
        tally,
        timed(columns, moment),
        [...values, 1].map((value) => 0 - value)
      );
    for (const { columns, values } of after) add(tally, timed(columns, moment), [...values, 1]);
    before = after;
  }
}
