/** Ids made from content: the same row gives the same id in every run, whatever its line or the hour. */
import { hash } from 'node:crypto';

/** 128 bits of SHA-256 over the parts, as 22 characters. Parts are told apart: ('ab','c') is not ('a','bc'). */
export const contentHash = (parts: readonly string[]): string =>
  hash('sha256', JSON.stringify(parts), 'base64url').slice(0, 22);

/** Numbers identical things 1, 2, 3 …: each of them counts, and a second run numbers them alike. */
export function createOrdinals(): (key: string) => number {
  const seen = new Map<string, number>();
  return (key) => {
    const ordinal = (seen.get(key) ?? 0) + 1;
    seen.set(key, ordinal);
    return ordinal;
  };
}
