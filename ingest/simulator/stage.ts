/** Plays a story: loads what is missing of its past, then lets it live by the clock. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from '#ingest/importer/post.ts';
import { SECOND } from './almanac.ts';
import { deliver, load, type Tally } from './courier.ts';
import type { Emission } from './kernel.ts';
import type { LiveLease } from './pulse.ts';
import type { Story } from './story.ts';
import { createWorld, type World } from './world.ts';

const TICK_MS = 200;
const LEASE_MS = 20 * SECOND;
const LEASE_LEFT_MIN_MS = 10 * SECOND;
/** of one request while live: a second's traffic fits many times */
const LIVE_BATCH_MAX = 2000;

export interface Playing {
  /** epoch ms */
  readonly clock: () => number;
  readonly target: Target;
  readonly save: (story: Story) => void;
}

interface Span {
  readonly lease: LiveLease;
  readonly from: number;
  readonly rateMin: number;
  to: number;
}

/** The world of a story with its live spans, at the moment it was left. Events acknowledged before are told again by nobody. */
export class Stage {
  readonly #world: World;
  readonly #playing: Playing;
  #story: Story;
  #isCaughtUp = false;

  constructor(story: Story, playing: Playing) {
    const { seed, start, end, scenario, timezone, calendar } = story;
    this.#world = createWorld({ seed, start, end, scenario, timezone, calendar });
    this.#story = story;
    this.#playing = playing;
  }

  /** Grows the world through `moment` along its earlier live spans. */
  *#grow(moment: number): Generator<Emission, void, void> {
    for (const { from, to, rate_min } of this.#story.live) {
      // up to the millisecond before: that is where the span was opened
      yield* this.#world.until(from - 1);
      this.#world.live(from, rate_min).extend(to);
    }
    yield* this.#world.until(moment);
  }

  /**
   * Brings the product up to now: the whole history the first time, later the gap since the last run.
   * @param onProgress with the share of the time span that is loaded, 0..1
   */
  async catchUp(onProgress: (tally: Tally, share: number) => void): Promise<Tally> {
    const { start, sent_through } = this.#story;
    const now = this.#playing.clock();
    const missing = this.#grow(now).filter(({ at }) => at > sent_through);
    const from = Math.max(start, sent_through);
    const tally = await load(missing, { ...this.#playing.target, backfill: true }, (soFar, reached) =>
      onProgress(soFar, Math.min(1, Math.max(0, (reached - from) / (now - from))))
    );
    this.#keep({ sent_through: now });
    this.#isCaughtUp = true;
    return tally;
  }

  /** Lives, once caught up, until the signal aborts. @throws as deliver */
  async live(rateMin: number, onTick: (tally: Tally) => void): Promise<void> {
    if (!this.#isCaughtUp) throw new Error('a stage has to catch up before it goes live');
    const { clock, target } = this.#playing;
    const { signal } = target;
    let span = this.#openSpan(rateMin);
    while (!signal.aborted) {
      const now = clock();
      const batch = [...this.#world.until(now)];
      // the clock may have left the span behind while the product was away: what was not live then stays quiet
      if (now >= span.to) span = this.#openSpan(rateMin);
      else if (span.to - now < LEASE_LEFT_MIN_MS) this.#extend(span, now + LEASE_MS);
      for (let from = 0; from < batch.length; from += LIVE_BATCH_MAX)
        onTick(await deliver(batch.slice(from, from + LIVE_BATCH_MAX), target));
      this.#story = { ...this.#story, sent_through: now };
      await sleep(TICK_MS, undefined, { signal }).catch(() => undefined);
    }
    this.#keep({});
  }

  #openSpan(rateMin: number): Span {
    // the span of a run before may still last some seconds
    const from = Math.max(this.#playing.clock() + 1, this.#story.live.at(-1)?.to ?? 0);
    const span: Span = { lease: this.#world.live(from, rateMin), from, to: from, rateMin };
    this.#story = { ...this.#story, live: [...this.#story.live, { from, to: from, rate_min: rateMin }] };
    this.#extend(span, from + LEASE_MS);
    return span;
  }

  /** On disk first: a killed demo must be able to tell again whatever it may have told. */
  #extend(span: Span, to: number): void {
    span.to = to;
    this.#keep({ live: [...this.#story.live.slice(0, -1), { from: span.from, to, rate_min: span.rateMin }] });
    span.lease.extend(to);
  }

  #keep(changes: Partial<Story>): void {
    this.#story = { ...this.#story, ...changes };
    this.#playing.save(this.#story);
  }
}
