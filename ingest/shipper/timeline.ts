/** Where the time of a batch goes, told for its oldest event: the stages follow one another, so they add up to the whole. */
import type { Slice } from '#ingest/journal/rows.ts';

export type Stage = 'acknowledge' | 'wait' | 'ship' | 'derive' | 'visible';

/** Marks kept while ClickHouse is away; behind them all that was before the shipper counts as `wait`. */
const MARKS_MAX = 10_000;

export interface TimelineOptions {
  /** epoch ms */
  readonly now: () => number;
  readonly onStage: (stage: Stage, seconds: number) => void;
}

export class Timeline {
  readonly #options: TimelineOptions;
  /** when which positions came to be on disk, oldest first */
  readonly #marks: { readonly through: number; readonly at: number }[] = [];
  #received = 0;
  #last = 0;

  constructor(options: TimelineOptions) {
    this.#options = options;
  }

  durable(through: number): void {
    if (this.#marks.length < MARKS_MAX) this.#marks.push({ through, at: this.#options.now() });
  }

  /** @param takenAt epoch ms when the shipper turned to it */
  begin({ from, receivedAt }: Slice, takenAt: number): void {
    while ((this.#marks[0]?.through ?? from) < from) this.#marks.shift();
    const mark = this.#marks[0];
    this.#received = receivedAt;
    this.#last = takenAt;
    // where marks are missing the next one may be of later: never more than there was
    const durableAt = mark ? Math.min(mark.at, takenAt) : receivedAt;
    if (mark) this.#tell('acknowledge', durableAt - receivedAt);
    this.#tell('wait', takenAt - durableAt);
  }

  end(stage: 'ship' | 'derive'): void {
    const now = this.#options.now();
    this.#tell(stage, now - this.#last);
    this.#last = now;
  }

  visible(): void {
    this.#tell('visible', this.#options.now() - this.#received);
  }

  #tell(stage: Stage, ms: number): void {
    this.#options.onStage(stage, Math.max(0, ms) / 1_000);
  }
}
