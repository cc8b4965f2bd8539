/** Bodies that no producer means: broken, giant, exploding, trickling. Nothing of them may be taken. */
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { Random } from '#ingest/simulator/random.ts';
import type { Raw } from './wire.ts';

const MIB = 1024 * 1024;
const UNFOLDED = 512 * MIB;
/** more than what is decompressed or read at a time: the first of them are there before the fault is */
const LINES = 2_000;
/** of valid lines, some MiB beyond what a body may have */
const LINES_TOO_MANY = 100_000;
/** what nobody may ever find in a table */
export const POISON = 'poison';

let poisoned = 0;
const poison = (change: object = {}): string =>
  JSON.stringify({
    id: `${POISON}-${poisoned++}`,
    source: POISON,
    type: 'account.moved',
    time: '2026-01-05T12:00:00Z',
    data: { account: 'a', amount_minor: 1, currency: 'BRL', category: 'yield' },
    ...change
  });

const JSON_TYPE = { 'content-type': 'application/json' };
const LINES_TYPE = { 'content-type': 'application/x-ndjson' };

/** Valid events, a line each: taken as far as it came, such a body would leave some. */
const validLines = (count: number): Buffer =>
  Buffer.from(Array.from({ length: count }, () => `${poison()}\n`).join(''));

const allButTheEnd = (packed: Buffer): Buffer => packed.subarray(0, packed.length - 20);

type Recipe = (random: Random) => Raw;
export const BROKEN: readonly Recipe[] = [
  // breaks off in the middle
  (random) => {
    const text = `[${Array.from({ length: random.int(2, 50) }, () => poison()).join(',')}]`;
    return { headers: JSON_TYPE, bytes: Buffer.from(text.slice(0, random.int(1, text.length - 2))) };
  },
  () => ({ headers: JSON_TYPE, bytes: Buffer.from('['.repeat(200_000)) }),
  () => ({
    headers: JSON_TYPE,
    bytes: Buffer.concat([Buffer.from('['), Buffer.from([0xff, 0xfe, 0xc3, 0x28]), Buffer.from(']')])
  }),
  () => ({ headers: { ...JSON_TYPE, 'content-encoding': 'gzip' }, bytes: Buffer.from(poison()) }),
  (random) => {
    const packed = gzipSync(Buffer.from(`[${poison()},${poison()}]`));
    return {
      headers: { ...JSON_TYPE, 'content-encoding': 'gzip' },
      bytes: packed.subarray(0, random.int(12, packed.length - 2))
    };
  },
  (random) => {
    const packed = zstdCompressSync(Buffer.from(`[${poison()},${poison()}]`));
    return {
      headers: { ...JSON_TYPE, 'content-encoding': 'zstd' },
      bytes: packed.subarray(0, random.int(5, packed.length - 2))
    };
  },
  // one byte behind gzip's header is another: its checksum tells
  (random) => {
    const packed = gzipSync(Buffer.from(`[${poison()},${poison()}]`));
    const at = random.int(10, packed.length - 5);
    packed[at] = (packed[at] ?? 0) ^ random.int(1, 255);
    return { headers: { ...JSON_TYPE, 'content-encoding': 'gzip' }, bytes: packed };
  },
  () => ({ headers: { 'content-type': 'text/plain' }, bytes: Buffer.from(poison()) }),
  () => ({ headers: { 'content-type': 'application/json; charset=utf-16' }, bytes: Buffer.from(poison()) }),
  () => ({ headers: { ...JSON_TYPE, 'content-encoding': 'br' }, bytes: Buffer.from(poison()) }),
  () => ({ headers: { ...JSON_TYPE, authorization: 'Bearer of-nothing' }, bytes: Buffer.from(poison()) }),
  // envelopes that are none, every line of them
  () => ({
    headers: LINES_TYPE,
    bytes: Buffer.from(`{"id":"${POISON}"}\n\0\n[]\nnull\n"text"\n{"id":1,"source":{}}\n`)
  }),
  () => ({ headers: JSON_TYPE, bytes: Buffer.from(`[{"__proto__":{"id":"${POISON}","source":"${POISON}"}}]`) }),
  () => ({ headers: { ...JSON_TYPE, 'transfer-encoding': 'chunked' }, bytes: Buffer.from(`5\r\n${poison()}`) }),
  // whole lines first, and then the end is missing
  () => ({
    headers: { ...LINES_TYPE, 'content-encoding': 'gzip' },
    bytes: allButTheEnd(gzipSync(validLines(LINES)))
  }),
  () => ({
    headers: { ...LINES_TYPE, 'content-encoding': 'zstd' },
    bytes: allButTheEnd(zstdCompressSync(validLines(LINES)))
  }),
  () => {
    const bytes = validLines(LINES);
    return { headers: LINES_TYPE, bytes, announced: bytes.length + 500, waits: true };
  },
  () => {
    const bytes = validLines(LINES);
    return { headers: LINES_TYPE, bytes, announced: bytes.length + 500, ends: true, mayBeClosed: true };
  },
  () => {
    const bytes = validLines(LINES);
    const chunk = Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n1f')]);
    return { headers: { ...LINES_TYPE, 'transfer-encoding': 'chunked' }, bytes: chunk, ends: true, mayBeClosed: true };
  }
];
export const GIANT: readonly Recipe[] = [
  () => ({
    headers: JSON_TYPE,
    bytes: Buffer.from(`[${`${poison()},`.repeat(80_000)}${poison()}]`),
    mayBeClosed: true
  }),
  () => ({ headers: LINES_TYPE, bytes: validLines(LINES_TOO_MANY), mayBeClosed: true }),
  // only the announcement is giant
  () => ({ headers: JSON_TYPE, bytes: Buffer.from(poison()), announced: 20 * 1024 * MIB }),
  // one event, within the body's bound and beyond its own
  () => ({
    headers: JSON_TYPE,
    bytes: Buffer.from(poison({ data: { note: 'x'.repeat(5 * MIB) } })),
    mayBeClosed: true
  }),
  () => ({ headers: LINES_TYPE, bytes: Buffer.from(`${'x'.repeat(11 * MIB)}\n`), mayBeClosed: true })
];

