/** Listens at the ingest service's doorbell: one endless answer, a message a line, opened again whenever it ends or falls silent. */
import { DoorbellMessage } from '#lib/contracts/internal.ts';

const RETRY_MS = 500;
/** It beats each second, later when it is busy: so long a silence is a connection that is no more. Tiles are stale long before. */
const SILENCE_MS = 10_000;

export interface DoorbellOptions {
  readonly url: string;
  readonly token: string;
  /** what was missed before is to be read anew */
  onOpen(): void;
  onMessage(message: DoorbellMessage): void;
  readonly log: { warn(fields: object, message: string): void; info(fields: object, message: string): void };
}

/** @returns stops listening; resolves when the connection is closed */
export function listenAtDoorbell(options: DoorbellOptions): () => Promise<void> {
  const stopping = new AbortController();
  const listen = async (): Promise<void> => {
    let isTold = false;
    for (;;) {
      const { why, wasHeard } = await hear(options, stopping.signal);
      if (stopping.signal.aborted) return;
      // said once an outage
      if (wasHeard || !isTold) options.log.warn({ why }, 'the ingest service is not heard; trying again');
      isTold = true;
      await pause(RETRY_MS, stopping.signal);
    }
  };
  const done = listen();
  return () => {
    stopping.abort();
    return done;
  };
}

/** One connection, until it ends. */
async function hear(
  { url, token, onOpen, onMessage, log }: DoorbellOptions,
  stop: AbortSignal
): Promise<{ readonly why: string; readonly wasHeard: boolean }> {
  const silence = new AbortController();
  const signal = AbortSignal.any([stop, silence.signal]);
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  let wasHeard = false;
  try {
    const response = await fetch(new URL('/internal/doorbell', url), {
      headers: { authorization: `Bearer ${token}` },
      signal
    });
    if (!response.ok || response.body === null) return { why: `answered ${response.status}`, wasHeard };
    wasHeard = true;
    log.info({}, 'listening at the doorbell of the ingest service');
    onOpen();
    for await (const line of linesOf(response.body)) {
      timer = restarted(timer, () => silence.abort());
      const message = DoorbellMessage.safeParse(parsedJson(line));
      if (message.success) onMessage(message.data);
      else log.warn({}, 'a doorbell message of another version was passed over');
    }
    return { why: 'it ended', wasHeard };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { why: silence.signal.aborted ? 'silence' : why, wasHeard };
  } finally {
    clearTimeout(timer);
  }
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const lines = (rest + decoder.decode(part.value, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

function restarted(timer: NodeJS.Timeout, run: () => void): NodeJS.Timeout {
  clearTimeout(timer);
  return setTimeout(run, SILENCE_MS);
}

function parsedJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true }
    );
  });
}
