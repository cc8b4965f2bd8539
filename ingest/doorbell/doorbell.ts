/** Tells dashboards that figures changed, a line a message, and once a second how things are. It carries no figures. */
import type { ServerResponse } from 'node:http';
import type { DoorbellMessage } from '#lib/contracts/internal.ts';

const BEAT_EVERY_MS = 1_000;
/** A listener this far behind is gone, or will read everything again anyway. */
const UNSENT_BYTES_MAX = 1024 * 1024;

export type Beat = Extract<DoorbellMessage, { kind: 'beat' }>;

export class Doorbell {
  readonly #listeners = new Set<ServerResponse>();
  readonly #beat: () => Promise<Beat>;
  readonly #timer: NodeJS.Timeout;
  #isBeating = false;

  /** @param beat how things are now; it may take up to a second to find out */
  constructor(beat: () => Promise<Beat>) {
    this.#beat = beat;
    this.#timer = setInterval(() => void this.#tell(), BEAT_EVERY_MS);
    this.#timer.unref();
  }

  /** Keeps the answer open and writes to it from now on. */
  listen(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
    response.flushHeaders();
    response.socket?.setNoDelay(true);
    this.#listeners.add(response);
    const leave = (): void => void this.#listeners.delete(response);
    response.once('close', leave);
    response.once('error', leave);
    void this.#tell();
  }

  ring(message: DoorbellMessage): void {
    const line = `${JSON.stringify(message)}\n`;
    for (const listener of this.#listeners) {
      if (listener.writableLength > UNSENT_BYTES_MAX) listener.destroy();
      else listener.write(line);
    }
  }

  /** A ClickHouse that hangs must not pile up probes. */
  async #tell(): Promise<void> {
    if (this.#isBeating || this.#listeners.size === 0) return;
    this.#isBeating = true;
    try {
      this.ring(await this.#beat());
    } finally {
      this.#isBeating = false;
    }
  }

  close(): void {
    clearInterval(this.#timer);
    for (const listener of this.#listeners) listener.end();
    this.#listeners.clear();
  }
}
