/** Listens at every stop between the answer and the glass, so that a slow one can be told from the others. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JSHandle, Page } from 'playwright';
import { io } from 'socket.io-client';
import { z } from 'zod';
import { DoorbellMessage } from '#lib/contracts/internal.ts';
import type { KpiId } from '#lib/contracts/kpi.ts';
import { LIVE_NAMESPACE, TileUpdate } from '#lib/contracts/push.ts';
import type { FactGroup } from '#lib/contracts/streams.ts';

/** A figure's value when it was seen, in minor units. */
export interface Seen {
  readonly at: number;
  readonly minor: number;
}
interface Rung {
  readonly at: number;
  readonly seq: number;
  readonly groups: readonly FactGroup[];
}

/** The moments at which the text of a tile's <output> changed, as the page's MutationObserver sees them. */
export async function watchGlass(
  page: Page,
  ids: readonly KpiId[]
): Promise<{ readonly log: JSHandle<{ id: string; at: number; text: string }[]> }> {
  const log = await page.evaluateHandle((watched: readonly string[]) => {
    const changes: { id: string; at: number; text: string }[] = [];
    for (const id of watched) {
      const tile = document.querySelector(`[data-tile="${id}"]`);
      if (tile === null) throw new Error(`no tile ${id}`);
      let before = tile.querySelector('output')?.textContent ?? '';
      new MutationObserver(() => {
        const at = Date.now();
        const text = tile.querySelector('output')?.textContent ?? '';
        if (text !== before) changes.push({ id, at, text });
        before = text;
      }).observe(tile, { subtree: true, childList: true, characterData: true });
    }
    return changes;
  }, ids);
  return { log };
}

/** `R$ 1.234,56` in minor units; a dash is no figure. */
export const minorOf = (text: string): number => Number(/\d/.test(text) ? text.replace(/\D/g, '') : Number.NaN);

/** Commits as the dashboard hears of them. */
export async function watchDoorbell(
  ingestUrl: string,
  token: string
): Promise<{ rung: readonly Rung[]; stop(): void }> {
  const rung: Rung[] = [];
  const stopping = new AbortController();
  const response = await fetch(`${ingestUrl}/internal/doorbell`, {
    headers: { authorization: `Bearer ${token}` },
    signal: stopping.signal
  });
  if (!response.ok || response.body === null) throw new Error(`the doorbell answers ${response.status}`);
  const { body } = response;
  const read = async (): Promise<void> => {
    let rest = '';
    for await (const part of body.pipeThrough(new TextDecoderStream())) {
      const at = Date.now();
      const lines = (rest + part).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const message = DoorbellMessage.parse(JSON.parse(line));
        if (message.kind === 'committed') rung.push({ at, seq: message.seq, groups: message.groups });
      }
    }
  };
  read().catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });
  return { rung, stop: () => stopping.abort() };
}

/** Tiles as they arrive at a client that has nothing to draw. */
export async function watchPush(
  url: string,
  cookie: string,
  ids: readonly KpiId[]
): Promise<{ readonly seen: ReadonlyMap<KpiId, readonly Seen[]>; stop(): void }> {
  const socket = io(`${url}${LIVE_NAMESPACE}`, { transports: ['websocket'], extraHeaders: { cookie } });
  const seen = new Map<KpiId, Seen[]>(ids.map((id) => [id, []]));
  socket.on('tile:update', (message: unknown) => {
    const at = Date.now();
    for (const { id, value } of TileUpdate.parse(message)) {
      if (typeof value === 'object' && value !== null && 'minor' in value)
        seen.get(id)?.push({ at, minor: value.minor });
    }
  });
  const answer: unknown = await socket.timeout(5_000).emitWithAck('tile:subscribe', { ids });
  z.object({ ok: z.literal(true) }).parse(answer);
  return { seen, stop: () => socket.close() };
}

/** Until nothing was added for a while. */
export async function quiet(count: () => number, forMs: number, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  let before = -1;
  for (let last = Date.now(); Date.now() - last < forMs && Date.now() < deadline; await sleep(50)) {
    if (count() === before) continue;
    before = count();
    last = Date.now();
  }
}
