/** Chunks of events → requests: NDJSON of at most a thousand events and 4 MiB each. */
import type { Chunk, ImportEvent } from './conversion.ts';

export const BATCH_EVENTS = 1000;
/** The API stops reading a body at 10 MiB. */
const BATCH_BYTES = 4 * 1024 * 1024;

/** Where an event of a batch came from, for the report. */
interface Origin {
  readonly id: string;
  readonly file: string;
  readonly line: number;
}
export interface Batch {
  /** position of its first event among all of the import */
  readonly from: number;
  readonly origins: readonly Origin[];
  /** NDJSON */
  readonly text: string;
  /** how much of the input is behind its last chunk, 0..1 */
  readonly share: number;
}
export interface Batching {
  readonly source: string;
  /** events to make and not to send: they were acknowledged before */
  readonly skip: number;
  /** events from `skip` up to here make one batch, as they did in the run before; 0: none */
  readonly wholeThrough: number;
  /** of a batch: fewer than BATCH_EVENTS keeps a slow rate even */
  readonly eventsMax: number;
}

export const eventText = (event: ImportEvent, source: string): string =>
  JSON.stringify({
    specversion: '1.0',
    id: event.id,
    source,
    type: event.type,
    time: new Date(event.time).toISOString(),
    data: event.data
  });

export async function* toBatches(
  chunks: AsyncIterable<Chunk>,
  { source, skip, wholeThrough, eventsMax }: Batching
): AsyncGenerator<Batch> {
  let lines: string[] = [];
  let origins: Origin[] = [];
  let bytes = 0;
  let position = 0;
  let share = 0;
  const flush = (through: number): Batch => {
    const batch = { from: through - origins.length, origins, text: lines.join('\n'), share };
    lines = [];
    origins = [];
    bytes = 0;
    return batch;
  };
  for await (const chunk of chunks) {
    share = chunk.share;
    for (const event of chunk.events) {
      position++;
      if (position <= skip) continue;
      const text = eventText(event, source);
      const size = Buffer.byteLength(text) + 1;
      if (origins.length > 0 && bytes + size > BATCH_BYTES) yield flush(position - 1);
      lines.push(text);
      origins.push({ id: event.id, file: event.file, line: event.line });
      bytes += size;
      if (position < wholeThrough) continue;
      if (position === wholeThrough || origins.length >= eventsMax) yield flush(position);
    }
  }
  if (origins.length > 0) yield flush(position);
}
