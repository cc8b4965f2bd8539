/** Events a second per key, with a burst of two seconds. */

export const BURST_SECONDS = 2;

export interface RateAnswer {
  readonly isAllowed: boolean;
  /** whole events left in the burst */
  readonly remaining: number;
  /** seconds until the burst is whole again */
  readonly resetSeconds: number;
  /** seconds until the same request would be allowed; 0 when it was */
  readonly retryAfterSeconds: number;
}

/** A token bucket. One request larger than the whole burst passes when the bucket is full, and is paid off afterwards. */
export class RateLimit {
  readonly rate: number;
  readonly #capacity: number;
  #tokens: number;
  #at: number;

  /** @param now epoch ms */
  constructor(rate: number, now: number) {
    this.rate = rate;
    this.#capacity = rate * BURST_SECONDS;
    this.#tokens = this.#capacity;
    this.#at = now;
  }

  take(events: number, now: number): RateAnswer {
    // a clock set back must not drain the bucket
    const elapsedMs = Math.max(0, now - this.#at);
    this.#tokens = Math.min(this.#capacity, this.#tokens + (elapsedMs * this.rate) / 1_000);
    this.#at = now;
    const needed = Math.min(events, this.#capacity);
    const isAllowed = this.#tokens >= needed;
    const retryAfterSeconds = isAllowed ? 0 : Math.ceil((needed - this.#tokens) / this.rate);
    if (isAllowed) this.#tokens -= events;
    return {
      isAllowed,
      remaining: Math.max(0, Math.floor(this.#tokens)),
      resetSeconds: Math.ceil((this.#capacity - this.#tokens) / this.rate),
      retryAfterSeconds
    };
  }
}
