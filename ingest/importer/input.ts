/** A file to import: plain or gzipped, in the encoding its bytes show. One pass over it makes its hash, which names the progress state. */
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import { ImportFault } from './fault.ts';

const CHUNK_BYTES = 256 * 1024;
const HEAD_BYTES = 64 * 1024;
/** A UTF-8 character is at most so many bytes: what may hang over the end of a chunk. */
const UTF8_BYTES_MAX = 4;

export interface Input {
  readonly path: string;
  readonly name: string;
  /** SHA-256 of the decompressed bytes, hex */
  readonly hash: string;
  /** decompressed */
  readonly size: number;
  /** as the bytes show: utf-8, utf-16le, utf-16be, or windows-1252 when they are no UTF-8 (it covers latin1) */
  readonly encoding: string;
  /** the first decompressed bytes, at most 64 KiB */
  readonly head: Buffer;
  /** the decompressed bytes, anew at each call */
  chunks(): AsyncIterable<Buffer>;
}

const SystemError = z.object({ code: z.string() });

function toFault(path: string, error: unknown): ImportFault {
  const code = SystemError.safeParse(error).data?.code ?? '';
  if (code === 'ENOENT') return new ImportFault(path, 'no such file', 'check the path');
  if (code === 'EISDIR') return new ImportFault(path, 'is a folder, a file is needed', 'name the CSV file itself');
  if (code === 'EACCES') return new ImportFault(path, 'may not be read', 'give the file read permission');
  if (code.startsWith('Z_'))
    return new ImportFault(path, 'the gzip data is damaged or ends early', 'copy or download the file again');
  throw error;
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}

async function* decompressed(path: string, gzip: boolean): AsyncGenerator<Buffer> {
  const raw = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const gunzip = gzip ? createGunzip({ chunkSize: CHUNK_BYTES }) : null;
  if (gunzip !== null) raw.on('error', (error) => gunzip.destroy(error)).pipe(gunzip);
  try {
    for await (const chunk of gunzip ?? raw) yield z.instanceof(Buffer).parse(chunk);
  } catch (error) {
    throw toFault(path, error);
  } finally {
    raw.destroy();
    gunzip?.destroy();
  }
}

/** The end of the last whole UTF-8 character of a chunk. */
function wholeCharacters(chunk: Buffer): number {
  for (let back = 1; back <= Math.min(UTF8_BYTES_MAX, chunk.length); back++) {
    const byte = chunk[chunk.length - back] ?? 0;
    if (byte < 0x80) return chunk.length;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? chunk.length - back : chunk.length;
    }
  }
  return chunk.length;
}

/** Tells, chunk by chunk, whether all bytes so far are UTF-8. */
function createUtf8Check(): { add(chunk: Buffer): void; end(): boolean } {
  let rest: Buffer = Buffer.alloc(0);
  let valid = true;
  return {
    add(chunk) {
      if (!valid) return;
      const joined = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const end = wholeCharacters(joined);
      valid = isUtf8(joined.subarray(0, end));
      rest = joined.subarray(end);
    },
    end: () => valid && rest.length === 0
  };
}

function encodingOf(head: Buffer, utf8: boolean): string {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  return utf8 ? 'utf-8' : 'windows-1252';
}

/** @throws ImportFault when the file is absent, unreadable, damaged or empty */
export async function openInput(path: string): Promise<Input> {
  let gzip = false;
  try {
    gzip = await isGzip(path);
  } catch (error) {
    throw toFault(path, error);
  }
  const digest = createHash('sha256');
  const utf8 = createUtf8Check();
  const heads: Buffer[] = [];
  let size = 0;
  for await (const chunk of decompressed(path, gzip)) {
    if (size < HEAD_BYTES) heads.push(chunk);
    size += chunk.length;
    digest.update(chunk);
    utf8.add(chunk);
  }
  if (size === 0) throw new ImportFault(path, 'is empty', 'name a file with a header line and rows');
  const head = Buffer.concat(heads).subarray(0, HEAD_BYTES);
  return {
    path,
    name: basename(path),
    hash: digest.digest('hex'),
    size,
    encoding: encodingOf(head, utf8.end()),
    head,
    chunks: () => decompressed(path, gzip)
  };
}
