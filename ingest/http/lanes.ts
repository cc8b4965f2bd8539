/**
 * Two lanes into one journal. Live traffic goes at once; a backfill (`?backfill=true`) goes one request at a time, when no live one is
 * being taken and next to nothing waits for ClickHouse: what comes live then stands behind one request of history and no more. Without
 * live traffic it goes as fast as it is shipped. Producers take turns, so that one with many connections does not push out the others.
 * The waiting is before the body is read, so a producer that is kept waiting costs no memory.
 */
import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises';
import type { Result } from '#lib/contracts/result.ts';
import type { BodyFailure } from './body.ts';
import type { Core } from './context.ts';
import { Turns } from './turns.ts';

/** Rows acknowledged and not yet visible: little more than live traffic itself leaves, so that a batch holds one backfill request. */
const BACKLOG_BESIDE_LIVE = 200;
/** Nobody waits: batches as large as the shipper makes them. */
const BACKLOG_ALONE = 40_000;
/** Of a backfill's request beside live traffic: what is written, shipped and derived before an event that comes right behind it. */
const PART_BESIDE_LIVE = 250;
/** this long after a live request the lanes are still shared */
const LIVE_FOR_MS = 5_000;
/** Then it goes all the same: a live lane that is never empty, or a ClickHouse that is away, slows a backfill down and does not stop it. */
const WAIT_MAX_MS = 2_000;
const LOOK_EVERY_MS = 10;
/** Bodies that have begun and are not taken yet, of all keys and of one: those who wait beyond it have sent nothing that must be held. */
const BODIES_MAX = 6;
const BODIES_MAX_KEY = 3;
/** A body that is not there by then goes on coming beside the lane: the next in it need not wait for a slow line. */
const BODY_MS = 1_000;
/** Beside live traffic a backfill rests between its parts as long as the last one took, so that half of the time is live traffic's alone. */
const REST_MAX_MS = 150;
/** A live lane that is never empty holds up a thousand events of a backfill for less than half a second. */
const GIVE_WAY_MAX_MS = 10;
/** The rest of the journal's bound is kept for live traffic while ClickHouse is away. */
const FILL_MAX = 0.5;

/** `full`: what the journal has left is for live traffic; `gone`: the client left while it waited */
export type Turn = 'go' | 'full' | 'gone';
/** Awaits a body that others need not wait for: when it takes long, the lane is theirs meanwhile, and it returns before those who wait. */
export type Aside = <T>(work: Promise<Result<T, BodyFailure>>) => Promise<Result<T, BodyFailure>>;

async function endsWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const waiting = new AbortController();
  const ended = work.then(
    () => true,
    () => true
  );
  const late = sleep(ms, false, { signal: waiting.signal }).catch(() => false);
  const isEnded = await Promise.race([ended, late]);
  waiting.abort();
  return isEnded;
}

export class Lanes {
  readonly #now: () => number;
  #live = 0;
  #lastLive = Number.NEGATIVE_INFINITY;
  /** when a backfill went last */
  #wentAt = Number.NEGATIVE_INFINITY;
  readonly #turns = new Turns({ begunMax: BODIES_MAX, begunMaxKey: BODIES_MAX_KEY });

  /** @param now ms of a clock that is never set: else one set back would keep a backfill waiting for as long */
  constructor(now: () => number) {
    this.#now = now;
  }

  async live<T>(step: () => Promise<T>): Promise<T> {
    this.#live++;
    this.#lastLive = this.#now();
    try {
      return await step();
    } finally {
      this.#live--;
    }
  }

  /**
   * Runs `step` when it is the backfill's turn and tells it how the waiting ended.
   * @param key whose backfill it is: the keys take turns
   */
  async backfill<T>(
    key: string,
    core: Core,
    signal: AbortSignal,
    step: (turn: Turn, aside: Aside) => Promise<T>
  ): Promise<T> {
    await this.#turns.wait(key, 'begin');
    let isIn = true;
    const leave = (): void => {
      if (isIn) this.#turns.leave(key);
      isIn = false;
    };
    const aside: Aside = async (work) => {
      if (await endsWithin(work, BODY_MS)) return work;
      leave();
      const done = await work;
      // one that failed has nothing to take any more
      if (done.ok) {
        await this.#turns.wait(key, 'return');
        isIn = true;
      }
      return done;
    };
    try {
      return await step(await this.#wait(core, signal), aside);
    } finally {
      leave();
      this.#turns.done(key);
    }
  }

  /** A step of a backfill that is under way, as of a stream: its bytes are there already. */
  async backfillStep<T>(key: string, core: Core, signal: AbortSignal, step: (turn: Turn) => Promise<T>): Promise<T> {
    await this.#turns.wait(key, 'step');
    try {
      return await step(await this.#wait(core, signal));
    } finally {
      this.#turns.leave(key);
    }
  }

  /**
   * Between two parts of a backfill's request, see takeInParts.
   * @returns how many items go now; all of them once it has waited in vain: nothing is being shipped, and parts would help nobody
   */
  async part(core: Core, signal: AbortSignal): Promise<number> {
    const began = this.#now();
    await this.#wait(core, signal);
    const isInVain = this.#now() - began >= WAIT_MAX_MS;
    return this.#isShared() && !isInVain ? PART_BESIDE_LIVE : Number.POSITIVE_INFINITY;
  }

  /** Between two stretches of a backfill's decoding: live requests under way are answered first, as long as that takes them no longer than usual. */
  async giveWay(): Promise<void> {
    await breathe();
    const deadline = this.#now() + GIVE_WAY_MAX_MS;
    while (this.#live > 0 && this.#now() < deadline) await sleep(1);
  }

  #isShared(): boolean {
    return this.#now() - this.#lastLive < LIVE_FOR_MS;
  }

  async #wait(core: Core, signal: AbortSignal): Promise<Turn> {
    const deadline = this.#now() + WAIT_MAX_MS;
    const isHeld = (): boolean =>
      this.#live > 0 || core.backlog() > (this.#isShared() ? BACKLOG_BESIDE_LIVE : BACKLOG_ALONE);
    while (isHeld() && this.#now() < deadline) {
      if (signal.aborted) return 'gone';
      await sleep(LOOK_EVERY_MS);
    }
    const clear = this.#now();
    const rested = clear + Math.min(REST_MAX_MS, clear - this.#wentAt);
    while (this.#isShared() && this.#now() < rested && !signal.aborted) await sleep(LOOK_EVERY_MS);
    if (signal.aborted) return 'gone';
    this.#wentAt = this.#now();
    return core.fill() < FILL_MAX ? 'go' : 'full';
  }
}
