/** How pages reach the live line. Never module state: on the server it would leak between requests. */
import { createContext } from 'svelte';
import type { KpiId, KpisAnswer, KpiValue, Tile, TileState } from '#lib/contracts/kpi.ts';
import type { EpochMs } from '#lib/contracts/time.ts';
import { LiveClient } from './live-client.svelte.ts';
import { openSocket } from './socket.ts';

export const [getLive, setLive] = createContext<LiveClient>();

/**
 * Makes the page's client and keeps it connected while `past` is null. Call once, in a layout.
 * @param page the server's clock at rendering, the past moment that is shown, if any, and the figures as rendered
 */
export function provideLive(
  page: () => {
    readonly server_now: EpochMs;
    readonly past: EpochMs | null;
    readonly answer: KpisAnswer | null;
  }
): LiveClient {
  const live = new LiveClient({
    open: openSocket,
    serverNow: page().server_now,
    rendered: () => page().answer,
    now: () => Date.now(),
    random: () => Math.random(),
    onRefused: () => location.reload()
  });
  setLive(live);
  const inPast = $derived(page().past !== null);
  $effect(() => {
    if (inPast) return;
    const retry = (): void => {
      if (document.visibilityState === 'visible') live.retryNow();
    };
    window.addEventListener('online', retry);
    document.addEventListener('visibilitychange', retry);
    const stop = live.start();
    return () => {
      window.removeEventListener('online', retry);
      document.removeEventListener('visibilitychange', retry);
      stop();
    };
  });
  return live;
}

/** What a tile shows. `loading`: no word yet. */
export interface TileView {
  readonly state: TileState | 'loading';
  readonly tile: Tile | null;
  readonly previous: KpiValue | null;
  readonly mark: number;
  /** the whole page is stale: the moment is told once, in the top bar */
  readonly pageStale: boolean;
}

/** The figures of one page: what the server rendered, then what the live line says. */
export class TileSet {
  readonly #live: LiveClient;
  readonly #rendered: () => { readonly answer: KpisAnswer | null; readonly past: boolean };
  readonly #byId = $derived.by(() => new Map(this.#rendered().answer?.kpis.map((tile) => [tile.id, tile]) ?? []));

  constructor(live: LiveClient, rendered: () => { readonly answer: KpisAnswer | null; readonly past: boolean }) {
    this.#live = live;
    this.#rendered = rendered;
  }

  view(id: KpiId): TileView {
    const rendered = this.#byId.get(id) ?? null;
    if (this.#rendered().past) {
      return { state: rendered?.state ?? 'failed', tile: rendered, previous: null, mark: 0, pageStale: false };
    }
    const kpi = this.#live.kpi(id);
    const tile = kpi.tile ?? rendered;
    const pageStale = !this.#live.fresh;
    if (tile === null) {
      return {
        state: this.#rendered().answer === null || !this.#live.connection.fresh ? 'failed' : 'loading',
        tile,
        previous: null,
        mark: 0,
        pageStale
      };
    }
    const believed = tile.state === 'live' || tile.state === 'empty';
    return {
      state: pageStale && believed ? 'stale' : tile.state,
      tile,
      previous: kpi.previous,
      mark: kpi.mark,
      pageStale
    };
  }

  /** the tile alone, as newest known */
  tile(id: KpiId): Tile | null {
    return this.view(id).tile;
  }
}

/**
 * Watches the figures of a page while it is shown and live. Call at a component's start.
 * @param ids the figures; they may change with the role or the board
 */
export function watchTiles(
  ids: () => readonly KpiId[],
  rendered: () => { readonly answer: KpisAnswer | null; readonly past: boolean }
): TileSet {
  const live = getLive();
  const key = $derived(ids().join(' '));
  $effect(() => {
    if (!live.running || key === '') return;
    return live.watch(ids());
  });
  return new TileSet(live, rendered);
}

/** Follows the feed while the page is shown and live. */
export function watchFeed(allowed: () => boolean): void {
  const live = getLive();
  $effect(() => {
    if (!live.running || !allowed()) return;
    return live.watchFeed();
  });
}
