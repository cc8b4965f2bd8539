/** The arrow between a file and events: what a preset or a mapping gets, and what it gives. */
import type { EpochMs } from '#lib/contracts/time.ts';
import type { ToldFormat } from './csv.ts';
import type { DateStyle } from './date-text.ts';
import type { ImportClock } from './import-clock.ts';
import type { Input } from './input.ts';
import type { Decimal } from './money-text.ts';
import type { SkipLog } from './skips.ts';

/** One event to send. `file` and `line`: where its first row stands. */
export interface ImportEvent {
  readonly id: string;
  readonly type: string;
  readonly time: EpochMs;
  readonly data: Readonly<Record<string, unknown>>;
  readonly file: string;
  readonly line: number;
}
/** `share`: how much of the input is behind it, 0..1 */
export interface Chunk {
  readonly events: readonly ImportEvent[];
  readonly share: number;
}
export interface Conversion {
  readonly clock: ImportClock;
  readonly skips: SkipLog;
  /** what counts as the future; the same in a resumed run, so that it makes the same events */
  readonly now: EpochMs;
  readonly told: ToldFormat & { readonly dateStyle?: DateStyle | undefined; readonly decimal?: Decimal | undefined };
  /** rows read so far, for the report */
  countRows(n: number): void;
  /** how a file was read, for the report */
  note(text: string): void;
}
/** Makes the events of some files, the same ones in the same order at every run over the same bytes. */
export type Convert = (inputs: readonly Input[], conversion: Conversion) => AsyncGenerator<Chunk>;

export interface Preset {
  /** one line for the usage */
  readonly title: string;
  /** a CSV file, or the files wanted in a folder (each may end in .gz) */
  readonly files: 'one' | readonly string[];
  readonly currency: string;
  /** null: the business's own */
  readonly timezone: string | null;
  readonly convert: Convert;
}

/** How many events a converter gives at a time. */
const CHUNK_EVENTS = 1000;

/** Gathers events into chunks. */
export function createChunker(): { add(event: ImportEvent): void; full(): boolean; take(share: number): Chunk } {
  let events: ImportEvent[] = [];
  return {
    add: (event) => void events.push(event),
    full: () => events.length >= CHUNK_EVENTS,
    take(share) {
      const chunk = { events, share };
      events = [];
      return chunk;
    }
  };
}
