/**
 * A run: identities on disk that never change, sorted, with what tells in memory that one is surely not there.
 *
 * | part | bytes | |
 * |---|---|---|
 * | header | 64 | magic, version, journal id, through, count, CRC-32 of header, filter and fences |
 * | filter | 1.5 MB a million | a Bloom filter, ≈ 0.3 % false hits |
 * | fences | 48 kB a million | the sort key of every 170th entry, so that a look-up is one read of 4 kB |
 * | entries | 24 MB a million | see entry.ts, by their first 48 bits |
 *
 * `through`: every identity at a journal position up to there is in this run or in an older one.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { syncDirectory } from '#ingest/journal/state.ts';
import { contentOf, ENTRY_BYTES, IDENTITY_BYTES } from './entry.ts';
import type { Standing } from './table.ts';

const MAGIC = 'PULSOIDS';
const VERSION = 1;
const HEADER_BYTES = 64;
const CHECK_AT = 56;
const KEY_BYTES = 6;
const BITS_AN_ENTRY = 12;
const PROBES = 6;
const BLOCK_ENTRIES = 170;

export interface RunName {
  /** generations of the first flush and the last one in it */
  readonly first: number;
  readonly last: number;
}
export const runFile = ({ first, last }: RunName): string =>
  `${String(first).padStart(10, '0')}-${String(last).padStart(10, '0')}.ids`;
export function parseRunFile(file: string): RunName | null {
  const found = /^(\d{10})-(\d{10})\.ids$/.exec(file);
  return found ? { first: Number(found[1]), last: Number(found[2]) } : null;
}

export const sortKey = (buffer: Buffer, offset: number): number => buffer.readUIntBE(offset, KEY_BYTES);

interface Filter {
  readonly bits: Uint8Array;
  add(entries: Buffer, offset: number): void;
  mayHave(entries: Buffer, offset: number): boolean;
}

