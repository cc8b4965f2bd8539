/** Connections by hand: what HTTP clients do not do. */
import { connect, type Socket } from 'node:net';
import { API_KEY } from '../../support/ingest.ts';

const ANSWER_MAX_MS = 20_000;
/** as much at a time, so that an answer is seen before the rest is written */
const CHUNK_BYTES = 64 * 1024;
const TRICKLE_EVERY_MS = 500;

export interface Raw {
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
  /** Content-Length; left out: that of the bytes */
  readonly announced?: number;
  /** the client says after the bytes that it sends no more */
  readonly ends?: true;
  /** is answered only when its time is over: a kill may come before */
  readonly waits?: true;
  /**
   * Need not be answered: its client left in the middle, or still sends while the connection is closed behind the answer, which the reset
   * may then overtake. All others are sent whole.
   */
  readonly mayBeClosed?: true;
}

const head = ({ headers, bytes, announced }: Raw): string =>
  [
    'POST /v1/events HTTP/1.1',
    'Host: ingest',
    ...Object.entries({
      authorization: `Bearer ${API_KEY}`,
      ...('transfer-encoding' in headers ? {} : { 'content-length': String(announced ?? bytes.length) }),
      ...headers
    }).map(([name, value]) => `${name}: ${value}`),
    '',
    ''
  ].join('\r\n');

/** A status, or: nobody listened; it ended without an answer; it neither ended nor was answered. */
export type Met = number | 'refused' | 'closed' | 'hung';

/** Writes until the answer begins, and waits for the end of it. */
export function meet(port: number, raw: Raw): Promise<Met> {
  return new Promise((settle) => {
    const socket = connect(port, '127.0.0.1');
    let isConnected = false;
    let text = '';
    const end = (without: Met): void => {
      clearTimeout(timer);
      socket.destroy();
      const status = /^HTTP\/1\.1 (?!100)(\d{3})/.exec(text)?.[1];
      settle(status === undefined ? without : Number(status));
    };
    const timer = setTimeout(() => end('hung'), ANSWER_MAX_MS);
    socket.on('error', () => undefined);
    socket.on('close', () => end(isConnected ? 'closed' : 'refused'));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (/^HTTP\/1\.1 (?!100)\d{3}[^]*\r\n\r\n/.test(text)) setTimeout(() => end('closed'), 20);
    });
    socket.once('connect', () => {
      isConnected = true;
      const whole = Buffer.concat([Buffer.from(head(raw)), raw.bytes]);
      const write = (at: number): void => {
        if (text !== '' || socket.destroyed) return;
        if (at < whole.length)
          // a write that fails would throw away what was not read yet: what there is to read comes first
          socket.write(whole.subarray(at, at + CHUNK_BYTES), () => void setImmediate(write, at + CHUNK_BYTES));
        else if (raw.ends) socket.end();
      };
      write(0);
    });
  });
}

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
export function dawdle(port: number, raw: Raw, part: 'headers' | 'body'): Promise<Loris | null> {
  return new Promise((settle) => {
    const socket: Socket = connect(port, '127.0.0.1');
    const closed = Promise.withResolvers<number>();
    let began = 0;
    let timer: NodeJS.Timeout | undefined;
    socket.on('error', () => undefined);
    socket.resume();
    socket.once('close', () => {
      clearTimeout(timer);
      if (began === 0) settle(null);
      else closed.resolve(performance.now() - began);
    });
    socket.once('connect', () => {
      began = performance.now();
      const start = head(raw);
      const slow = part === 'headers' ? Buffer.from(start) : raw.bytes;
      if (part !== 'headers') socket.write(start);
      let at = 0;
      const trickle = (): void => {
        // never to its end: that would be a request
        if (at < slow.length - 4) socket.write(slow.subarray(at, ++at));
      };
      // none in step with another: all at once they would keep this process from its own answers for a while
      timer = setTimeout(() => {
        timer = setInterval(trickle, TRICKLE_EVERY_MS);
      }, Math.random() * TRICKLE_EVERY_MS);
      settle({ closed: closed.promise, end: () => socket.destroy() });
    });
  });
}
