/**
 * Identities in memory: 128 bits of hash → content hash, in open addressing on typed arrays. 24 bytes an entry at 53 to 80 % fill,
 * 30 to 45 MB a million. In 256 shards, so that growing copies 1/256 of it at a time.
 */
import { contentOf, ENTRY_BYTES, writeContent } from './entry.ts';

/** What a copy of an event is. */
export type Standing = 'new' | 'duplicate' | 'duplicate_differs';

/** All methods read one entry (see entry.ts) out of a buffer. */
export interface IdentityTable {
  classify(entries: Buffer, offset: number): Standing;
  /** Keeps the first one: an identity already known stays as it is. */
  add(entries: Buffer, offset: number): void;
  /** Takes back an {@link add}: what it was added for did not become durable. */
  remove(entries: Buffer, offset: number): void;
  /** The entries of a shard, side by side, in no order. A shard holds the identities of one first byte. */
  entriesOf(shard: number): Buffer;
  readonly size: number;
  /** memory of the tables */
  readonly bytes: number;
}

export const SHARDS = 256;
const SLOTS_AT_FIRST = 64;
const FILL_MAX = 0.8;
const GROWTH = 1.5;
const WORDS = 4;
const RANGE = 0x1_0000_0000;

interface Shard {
  slots: number;
  used: number;
  words: Uint32Array;
  /** 0: the slot is free */
  contents: Float64Array;
}

const newShard = (slots: number): Shard => ({
  slots,
  used: 0,
  words: new Uint32Array(slots * WORDS),
  contents: new Float64Array(slots)
});

/** The slot an identity would have in an empty table; the shard is chosen by other bits. */
const home = (shard: Shard, slot: number): number =>
  Math.floor(((shard.words[slot * WORDS + 1] ?? 0) * shard.slots) / RANGE);

function copySlot(from: Shard, source: number, to: Shard, target: number): void {
  for (let i = 0; i < WORDS; i++) to.words[target * WORDS + i] = from.words[source * WORDS + i] ?? 0;
  to.contents[target] = from.contents[source] ?? 0;
}

function grown(shard: Shard): Shard {
  const next = newShard(Math.ceil(shard.slots * GROWTH));
  for (let slot = 0; slot < shard.slots; slot++) {
    if (shard.contents[slot] === 0) continue;
    let target = Math.floor(((shard.words[slot * WORDS + 1] ?? 0) * next.slots) / RANGE);
    while (next.contents[target] !== 0) target = (target + 1) % next.slots;
    copySlot(shard, slot, next, target);
  }
  next.used = shard.used;
  return next;
}

function isAt(shard: Shard, slot: number, entries: Buffer, offset: number): boolean {
  for (let i = 0; i < WORDS; i++)
    if (shard.words[slot * WORDS + i] !== entries.readUInt32LE(offset + 4 * i)) return false;
  return true;
}

/** The slot that holds the identity, or the free one where it belongs. */
function find(shard: Shard, entries: Buffer, offset: number): number {
  let slot = Math.floor((entries.readUInt32LE(offset + 4) * shard.slots) / RANGE);
  while (shard.contents[slot] !== 0 && !isAt(shard, slot, entries, offset))
    slot = slot + 1 === shard.slots ? 0 : slot + 1;
  return slot;
}

/** Frees a slot and moves up what had to step aside for it: no tombstones. */
function free(shard: Shard, slot: number): void {
  let hole = slot;
  let next = slot;
  for (;;) {
    shard.contents[hole] = 0;
    for (;;) {
      next = (next + 1) % shard.slots;
      if (shard.contents[next] === 0) return;
      const wanted = home(shard, next);
      // may `next` move to the hole? only if its home does not lie behind the hole, going round
      const between = hole <= next ? hole < wanted && wanted <= next : hole < wanted || wanted <= next;
      if (!between) break;
    }
    copySlot(shard, next, shard, hole);
    hole = next;
  }
}

export function createIdentityTable(): IdentityTable {
  const shards = Array.from({ length: SHARDS }, () => newShard(SLOTS_AT_FIRST));
  const shardOf = (entries: Buffer, offset: number): number => entries[offset] ?? 0;
  const shardAt = (index: number): Shard => {
    const shard = shards[index];
    if (!shard) throw new Error(`no shard ${index}`);
    return shard;
  };
  let size = 0;
  return {
    classify(entries, offset) {
      const shard = shardAt(shardOf(entries, offset));
      const known = shard.contents[find(shard, entries, offset)];
      if (known === 0) return 'new';
      return known === contentOf(entries, offset) ? 'duplicate' : 'duplicate_differs';
    },
    add(entries, offset) {
      const index = shardOf(entries, offset);
      let shard = shardAt(index);
      if (shard.used + 1 > shard.slots * FILL_MAX) {
        shard = grown(shard);
        shards[index] = shard;
      }
      const slot = find(shard, entries, offset);
      if (shard.contents[slot] !== 0) return;
      for (let i = 0; i < WORDS; i++) shard.words[slot * WORDS + i] = entries.readUInt32LE(offset + 4 * i);
      // a content of 0 would read as a free slot
      shard.contents[slot] = contentOf(entries, offset) || 1;
      shard.used++;
      size++;
    },
    remove(entries, offset) {
      const shard = shardAt(shardOf(entries, offset));
      const slot = find(shard, entries, offset);
      if (shard.contents[slot] === 0) return;
      free(shard, slot);
      shard.used--;
      size--;
    },
    entriesOf(index) {
      const shard = shardAt(index);
      const entries = Buffer.allocUnsafe(shard.used * ENTRY_BYTES);
      let offset = 0;
      for (let slot = 0; slot < shard.slots; slot++) {
        const content = shard.contents[slot] ?? 0;
        if (content === 0) continue;
        for (let i = 0; i < WORDS; i++) entries.writeUInt32LE(shard.words[slot * WORDS + i] ?? 0, offset + 4 * i);
        writeContent(entries, offset, content);
        offset += ENTRY_BYTES;
      }
      return entries;
    },
    get size() {
      return size;
    },
    get bytes() {
      return shards.reduce((sum, shard) => sum + shard.words.byteLength + shard.contents.byteLength, 0);
    }
  };
}
