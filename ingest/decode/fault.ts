/** Where and why an item is unusable, in words that reach its producer. */
import type { z } from 'zod';

export interface Fault {
  /** JSON Pointer (RFC 6901) into the item; '' is the item itself */
  readonly path: string;
  readonly message: string;
}

const pointer = (path: readonly PropertyKey[]): string =>
  path.map((segment) => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const segment of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.getOwnPropertyDescriptor(value, segment)?.value;
  }
  return value;
}

const NUMBER_REMEDY = 'money goes in minor units (centavos) and quantities in whole units, within ±(2^53 − 1)';

function explain(issue: z.core.$ZodIssue, value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null is no value here: leave the key out, or send one';
  if (JSON.isRawJSON(value))
    return `${value.rawJSON.slice(0, 40)} cannot be held exactly: ${NUMBER_REMEDY}; ids go in quotes`;
  return issue.message;
}

/**
 * The first fault zod found.
 * @param base path of `root` in the item, such as ['data']
 */
export function firstFault(error: z.ZodError, root: unknown, base: readonly string[] = []): Fault {
  const [issue] = error.issues;
  if (!issue) return { path: pointer(base), message: 'not as expected' };
  const more = error.issues.length > 1 ? ` (and ${error.issues.length - 1} more)` : '';
  return { path: pointer([...base, ...issue.path]), message: explain(issue, valueAt(root, issue.path)) + more };
}
