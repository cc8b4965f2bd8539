/** What stands over a list whose rows are old (look.md section 6). */
import type { Format } from '#lib/components/format.ts';
import type { LiveClient } from '#lib/live/live-client.svelte.ts';
import * as m from '#lib/paraglide/messages.js';

/** `Dados de 14:05, há 3 min`; empty while the moment is not known. */
export function staleNote(live: LiveClient, f: Format): string {
  if (live.asOf === null) return '';
  const at = Date.parse(live.asOf);
  const { now } = live.connection;
  const time = f.dateOf(at) === f.dateOf(now) ? f.clock(at) : f.moment(at, now);
  const age = f.age(now - at);
  return age === '' ? m.list_stale_now({ time }) : m.list_stale({ time, age });
}
