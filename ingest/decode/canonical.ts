/** One spelling for one content: what ClickHouse is given, and what two copies of an event are compared by. */
import { hash } from 'node:crypto';

/** Deeper than any real payload; recursion below it is safe. */
const DEPTH_MAX = 64;

/** Keys in all objects of a JSON value; undefined when nested deeper than DEPTH_MAX. */
export function countKeys(value: unknown, depth = 0): number | undefined {
  if (typeof value !== 'object' || value === null || JSON.isRawJSON(value)) return 0;
  if (depth === DEPTH_MAX) return undefined;
  let count = 0;
  const isArray = Array.isArray(value);
  for (const child of isArray ? value : Object.values(value)) {
    if (!isArray) count++;
    if (typeof child !== 'object') continue;
    const below = countKeys(child, depth + 1);
    if (below === undefined) return undefined;
    count += below;
  }
  return count;
}

/** JSON with the keys of each object in order of UTF-16 code units. Call only on values that {@link countKeys} could count. */
export function sortedJson(value: unknown): string {
  if (typeof value !== 'object' || value === null || JSON.isRawJSON(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(',')}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, child]) => `${JSON.stringify(key)}:${sortedJson(child)}`).join(',')}}`;
}

/** JSON.stringify spells a lone surrogate as an escape; a real backslash before "ud8…" comes doubled. */
const LONE_SURROGATE = /(?:^|[^\\])(?:\\\\)*\\ud[89a-f]/;

/** true when the JSON text, as JSON.stringify wrote it, holds half a character, which no UTF-8 store can keep */
export const hasLoneSurrogate = (json: string): boolean => json.includes('\\ud') && LONE_SURROGATE.test(json);

/**
 * 52 bits of SHA-256 over type and canonical data: fits a double, so it travels as a plain JSON number. Never 0.
 * It only tells `duplicate` from `duplicate_differs`; identity does not depend on it.
 */
export function contentHash(type: string, canonicalData: string): number {
  const digest = hash('sha256', `${type}\n${canonicalData}`, 'binary');
  let value = digest.charCodeAt(0) & 0x0f;
  for (let i = 1; i < 7; i++) value = value * 256 + digest.charCodeAt(i);
  return value || 1;
}
