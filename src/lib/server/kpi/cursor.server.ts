/** Keyset cursors: where a page ended, so that rows that come or go meanwhile neither repeat nor vanish. */
import * as z from 'zod';

const Cursor = z.array(z.union([z.string(), z.number()])).max(5);
export type CursorKey = z.infer<typeof Cursor>;

const toCursor = (key: CursorKey): string => Buffer.from(JSON.stringify(key)).toString('base64url');

/** @returns undefined when it is none of ours */
function fromCursor(text: string): CursorKey | undefined {
  try {
    const key = Cursor.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
    return key.success ? key.data : undefined;
  } catch {
    return undefined;
  }
}

function compareParts(a: string | number | undefined, b: string | number | undefined): number {
  if (a === b) return 0;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a ?? '') < String(b ?? '') ? -1 : 1;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
}

/**
 * Sorts by key and cuts out the page after the cursor.
 * @param keyOf sort value first, then what makes the key unique; of equal length for all rows
 * @param descending turns the first part of the key around; the rest always ascends
 * @returns undefined for a malformed cursor
 */
export function pageOf<T>(
  rows: readonly T[],
  keyOf: (row: T) => CursorKey,
  options: { readonly descending: boolean; readonly cursor: string | undefined; readonly limit: number }
): Page<T> | undefined {
  const after = options.cursor === undefined ? null : fromCursor(options.cursor);
  if (after === undefined) return undefined;
  const compare = (a: CursorKey, b: CursorKey): number => {
    const first = compareParts(a[0], b[0]) * (options.descending ? -1 : 1);
    if (first !== 0) return first;
    for (let i = 1; i < a.length; i++) {
      const part = compareParts(a[i], b[i]);
      if (part !== 0) return part;
    }
    return 0;
  };
  const keyed = rows.map((row) => ({ row, key: keyOf(row) })).sort((a, b) => compare(a.key, b.key));
  const rest = after === null ? keyed : keyed.filter(({ key }) => compare(key, after) > 0);
  const page = rest.slice(0, options.limit);
  const last = page.at(-1);
  return {
    items: page.map(({ row }) => row),
    next_cursor: rest.length > page.length && last !== undefined ? toCursor(last.key) : null
  };
}
