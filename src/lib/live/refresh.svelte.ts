/** Lists follow their figures: when a figure of their group changes, the list is read again, at most once a second. */
import { untrack } from 'svelte';
import type { KpiId, KpisAnswer } from '#lib/contracts/kpi.ts';
import { getLive } from './context.svelte.ts';

/** Runs `act` at once, then at most every `everyMs`; what comes in between is one run at its end. Never overlaps. */
export class Throttle {
  readonly #act: () => Promise<void>;
  readonly #everyMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #busy = false;
  #again = false;

  constructor(act: () => Promise<void>, everyMs: number) {
    this.#act = act;
    this.#everyMs = everyMs;
  }

  call(): void {
    if (this.#busy || this.#timer !== undefined) {
      this.#again = true;
      return;
    }
    void this.#run();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#again = false;
  }

  async #run(): Promise<void> {
    this.#busy = true;
    this.#again = false;
    try {
      await this.#act();
    } finally {
      this.#busy = false;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#again) void this.#run();
    }, this.#everyMs);
  }
}

/**
 * Calls `refresh` when one of the figures has another seq than the page was rendered with, and at each new one after that. The first
 * word of the live line counts: what happened between rendering and subscribing would otherwise be missing from the list for good.
 * @param rendered the figures that came with the list; null: none
 */
export function refreshOn(
  ids: () => readonly KpiId[],
  refresh: () => Promise<void>,
  rendered: () => KpisAnswer | null
): void {
  const live = getLive();
  const atFirst = untrack(rendered)?.kpis ?? [];
  let seen = untrack(ids)
    .map((id) => atFirst.find((tile) => tile.id === id)?.seq ?? -1)
    .join(' ');
  const throttle = new Throttle(refresh, 1_000);
  $effect(() => {
    const seqs = ids().map((id) => live.kpi(id).tile?.seq ?? -1);
    const key = seqs.join(' ');
    if (!live.running || seqs.includes(-1) || key === seen) return;
    seen = key;
    throttle.call();
  });
  $effect(() => () => throttle.stop());
}