/** Half a gigabyte in half a megabyte and less; and within the body's bound, millions of items, each of which would have an answer. */
export function makeBombs(): readonly Raw[] {
  const zeros = Buffer.alloc(UNFOLDED);
  const spaces = Buffer.alloc(UNFOLDED / 4, ' ');
  const elements = `[${'{},'.repeat(3_000_000)}{}]`;
  const lines = '1\n'.repeat(5_000_000);
  return [
    { headers: { ...JSON_TYPE, 'content-encoding': 'gzip' }, bytes: gzipSync(zeros, { level: 9 }) },
    { headers: { ...JSON_TYPE, 'content-encoding': 'zstd' }, bytes: zstdCompressSync(zeros) },
    { headers: { ...LINES_TYPE, 'content-encoding': 'gzip' }, bytes: gzipSync(spaces) },
    { headers: { ...JSON_TYPE, 'content-encoding': 'gzip' }, bytes: gzipSync(elements) },
    { headers: { ...LINES_TYPE, 'content-encoding': 'gzip' }, bytes: gzipSync(lines) },
    { headers: { ...LINES_TYPE, 'content-encoding': 'gzip' }, bytes: gzipSync(validLines(LINES_TOO_MANY)) }
  ];
}

/** Parts of a sound request at which a client may dawdle. */
export const DAWDLED = ['headers', 'body', 'compressed body'] as const;
export function dawdled(part: (typeof DAWDLED)[number]): { readonly raw: Raw; readonly part: 'headers' | 'body' } {
  const bytes = Buffer.from(poison());
  if (part !== 'compressed body') return { raw: { headers: JSON_TYPE, bytes }, part };
  return { raw: { headers: { ...JSON_TYPE, 'content-encoding': 'gzip' }, bytes: gzipSync(bytes) }, part: 'body' };
}