/** An identity is a hash already: two of its words are all that the probes need. */
function createFilter(bits: Uint8Array): Filter {
  const size = bits.length * 8;
  const probe = (entries: Buffer, offset: number, index: number): number =>
    (entries.readUInt32LE(offset + 8) + index * ((entries.readUInt32LE(offset + 12) | 1) >>> 0)) % size;
  return {
    bits,
    add(entries, offset) {
      for (let i = 0; i < PROBES; i++) {
        const bit = probe(entries, offset, i);
        bits[bit >>> 3] = (bits[bit >>> 3] ?? 0) | (1 << (bit & 7));
      }
    },
    mayHave(entries, offset) {
      for (let i = 0; i < PROBES; i++) {
        const bit = probe(entries, offset, i);
        if (((bits[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) return false;
      }
      return true;
    }
  };
}

const filterBytes = (count: number): number => Math.ceil((count * BITS_AN_ENTRY) / 8) + 8;
const fenceCount = (count: number): number => Math.ceil(count / BLOCK_ENTRIES);
const entriesAt = (count: number): number => HEADER_BYTES + filterBytes(count) + fenceCount(count) * 8;

export interface Run {
  readonly name: RunName;
  readonly file: string;
  readonly through: number;
  readonly count: number;
  /** memory of filter and fences */
  readonly bytes: number;
  /** null: not here */
  find(entries: Buffer, offset: number): Exclude<Standing, 'new'> | null;
  /** The entries, in order, block by block. */
  blocks(): AsyncGenerator<Buffer>;
  close(): void;
}

function blockBefore(fences: Float64Array, key: number): number {
  let low = 0;
  let high = fences.length;
  // the first fence beyond the key
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((fences[middle] ?? 0) < key) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

const READ_ENTRIES = 40_000;

function viewRun(
  file: string,
  name: RunName,
  {
    fd,
    through,
    count,
    filter,
    fences
  }: {
    readonly fd: number;
    readonly through: number;
    readonly count: number;
    readonly filter: Filter;
    readonly fences: Float64Array;
  }
): Run {
  const start = entriesAt(count);
  const block = Buffer.allocUnsafe(BLOCK_ENTRIES * ENTRY_BYTES);
  const readBlock = (index: number): number => {
    const bytes = readSync(fd, block, 0, block.length, start + index * block.length);
    return Math.floor(bytes / ENTRY_BYTES);
  };
  return {
    name,
    file,
    through,
    count,
    bytes: filter.bits.byteLength + fences.byteLength,
    find(entries, offset) {
      if (!filter.mayHave(entries, offset)) return null;
      const key = sortKey(entries, offset);
      // equal keys may go on in the next block
      for (let index = blockBefore(fences, key); index < fences.length && (fences[index] ?? 0) <= key; index++) {
        const read = readBlock(index);
        for (let i = 0; i < read; i++) {
          const at = i * ENTRY_BYTES;
          if (block.compare(entries, offset, offset + IDENTITY_BYTES, at, at + IDENTITY_BYTES) === 0)
            return contentOf(block, at) === (contentOf(entries, offset) || 1) ? 'duplicate' : 'duplicate_differs';
        }
      }
      return null;
    },
    async *blocks() {
      const handle = await open(file, 'r');
      try {
        for (let at = 0; at < count; at += READ_ENTRIES) {
          const bytes = Buffer.allocUnsafe(Math.min(READ_ENTRIES, count - at) * ENTRY_BYTES);
          const { bytesRead } = await handle.read(bytes, 0, bytes.length, start + at * ENTRY_BYTES);
          if (bytesRead !== bytes.length) throw new Error(`${file} ends too early`);
          yield bytes;
        }
      } finally {
        await handle.close();
      }
    },
    close: () => closeSync(fd)
  };
}

/** @returns null: no run of this journal, or a damaged one. @throws when the file cannot be read */
export async function openRun(dir: string, fileName: string, journalId: string): Promise<Run | null> {
  const name = parseRunFile(fileName);
  if (!name) return null;
  const file = `${dir}/${fileName}`;
  const handle = await open(file, 'r');
  let head: Buffer;
  let count: number;
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    await handle.read(header, 0, HEADER_BYTES, 0);
    if (header.toString('latin1', 0, MAGIC.length) !== MAGIC || header.readUInt32LE(8) !== VERSION) return null;
    if (header.toString('hex', 16, 32) !== journalId) return null;
    count = Number(header.readBigUInt64LE(40));
    const { size } = await handle.stat();
    if (size !== entriesAt(count) + count * ENTRY_BYTES) return null;
    head = Buffer.alloc(entriesAt(count));
    await handle.read(head, 0, head.length, 0);
  } finally {
    await handle.close();
  }
  const check = head.readUInt32LE(CHECK_AT);
  head.writeUInt32LE(0, CHECK_AT);
  if (crc32(head) !== check) return null;
  const fenceAt = HEADER_BYTES + filterBytes(count);
  const fences = new Float64Array(fenceCount(count));
  for (let i = 0; i < fences.length; i++) fences[i] = head.readDoubleLE(fenceAt + i * 8);
  const bits = Uint8Array.from(head.subarray(HEADER_BYTES, fenceAt));
  return viewRun(file, name, {
    fd: openSync(file, 'r'),
    through: Number(head.readBigUInt64LE(32)),
    count,
    filter: createFilter(bits),
    fences
  });
}

async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;)
    done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
}

/**
 * Writes a run and makes it durable.
 * @param sorted the entries in order of their sort key, in blocks
 * @param count how many there are at most; fewer are fine
 */
export async function writeRun(
  dir: string,
  name: RunName,
  about: { readonly journalId: string; readonly through: number },
  { sorted, count: most }: { readonly sorted: AsyncIterable<Buffer> | Iterable<Buffer>; readonly count: number }
): Promise<void> {
  const file = `${dir}/${runFile(name)}`;
  const handle = await open(`${file}.tmp`, 'w', 0o600);
  try {
    const filter = createFilter(new Uint8Array(filterBytes(most)));
    const fences: number[] = [];
    let count = 0;
    for await (const block of sorted) {
      for (let offset = 0; offset < block.length; offset += ENTRY_BYTES, count++) {
        filter.add(block, offset);
        if (count % BLOCK_ENTRIES === 0) fences.push(sortKey(block, offset));
      }
      await writeAll(handle, block, entriesAt(most) + count * ENTRY_BYTES - block.length);
    }
    if (count !== most) throw new Error(`${file}: ${String(count)} identities instead of ${String(most)}`);
    const head = Buffer.alloc(entriesAt(count));
    head.write(MAGIC, 0, 'latin1');
    head.writeUInt32LE(VERSION, 8);
    head.write(about.journalId, 16, 'hex');
    head.writeBigUInt64LE(BigInt(about.through), 32);
    head.writeBigUInt64LE(BigInt(count), 40);
    head.set(filter.bits, HEADER_BYTES);
    fences.forEach((key, index) => head.writeDoubleLE(key, HEADER_BYTES + filterBytes(count) + index * 8));
    head.writeUInt32LE(crc32(head), CHECK_AT);
    await writeAll(handle, head, 0);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.tmp`, file);
  await syncDirectory(dir);
}

export const removeRun = (run: Run): Promise<void> => rm(run.file, { force: true });
