/**
 * The end of a connection whose request was answered before all of its body had come. Closed with bytes unread it is reset, and a client
 * that writes first and reads then never sees the answer: so what still comes is read and dropped for a while.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Told by a response whose answer is written while its request still has a body to send. */
const EARLY = 'early';
/** Together with the pace of a body (body.ts) less than the 15 s that whoever trickles may keep a connection. */
const LINGER_MS = 2_000;
/** A body just over its bound is let come whole. */
const LINGER_BYTES = 16 * 1024 * 1024;
/** At a time; beyond it connections are closed at once. */
const LINGERING_MAX = 256;

/** Ends a response that is written, in time; at once where nobody watches over its connection. */
export function endEarly(response: ServerResponse): void {
  if (!response.emit(EARLY)) response.end();
}

export class Farewells {
  #lingering = 0;

  /** Takes care of a response's end, should it come before its request's. */
  watch(request: IncomingMessage, response: ServerResponse): void {
    response.once(EARLY, () => this.#linger(request, response));
  }

  #linger(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const end = (): void => {
      response.end();
      socket.destroySoon();
    };
    if (request.readableEnded || request.destroyed || this.#lingering >= LINGERING_MAX) return end();
    this.#lingering++;
    let left = LINGER_BYTES;
    const drop = (chunk: Buffer): void => {
      left -= chunk.length;
      if (left < 0) over();
    };
    const over = (): void => {
      clearTimeout(timer);
      request.off('data', drop).off('end', over).off('close', over);
      this.#lingering--;
      end();
    };
    const timer = setTimeout(over, LINGER_MS);
    // a decompressor that nobody reads would hold it back
    request.unpipe();
    request.on('data', drop).once('end', over).once('close', over).resume();
  }
}
