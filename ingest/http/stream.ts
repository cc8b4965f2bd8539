/**
 * `POST /v1/events?stream=true`: lines are taken as they come, some at a time, and acknowledged after each fsync. Back-pressure is not
 * reading: while a block is written, while the journal is full, over the key's rate, and while the client leaves answers unread.
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchAnswer, Problem, StreamAnswer } from '#lib/contracts/ingest.ts';
import type { Items } from '#ingest/decode/items.ts';
import { LineSplitter } from '#ingest/decode/line-splitter.ts';
import type { KeyNow } from '#ingest/keys/keyring.ts';
import { problemOf } from './answer.ts';
import { endEarly } from './farewell.ts';
import type { Core } from './context.ts';

/** What one fsync covers at most; a single line may be larger. */
const BLOCK_BYTES = 512 * 1024;
const BLOCK_LINES = 2_000;
/** what one stream holds: a block, a line begun, and what the socket and the decompression have read ahead */
export const STREAM_HELD_BYTES = 2 * 1024 * 1024;
const ROOM_EVERY_MS = 250;
const RATE_WAIT_MS_MAX = 1_000;

export interface StreamOptions {
  /** the body, decompressed */
  readonly body: Readable;
  readonly response: ServerResponse;
  readonly core: Core;
  readonly key: KeyNow;
  /** epoch ms */
  readonly now: () => number;
  /** in the lane it belongs to; `full`: there is no room in it now */
  readonly admit: (step: () => ReturnType<Core['receive']['lines']>) => ReturnType<Core['receive']['lines']>;
  /** aborted when the client has left */
  readonly gone: AbortSignal;
}

/** `gone`: nobody reads on; a problem: why we end it */
type Taken = BatchAnswer | 'gone' | Problem;

const keyEnded = (): Problem => problemOf(401, 'the key was revoked; nothing after the last acknowledgement was taken');

/** Over the key's rate lines wait. The key is asked again after each wait. */
async function keepRate(events: number, { key, now, gone }: StreamOptions): Promise<'within' | 'gone' | Problem> {
  for (;;) {
    if (gone.aborted) return 'gone';
    const current = key();
    if (!current) return keyEnded();
    const rate = current.limit?.take(events, now());
    if (!rate || rate.isAllowed) return 'within';
    await sleep(Math.min(RATE_WAIT_MS_MAX, rate.retryAfterSeconds * 1_000));
  }
}

async function takeBlock(options: StreamOptions, items: Items): Promise<Taken> {
  const { core, gone } = options;
  const rate = await keepRate(items.length, options);
  if (rate !== 'within') return rate;
  while (!gone.aborted) {
    // also where its lane does not let it come to be taken
    if (!options.key()) return keyEnded();
    const answer = await options.admit(() => core.receive.lines(items, options.key));
    if (answer.ok) return answer.value;
    if (answer.failure.kind === 'key_ended') return keyEnded();
    if (answer.failure.kind === 'broken')
      return problemOf(503, 'the journal cannot be written; nothing after the last acknowledgement was taken');
    // no room: the client waits, as nothing of it is read
    await sleep(ROOM_EVERY_MS);
  }
  return 'gone';
}

function toAcknowledgement(answer: BatchAnswer, before: number): StreamAnswer {
  const { stored, duplicate, quarantined, rejected } = answer;
  const items = answer.items
    .filter(({ status }) => status !== 'duplicate')
    .map((item) => ({ ...item, index: item.index + before }));
  const through = before + stored + duplicate + quarantined + rejected;
  return { through, stored, duplicate, quarantined, rejected, ...(items.length > 0 && { items }) };
}

async function write(response: ServerResponse, line: StreamAnswer, gone: AbortSignal): Promise<void> {
  if (response.write(`${JSON.stringify(line)}\n`)) return;
  await once(response, 'drain', { signal: gone }).catch(() => undefined);
}

/** Takes the lines there are. @returns undefined when the stream may go on */
async function acknowledge(
  options: StreamOptions,
  lines: LineSplitter,
  state: { through: number }
): Promise<'gone' | Problem | undefined> {
  if (lines.lines === 0) return undefined;
  const taken = await takeBlock(options, lines.take());
  if (taken === 'gone' || 'detail' in taken) return taken;
  const line = toAcknowledgement(taken, state.through);
  state.through = line.through;
  await write(options.response, line, options.gone);
  return undefined;
}

async function run(options: StreamOptions): Promise<'gone' | Problem | undefined> {
  const { body, gone } = options;
  const lines = new LineSplitter();
  const state = { through: 0 };
  try {
    for await (const chunk of body.iterator({ destroyOnReturn: false })) {
      if (!Buffer.isBuffer(chunk)) continue;
      lines.push(chunk);
      // what has been read already goes into the same fsync
      if (body.readableLength > 0 && lines.bytes < BLOCK_BYTES && lines.lines < BLOCK_LINES) continue;
      const end = await acknowledge(options, lines, state);
      if (end !== undefined) return end;
    }
  } catch {
    return gone.aborted
      ? 'gone'
      : problemOf(
          400,
          'the body cannot be decompressed as its Content-Encoding says (zstd: send one frame); what was acknowledged is stored'
        );
  }
  lines.end();
  return acknowledge(options, lines, state);
}

/** Answers until the body ends, or the client leaves, or we must end it. */
export async function serveStream(options: StreamOptions): Promise<void> {
  const { response, body } = options;
  response.flushHeaders();
  const end = await run(options);
  if (end === undefined) return void response.end();
  if (end === 'gone') return void response.destroy();
  body.on('error', () => undefined);
  if (body !== response.req) body.destroy();
  // the rest of the body has no end: the connection is closed behind the last line
  response.end(`${JSON.stringify(end)}\n`, () => endEarly(response));
}
