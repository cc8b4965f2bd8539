/** Rows that wait for the next group commit, already in frames. */
import type { Result } from '#lib/contracts/result.ts';
import type { Stream } from '#lib/contracts/streams.ts';
import { headText, moveOn, type JournalRow } from './rows.ts';
import { ENTRY_BYTES } from '#ingest/identity/entry.ts';
import { FRAME_HEADER_BYTES, type FrameRows } from './frame.ts';
import { SEGMENT_HEADER_BYTES } from './segment.ts';

/** A reader holds a frame as a whole, and a batch is made of whole frames. */
const FRAME_ROWS_MAX = 2_000;
const FRAME_BYTES_MAX = 1024 * 1024;

const LINE_FEED = 0x0a;
/** Beside its own text: what stands before it, the end of its line, its identity. */
const ROW_BYTES_MAX = headText('quarantine', Number.MAX_SAFE_INTEGER).length + 1 + ENTRY_BYTES;

/** What rows take on disk at most, in frames of their own and at the beginning of a segment. */
export const bytesOnDisk = (rows: readonly JournalRow[]): number =>
  rows.reduce((sum, { from, to }) => sum + to - from + ROW_BYTES_MAX, SEGMENT_HEADER_BYTES) +
  FRAME_HEADER_BYTES * (1 + Math.ceil(rows.length / FRAME_ROWS_MAX));

/** `full`: over the journal's bound; `disk_full`: no space; `broken`: the disk refuses, only a restart can tell what it holds */
export type JournalFailure = { readonly kind: 'full' | 'disk_full' | 'broken'; readonly retryable: true };

type EventRow = Extract<JournalRow, { kind: 'event' }>;

export interface Draft {
  readonly first: number;
  readonly receivedAt: number;
  readonly rows: Placed[];
  readonly events: EventRow[];
  readonly newest: Map<Stream, number>;
  bytes: number;
}
interface Placed {
  readonly head: string;
  readonly row: JournalRow;
}

/** The rows of a draft, to be written where they belong without a copy in between. */
export const rowsOf = ({ rows, bytes }: Draft): FrameRows => ({
  bytes,
  write(into, from) {
    let at = from;
    for (const { head, row } of rows) {
      at += into.write(head, at, 'latin1');
      at += row.block.copy(into, at, row.from, row.to);
      into[at++] = LINE_FEED;
    }
  }
});

export class Group {
  readonly drafts: Draft[] = [];
  /** when all of the group is on disk, or none of it counts */
  readonly done: Promise<Result<void, JournalFailure>>;
  readonly settle: (result: Result<void, JournalFailure>) => void;
  /** as on disk, frames and identities included */
  bytes = 0;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<Result<void, JournalFailure>>();
    this.done = promise;
    this.settle = resolve;
  }

  add(row: JournalRow, position: number, receivedAt: number): void {
    let draft = this.drafts.at(-1);
    if (!draft || draft.rows.length >= FRAME_ROWS_MAX || draft.bytes >= FRAME_BYTES_MAX) {
      draft = { first: position, receivedAt, rows: [], events: [], newest: new Map(), bytes: 0 };
      this.drafts.push(draft);
      this.bytes += FRAME_HEADER_BYTES;
    }
    const head = headText(row.kind, position);
    const bytes = head.length + row.to - row.from + 1;
    draft.rows.push({ head, row });
    draft.bytes += bytes;
    this.bytes += bytes;
    if (row.kind === 'event') {
      draft.events.push(row);
      this.bytes += ENTRY_BYTES;
      moveOn(draft.newest, row.stream, row.time);
    }
  }
}
