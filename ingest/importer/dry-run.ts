/** What the ingest service would say of an event, by the same schemas, without sending it. */
import { eventSchemas, isEventType } from '#lib/contracts/events/registry.ts';
import type { EpochMs } from '#lib/contracts/time.ts';
import { eventText } from './batches.ts';
import type { ImportEvent } from './conversion.ts';

const AHEAD_MAX_MS = 5 * 60_000;
const EVENT_BYTES_MAX = 256 * 1024;
const ID_MAX = 128;

export type Verdict = {
  readonly status: 'stored' | 'quarantined' | 'rejected';
  readonly code: string;
  readonly detail: string;
};

/** @param now the clock that would receive it */
export function verdictOf(event: ImportEvent, source: string, now: EpochMs): Verdict {
  if (event.id.length === 0 || event.id.length > ID_MAX)
    return { status: 'rejected', code: 'invalid_envelope', detail: '/id' };
  if (Buffer.byteLength(eventText(event, source)) > EVENT_BYTES_MAX)
    return { status: 'rejected', code: 'event_too_large', detail: '' };
  if (!isEventType(event.type)) return { status: 'quarantined', code: 'unknown_type', detail: event.type };
  if (event.time > now + AHEAD_MAX_MS)
    return { status: 'quarantined', code: 'future_time', detail: new Date(event.time).toISOString() };
  const decoded = eventSchemas[event.type].safeParse(event.data);
  if (decoded.success) return { status: 'stored', code: '', detail: '' };
  const [issue] = decoded.error.issues;
  return { status: 'quarantined', code: 'invalid_data', detail: `/data/${issue?.path.join('/')} ${issue?.message}` };
}
