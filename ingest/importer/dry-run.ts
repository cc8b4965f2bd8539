/** What the ingest service would say of events, by its own decoder, without sending them. */
import { decodeItem, type Decoded } from '#ingest/decode/event.ts';
import { ITEMS_MAX, readItems } from '#ingest/decode/items.ts';
import type { EpochMs } from '#lib/contracts/time.ts';
import { eventText } from './batches.ts';
import type { ImportEvent } from './conversion.ts';

export interface Verdict {
  readonly status: 'stored' | 'quarantined' | 'rejected';
  readonly code: string;
  readonly detail: string;
}

const ANYTHING = { sources: new Set<string>(), types: new Set<string>() };

function verdictOf(decoded: Decoded): Verdict {
  if (decoded.kind === 'usable') return { status: 'stored', code: '', detail: '' };
  const { code, fault } = decoded;
  return { status: decoded.kind, code, detail: `${fault.path} ${fault.message}`.trim() };
}

/** @param receivedAt the clock that would receive them
 *  @returns one verdict an event, in order */
export function verdictsOf(events: readonly ImportEvent[], source: string, receivedAt: EpochMs): readonly Verdict[] {
  const verdicts: Verdict[] = [];
  for (let from = 0; from < events.length; from += ITEMS_MAX) {
    const part = events.slice(from, from + ITEMS_MAX);
    const items = readItems(Buffer.from(part.map((event) => eventText(event, source)).join('\n')), 'ndjson');
    if (!items.ok) throw new Error(`the events are no body: ${items.failure.message}`);
    for (const index of part.keys())
      verdicts.push(verdictOf(decodeItem(items.value, index, { receivedAt, allowance: ANYTHING })));
  }
  return verdicts;
}
