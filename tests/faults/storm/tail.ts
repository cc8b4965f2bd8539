/** What a torn write leaves at a journal's end. Only behind the last acknowledged frame: what was synced stays on a disk. */
import { appendFileSync, readdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Random } from '#ingest/simulator/random.ts';
import { frameOf } from '#ingest/journal/frame.fixture.ts';
import type { Frame } from '#ingest/journal/frame.ts';
import { decodeHeader, isSegmentName, scanSegment } from '#ingest/journal/segment.ts';

const State = z.object({
  shipped: z.int(),
  batch: z.nullable(z.object({ from: z.int(), through: z.int() }))
});
const Row = z.object({ source: z.string(), id: z.string() });
const GARBAGE_BYTES_MAX = 20_000;
const ENTRY_BYTES = 24;
const CUT_SHARE = 0.6;

export interface Tear {
  readonly kind: 'cut' | 'half a frame' | 'garbage' | 'zeros';
  /** cut off, or put behind the end */
  readonly bytes: number;
}

interface Tail {
  readonly file: string;
  readonly end: number;
  readonly through: number;
  readonly last: { readonly frame: Frame; readonly offset: number } | null;
}

function readTail(dir: string): Tail | null {
  const name = readdirSync(dir).filter(isSegmentName).sort().at(-1);
  if (name === undefined) return null;
  const file = join(dir, name);
  const bytes = readFileSync(file);
  const header = decodeHeader(bytes);
  if (!header) return null;
  let last: Tail['last'] = null;
  const { end, through } = scanSegment(bytes, header, (frame, offset) => void (last = { frame, offset }));
  return { file, end, through, last };
}

/** The next frame as the service would have written it, cut short: of a request nobody had an answer to. */
function halfFrame(through: number, random: Random): Buffer {
  const rows = `{"seq":${through + 1},"source":"torn","id":"torn-${through}","type":"payment.settled"}\n`.repeat(
    random.int(1, 30)
  );
  const events = rows.split('\n').length - 1;
  const entries = Array.from({ length: events }, () => noise(ENTRY_BYTES, random));
  const frame = frameOf({
    first: through + 1,
    durable: through,
    receivedAt: Date.now(),
    quarantined: 0,
    entries,
    rows
  });
  return frame.subarray(0, random.int(1, frame.length - 1));
}

/** The last frame may have been on its way to the disk when the process died: nobody was told, and nobody has read it. */
function mayBeCut(
  dir: string,
  { frame }: { readonly frame: Frame },
  wasAnswered: (source: string, id: string) => boolean
): boolean {
  const { shipped, batch } = State.parse(JSON.parse(readFileSync(join(dir, 'state.json'), 'utf8')));
  if (frame.first <= Math.max(shipped, batch?.through ?? 0)) return false;
  const lines = frame.rows.toString('utf8').split('\n').filter(Boolean);
  return !lines.map((line) => Row.parse(JSON.parse(line))).some(({ source, id }) => wasAnswered(source, id));
}

/**
 * Call while no ingest runs on it and every request has its end.
 * @returns what was done to it
 */
export function tear(dir: string, random: Random, wasAnswered: (source: string, id: string) => boolean): Tear | null {
  const tail = readTail(dir);
  if (!tail) return null;
  const { file, end, through, last } = tail;
  if (last && random.chance(CUT_SHARE) && mayBeCut(dir, last, wasAnswered)) {
    const cutAt = random.int(last.offset + 1, end - 1);
    truncateSync(file, cutAt);
    return { kind: 'cut', bytes: end - cutAt };
  }
  // what the killed process left of a frame is no frame: the service cuts it, and so may the tear
  truncateSync(file, end);
  const kind = random.pick<Tear['kind']>(['half a frame', 'garbage', 'zeros']);
  const length = random.int(1, GARBAGE_BYTES_MAX);
  const behind =
    kind === 'half a frame'
      ? halfFrame(through, random)
      : kind === 'zeros'
        ? Buffer.alloc(length)
        : noise(length, random);
  appendFileSync(file, behind);
  return { kind, bytes: behind.length };
}

const noise = (length: number, random: Random): Buffer => Buffer.from(Array.from({ length }, () => random.int(0, 255)));
