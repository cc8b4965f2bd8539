/** Bodies that no producer means: broken, giant, exploding, trickling. Nothing of them may be taken. */
import { connect, type Socket } from 'node:net';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { Random } from '#ingest/simulator/random.ts';
import { API_KEY } from '../../support/ingest.ts';
import { abuse, MALFORMED, WAYS_TO_CLOSE } from '../../support/malformed.ts';

const MIB = 1024 * 1024;
const UNFOLDED = 512 * MIB;
const ANSWER_MAX_MS = 15_000;
const TRICKLE_EVERY_MS = 500;
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

export interface Raw {
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
  /** Content-Length; left out: that of the bytes */
  readonly announced?: number;
}

const head = ({ headers, bytes, announced }: Raw): string =>
  [
    'POST /v1/events HTTP/1.1',
    'Host: ingest',
    ...Object.entries({
      authorization: `Bearer ${API_KEY}`,
      'content-length': String(announced ?? bytes.length),
      ...headers
    }).map(([name, value]) => `${name}: ${value}`),
    '',
    ''
  ].join('\r\n');

/** A connection that ended without an answer took nothing either: `status` null. `refused`: nobody listened. */
export type Met = { readonly status: number | null } | 'refused';

/** Writes all and waits for the end of it. */
export function meet(port: number, raw: Raw): Promise<Met> {
  return new Promise((settle) => {
    const socket = connect(port, '127.0.0.1');
    let isConnected = false;
    let text = '';
    const end = (): void => {
      clearTimeout(timer);
      socket.destroy();
      const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
      settle(isConnected ? { status: status === undefined ? null : Number(status) } : 'refused');
    };
    const timer = setTimeout(end, ANSWER_MAX_MS);
    socket.on('error', () => undefined);
    socket.on('close', end);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (/^HTTP\/1\.1 (?!100)\d{3}[^]*\r\n\r\n/.test(text)) setTimeout(end, 20);
    });
    socket.once('connect', () => {
      isConnected = true;
      socket.write(head(raw));
      socket.write(raw.bytes);
    });
  });
}

const JSON_TYPE = { 'content-type': 'application/json' };
const LINES_TYPE = { 'content-type': 'application/x-ndjson' };

/** Each with what may come of it; null (the connection ended) always may. */
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
  () => ({ headers: { ...JSON_TYPE, 'transfer-encoding': 'chunked' }, bytes: Buffer.from(`5\r\n${poison()}`) })
];
export const GIANT: readonly Recipe[] = [
  () => ({ headers: JSON_TYPE, bytes: Buffer.from(`[${`${poison()},`.repeat(80_000)}${poison()}]`) }),
  // only the announcement is giant
  () => ({ headers: JSON_TYPE, bytes: Buffer.from(poison()), announced: 20 * 1024 * MIB }),
  // one event, within the body's bound and beyond its own
  () => ({ headers: JSON_TYPE, bytes: Buffer.from(poison({ data: { note: 'x'.repeat(5 * MIB) } })) }),
  () => ({ headers: LINES_TYPE, bytes: Buffer.from(`${'x'.repeat(11 * MIB)}\n`) })
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
    { headers: { ...LINES_TYPE, 'content-encoding': 'gzip' }, bytes: gzipSync(lines) }
  ];
}

/** Scanners and broken proxies. */
export const abuseAtRandom = (port: number, random: Random): Promise<void> =>
  abuse(port, random.pick(Object.values(MALFORMED)), random.pick(WAYS_TO_CLOSE));

export interface Loris {
  /** ms from the connection to its end */
  readonly closed: Promise<number>;
  end(): void;
}

/**
 * A connection that says a byte now and then.
 * @param part where it dawdles
 * @returns null when nobody listened
 */
export function dawdle(port: number, part: 'headers' | 'body' | 'compressed body'): Promise<Loris | null> {
  return new Promise((settle) => {
    const socket: Socket = connect(port, '127.0.0.1');
    const closed = Promise.withResolvers<number>();
    let began = 0;
    let timer: NodeJS.Timeout | undefined;
    socket.on('error', () => undefined);
    socket.resume();
    socket.once('close', () => {
      clearInterval(timer);
      if (began === 0) settle(null);
      else closed.resolve(performance.now() - began);
    });
    socket.once('connect', () => {
      began = performance.now();
      const text = part === 'compressed body' ? gzipSync(Buffer.from(poison())) : Buffer.from(poison());
      const compressed: Record<string, string> = part === 'compressed body' ? { 'content-encoding': 'gzip' } : {};
      const start = head({ headers: { ...JSON_TYPE, ...compressed }, bytes: text });
      const slow = part === 'headers' ? Buffer.from(start) : text;
      if (part !== 'headers') socket.write(start);
      let at = 0;
      timer = setInterval(() => {
        // never to its end: that would be a request
        if (at < slow.length - 4) socket.write(slow.subarray(at, ++at));
      }, TRICKLE_EVERY_MS);
      settle({ closed: closed.promise, end: () => socket.destroy() });
    });
  });
}
