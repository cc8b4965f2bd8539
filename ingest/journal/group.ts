/** Rows that wait for the next group commit, already in frames. */
import type { Result } from '#lib/contracts/result.ts';
import type { Stream } from '#lib/contracts/streams.ts';
import { moveOn, placed, type JournalRow } from './rows.ts';

/** A reader holds a frame as a whole, and a batch is made of whole frames. */
const FRAME_ROWS_MAX = 2_000;
const FRAME_CHARACTERS_MAX = 1024 * 1024;

/** `full`: over the journal's bound; `disk_full`: no space; `broken`: the disk refuses, only a restart can tell what it holds */
export type JournalFailure = { readonly kind: 'full' | 'disk_full' | 'broken'; readonly retryable: true };

export interface Draft {
  readonly first: number;
  readonly receivedAt: number;
  readonly rows: string[];
  readonly entries: Buffer[];
  readonly newest: Map<Stream, number>;
  characters: number;
}

export class Group {
  readonly drafts: Draft[] = [];
  /** when all of the group is on disk, or none of it counts */
  readonly done: Promise<Result<void, JournalFailure>>;
  readonly settle: (result: Result<void, JournalFailure>) => void;
  characters = 0;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<Result<void, JournalFailure>>();
    this.done = promise;
    this.settle = resolve;
  }

  add(row: JournalRow, position: number, receivedAt: number): void {
    let draft = this.drafts.at(-1);
    if (!draft || draft.rows.length >= FRAME_ROWS_MAX || draft.characters >= FRAME_CHARACTERS_MAX) {
      draft = { first: position, receivedAt, rows: [], entries: [], newest: new Map(), characters: 0 };
      this.drafts.push(draft);
    }
    const text = placed(row, position);
    draft.rows.push(text);
    draft.characters += text.length;
    this.characters += text.length;
    if (row.kind === 'event') {
      draft.entries.push(row.entry);
      moveOn(draft.newest, row.stream, row.time);
    }
  }
}
