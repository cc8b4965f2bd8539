/**
 * Whether the page hears the server, told by words and not by sockets: an open socket that says nothing for 3 s is
 * as good as none (design.md section 3).
 */
import type { EpochMs } from '#lib/contracts/time.ts';

/** no word for so long: what is on screen is old */
export const SILENCE_MS = 3_000;
/** from then on it is an outage and not a hiccup */
export const OFFLINE_MS = 20_000;

type Phase = 'connecting' | 'live' | 'reconnecting' | 'offline';

export class ConnectionState {
  #now = $state(0);
  #lastWordAt = $state<EpochMs | null>(null);
  #startedAt = $state(0);
  #connected = $state(false);
  #skewMs = $state(0);
  #asOf = $state<string | null>(null);
  /** local epoch ms of the next attempt; null while connected or trying */
  nextAttemptAt = $state<EpochMs | null>(null);

  /** @param serverNow the server's clock when the page was rendered; @param now the local one, epoch ms */
  constructor(serverNow: EpochMs, now: EpochMs) {
    this.#now = now;
    this.#startedAt = now;
    this.#skewMs = serverNow - now;
  }

  readonly #silentMs = $derived(this.#now - (this.#lastWordAt ?? this.#startedAt));
  readonly phase: Phase = $derived.by(() => {
    if (this.#silentMs < SILENCE_MS) return this.#lastWordAt === null ? 'connecting' : 'live';
    return this.#silentMs < OFFLINE_MS ? 'reconnecting' : 'offline';
  });
  /** what is shown can still be believed: heard within 3 s, or the page is that young */
  readonly fresh = $derived(this.phase === 'live' || this.phase === 'connecting');

  get connected(): boolean {
    return this.#connected;
  }
  /** the server's clock, ticking; epoch ms */
  get now(): EpochMs {
    return this.#now + this.#skewMs;
  }
  /** newest moment for which the server confirmed the values, RFC 3339 */
  get asOf(): string | null {
    return this.#asOf;
  }
  /** since the last word; ms */
  get silentMs(): number {
    return this.#silentMs;
  }
  /** ms until the next attempt to connect; null: none is waiting */
  get nextAttemptMs(): number | null {
    return this.nextAttemptAt === null ? null : Math.max(0, this.nextAttemptAt - this.#now);
  }

  tick(now: EpochMs): void {
    this.#now = now;
  }
  /** any message counts */
  heard(now: EpochMs, asOf: string | null = null): void {
    this.#now = now;
    this.#lastWordAt = now;
    if (asOf !== null && (this.#asOf === null || asOf > this.#asOf)) this.#asOf = asOf;
  }
  /** the page starts to listen (again): it is young once more */
  started(now: EpochMs): void {
    this.#now = now;
    this.#startedAt = now;
    this.#lastWordAt = null;
  }
  set connected(value: boolean) {
    this.#connected = value;
  }
  setServerTime(serverNow: EpochMs, now: EpochMs): void {
    this.#skewMs = serverNow - now;
  }
}

/** Waits between attempts: 0.5 s doubled up to 8 s, ± 30 % so that a thousand walls do not return at once. */
export function retryDelayMs(attempt: number, random: number): number {
  const base = Math.min(8_000, 500 * 2 ** Math.min(attempt, 10));
  return Math.round(base * (0.7 + 0.6 * random));
}
