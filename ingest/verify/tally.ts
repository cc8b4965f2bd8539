/** Sums under keys: both sides of a comparison are brought to this form, so that order and retracted rows cannot matter. */

/** What a row is told apart by, in the table's column order. */
export type Columns = readonly (string | number | null)[];
/** JSON of the columns → sums; entries whose sums are all 0 are nothing. */
export type Tally = Map<string, readonly number[]>;

export function add(tally: Tally, columns: Columns, values: readonly number[]): void {
  const key = JSON.stringify(columns);
  const before = tally.get(key);
  const after = before === undefined ? values : before.map((value, index) => value + (values[index] ?? 0));
  if (after.every((value) => value === 0)) tally.delete(key);
  else tally.set(key, after);
}

export interface Difference {
  readonly key: string;
  /** null: no such row should be */
  readonly expected: readonly number[] | null;
  /** null: there is no such row */
  readonly found: readonly number[] | null;
}

/** Every key under which the two do not hold the same, in the order of keys. */
export function differences(expected: Tally, found: Tally): Difference[] {
  const result: Difference[] = [];
  for (const [key, values] of expected) {
    const other = found.get(key);
    if (other === undefined || JSON.stringify(other) !== JSON.stringify(values))
      result.push({ key, expected: values, found: other ?? null });
  }
  for (const [key, values] of found) if (!expected.has(key)) result.push({ key, expected: null, found: values });
  return result.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/** Keys under which two tallies do not hold the same. */
export function changedKeys(before: Tally, after: Tally): Set<string> {
  return new Set(differences(before, after).map(({ key }) => key));
}
