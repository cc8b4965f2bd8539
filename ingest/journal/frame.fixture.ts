/** Frames for tests, their rows as texts. */
import { ENTRY_BYTES } from '#ingest/identity/entry.ts';
import { encodeFrame, type FrameContent } from './frame.ts';

interface Texts extends Pick<FrameContent, 'first' | 'durable' | 'quarantined' | 'receivedAt'> {
  /** one entry an event */
  readonly entries: readonly Buffer[];
  /** NDJSON */
  readonly rows: string;
}

export function frameOf({ entries, rows, ...content }: Texts): Buffer {
  if (entries.some(({ length }) => length !== ENTRY_BYTES)) throw new Error('an entry of another length');
  return encodeFrame({
    ...content,
    events: entries.map((entry) => ({ entries: entry, entryAt: 0 })),
    rows: { bytes: Buffer.byteLength(rows), write: (into, at) => void into.write(rows, at) }
  });
}
