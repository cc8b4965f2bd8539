/** An event of quarantine, judged anew: as it came, or corrected. */
import type { QuarantineRow, ReplayError } from '#lib/contracts/quarantine.ts';
import { decodeItem, type Allowance, type Decoded, type Usable } from '#ingest/decode/event.ts';
import { parseExactly } from '#ingest/decode/exact-numbers.ts';
import { EVENT_BYTES_MAX, NOT_JSON, type Items } from '#ingest/decode/items.ts';

/** an event that waited for a setting of its source that is there by now, as it would come today; any other as it is */
export type Complete = (source: string, event: unknown) => unknown;

/** One event of a replay, judged anew. */
export type Judged =
  | { readonly kind: 'usable'; readonly row: QuarantineRow; readonly item: Usable }
  | { readonly kind: 'skipped' }
  | { readonly kind: 'error'; readonly error: ReplayError };

function parse(body: unknown): unknown {
  if (typeof body !== 'string') return body;
  try {
    return parseExactly(body);
  } catch {
    return NOT_JSON;
  }
}

/** It keeps its time: one that named none happened when it came. */
function dated(value: unknown, receivedAt: number): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const hasTime = 'time' in value && value.time !== null && value.time !== undefined;
  return hasTime ? value : { ...value, time: new Date(receivedAt).toISOString() };
}

function single(value: unknown): Items {
  const text = value === NOT_JSON ? '' : JSON.stringify(value);
  return {
    length: 1,
    isOneText: true,
    value: () => value,
    isTooLarge: () => Buffer.byteLength(text) > EVENT_BYTES_MAX,
    raw: () => text
  };
}

const errorOf = (quarantine_id: number, item: Exclude<Decoded, Usable>): ReplayError => ({
  quarantine_id,
  code: item.code,
  ...item.fault
});

const keepsIdentity = ({ event }: Usable, { source, id }: QuarantineRow): boolean =>
  event.source === source && event.id === id;

export function judge(
  quarantineId: number,
  row: QuarantineRow | undefined,
  body: unknown,
  context: { readonly receivedAt: number; readonly allowance: Allowance; readonly complete: Complete }
): Judged {
  const error = (code: string, message: string, path = ''): Judged => ({
    kind: 'error',
    error: { quarantine_id: quarantineId, code, path, message }
  });
  if (!row) return error('not_found', 'no such event in quarantine');
  if (row.status === 'closed') return { kind: 'skipped' };
  const value = dated(context.complete(row.source, parse(body ?? row.raw ?? '')), row.received_at);
  const item = decodeItem(single(value), 0, context);
  if (item.kind !== 'usable') return { kind: 'error', error: errorOf(quarantineId, item) };
  if (!keepsIdentity(item, row))
    return error(
      'identity_changed',
      `a correction keeps source and id: ${JSON.stringify(row.source)} and ${JSON.stringify(row.id)}`,
      item.event.source === row.source ? '/id' : '/source'
    );
  return { kind: 'usable', row, item };
}
