/**
 * Which subject keys surely have no past: a Bloom filter in slices of a million keys (1.5 MB each, ≈ 0.3 % false hits a slice).
 * Until it is filled it answers "maybe" to everything, which is slower and never wrong.
 */
import { z } from 'zod';
import { ok, type Result } from '#lib/contracts/result.ts';
import type { ClickHouseFailure, Reader } from '#sql/interface.server.ts';
import { loadQuery } from '#sql/queries.server.ts';
import { HISTORY_RELATIONS } from './keys.ts';

const SLICE_KEYS = 1_000_000;
const SLICE_BITS = 12_582_912;
const PROBES = 6;
/** Beyond this many keys a start does not wait for the filter. */
const FILL_MAX = 3_000_000;

export interface SeenKeys {
  mayHave(key: string): boolean;
  add(key: string): void;
  /** Reads all keys there are; call once, before the first batch. */
  fill(reader: Reader): Promise<Result<void, ClickHouseFailure>>;
}

/** Two independent 32-bit hashes of a string (FNV-1a with different offsets, finished by a mix). */
function hashes(key: string): [number, number] {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x5bd1e995);
  }
  b ^= b >>> 15;
  b = Math.imul(b, 0x85ebca6b);
  a ^= a >>> 13;
  return [a >>> 0, (b ^ (b >>> 16)) >>> 0 || 1];
}

const bitOf = (a: number, b: number, probe: number): number => (a + probe * b) % SLICE_BITS;

/** @param options.empty nothing has a past yet (a rebuild from the first event): the filter is complete from the start */
export function createSeenKeys({ empty = false } = {}): SeenKeys {
  let filled = empty;
  const slices: { bits: Uint8Array; keys: number }[] = [];

  const inSlice = (bits: Uint8Array, a: number, b: number): boolean => {
    for (let probe = 0; probe < PROBES; probe++) {
      const bit = bitOf(a, b, probe);
      if (((bits[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) return false;
    }
    return true;
  };
  const has = (a: number, b: number): boolean => slices.some(({ bits }) => inSlice(bits, a, b));

  const add = (key: string): void => {
    const [a, b] = hashes(key);
    if (has(a, b)) return;
    let last = slices.at(-1);
    if (!last || last.keys >= SLICE_KEYS) {
      last = { bits: new Uint8Array(SLICE_BITS / 8), keys: 0 };
      slices.push(last);
    }
    last.keys++;
    for (let probe = 0; probe < PROBES; probe++) {
      const bit = bitOf(a, b, probe);
      last.bits[bit >>> 3] = (last.bits[bit >>> 3] ?? 0) | (1 << (bit & 7));
    }
  };

  return {
    add,
    mayHave: (key) => !filled || has(...hashes(key)),
    async fill(reader) {
      const answer = await reader.read(
        {
          name: 'seen_keys',
          sql: loadQuery('seen_keys'),
          params: z.object({ most: z.int(), relations: z.array(z.string()) }),
          row: z.object({ key: z.string() }),
          timeoutMs: 60_000
        },
        { most: FILL_MAX, relations: [...HISTORY_RELATIONS] }
      );
      if (!answer.ok) return answer;
      for (const { key } of answer.value) add(key);
      filled = answer.value.length < FILL_MAX;
      return ok(undefined);
    }
  };
}
