/** A request's body, decompressed, within its bounds of size and time. */
import type { IncomingMessage } from 'node:http';
import { Transform, type Readable } from 'node:stream';
import { constants, createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from 'node:zlib';
import { fail, ok, type Result } from '#lib/contracts/result.ts';
import type { Hold } from './held-bytes.ts';

export const BODY_BYTES_MAX = 10 * 1024 * 1024;
/** A zstd frame names its own window: one larger than any body we take would only cost memory. */
const ZSTD_WINDOW_LOG_MAX = 24;
/** After the grace a body must have come faster than this: what trickles in holds memory for nothing. */
const GRACE_MS = 10_000;
const BYTES_PER_SECOND_MIN = 16 * 1024;
/** Nor may it stop for so long, however fast it came before. */
const STALL_MS = 10_000;
const PACE_EVERY_MS = 1_000;

export type Encoding = 'identity' | 'gzip' | 'zstd';
/** `crowded`: all bodies together hold too much; `gone`: the client left, nobody reads an answer */
export type BodyFailure = {
  readonly kind: 'too_large' | 'crowded' | 'broken_encoding' | 'too_slow' | 'gone';
  readonly retryable: boolean;
};

export interface BodyBounds {
  /** after decompression */
  readonly bytesMax?: number;
  /** left out: bodies of callers we trust, which are few */
  readonly hold?: Hold;
}

/** undefined: one we do not know */
export function readEncoding(header: string | undefined): Encoding | undefined {
  switch (header?.trim().toLowerCase()) {
    case undefined:
    case '':
    case 'identity':
      return 'identity';
    case 'gzip':
    case 'x-gzip':
      return 'gzip';
    case 'zstd':
      return 'zstd';
    default:
      return undefined;
  }
}

/**
 * What a decompressor made, with an error where it left something out: Node's ends with a zstd frame, whatever comes behind it in the same
 * chunk. Frames that come later it takes, so that their number would be a matter of the network: a body is one frame.
 */
function wholeOf(request: IncomingMessage, decompress: Gunzip | ZstdDecompress): Readable {
  let received = 0;
  request.on('data', (chunk: Buffer) => void (received += chunk.length));
  const whole = new Transform({
    transform: (chunk, _encoding, done) => done(null, chunk),
    flush: (done) => done(decompress.bytesWritten < received ? new Error('there is more behind the end') : null)
  });
  // for as long as it lives: an error behind the end would have nobody else, and would end the process
  decompress.on('error', (error) => whole.destroy(error));
  whole.on('error', () => undefined);
  whole.once('close', () => decompress.destroy());
  return decompress.pipe(whole);
}

/** The body as its Content-Encoding unfolds it; an error of either ends both. */
export function decompressed(request: IncomingMessage, encoding: Encoding): Readable {
  if (encoding === 'identity') return request;
  const decompress =
    encoding === 'gzip'
      ? createGunzip()
      : createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX } });
  // destroying one must not leave the other waiting
  request.once('error', (error) => decompress.destroy(error));
  request.once('close', () => {
    if (!request.complete) decompress.destroy(new Error('the client left'));
  });
  const whole = wholeOf(request, decompress);
  request.pipe(decompress);
  return whole;
}

/** Calls `onSlow` when the body comes slower than allowed. @returns stops watching */
function watchPace(request: IncomingMessage, onSlow: () => void): () => void {
  const began = performance.now();
  let received = 0;
  let heardAt = began;
  const count = (chunk: Buffer): void => {
    received += chunk.length;
    heardAt = performance.now();
  };
  request.on('data', count);
  const timer = setInterval(() => {
    const elapsedMs = performance.now() - began;
    if (performance.now() - heardAt > STALL_MS) onSlow();
    else if (elapsedMs > GRACE_MS && received < ((elapsedMs - GRACE_MS) / 1_000) * BYTES_PER_SECOND_MIN) onSlow();
  }, PACE_EVERY_MS);
  return () => {
    clearInterval(timer);
    request.off('data', count);
  };
}

/**
 * Reads at most `bytesMax` bytes after decompression and stops there, however far a bomb would still unfold.
 * After a failure the connection is no longer in step: answer with `connection: close`.
 */
export async function readBody(
  request: IncomingMessage,
  encoding: Encoding,
  { bytesMax = BODY_BYTES_MAX, hold = () => true }: BodyBounds = {}
): Promise<Result<Buffer, BodyFailure>> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > bytesMax) return fail({ kind: 'too_large', retryable: false });
  const stream = decompressed(request, encoding);
  const { promise, resolve } = Promise.withResolvers<Result<Buffer, BodyFailure>>();
  const stopWatching = watchPace(request, () => resolve(fail({ kind: 'too_slow', retryable: true })));
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > bytesMax) resolve(fail({ kind: 'too_large', retryable: false }));
    else if (!hold(chunk.length)) resolve(fail({ kind: 'crowded', retryable: true }));
    else chunks.push(chunk);
  });
  stream.once('end', () => {
    const [only] = chunks;
    resolve(ok(chunks.length === 1 && only ? only : Buffer.concat(chunks)));
  });
  const onBroken = (): void => {
    resolve(
      fail(
        request.destroyed && !request.complete
          ? { kind: 'gone', retryable: true }
          : { kind: 'broken_encoding', retryable: false }
      )
    );
  };
  stream.once('error', onBroken);
  request.once('close', () => {
    if (!request.complete) onBroken();
  });
  const body = await promise;
  stopWatching();
  if (!body.ok) {
    request.unpipe();
    if (stream !== request) stream.destroy();
    stream.removeAllListeners('data');
  }
  return body;
}
