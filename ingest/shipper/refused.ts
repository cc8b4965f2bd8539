/** A batch without the rows that ClickHouse does not take; they go to quarantine instead. */
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { toQuarantineRow } from '#ingest/decode/rows.ts';
import { ENTRY_BYTES, writeEntry } from '#ingest/identity/entry.ts';
import { identityOf } from '#ingest/identity/identities.ts';
import { eventOf, headText, linesOf, type Slice } from '#ingest/journal/rows.ts';
import type { RefusedRow } from '#ingest/journal/state.ts';

const POSITION = /^\{"seq":(\d+)/;
const POSITION_BYTES = 40;

/** @throws when the row is none of the journal's */
export function positionOf(row: Buffer): number {
  const found = POSITION.exec(row.toString('latin1', 0, POSITION_BYTES))?.[1];
  if (found === undefined) throw new Error('a row without a position');
  return Number(found);
}

/** Makes a token one of what is left. */
export const suffixOf = (refused: readonly RefusedRow[]): string =>
  refused.length === 0 ? '' : `:without-${String(refused.length)}`;

export function identityHex({ source, id }: Pick<AcceptedEvent, 'source' | 'id'>): string {
  const entry = Buffer.alloc(ENTRY_BYTES);
  writeEntry(entry, 0, { source, id, content: 0 });
  return identityOf(entry, 0);
}

/** The event as its producer may send it again. Of the time the instant is kept, not the zone it was told in. */
const envelopeOf = ({ source, id, type, time, data }: AcceptedEvent): string =>
  JSON.stringify({ specversion: '1.0', id, source, type, time: new Date(time).toISOString(), data });

function quarantineRow(event: AcceptedEvent, message: string): string {
  const { source, id, type, seq, received_at } = event;
  const fault = { path: '', message };
  const text = toQuarantineRow(
    { source, id, type, code: 'unstorable', fault, raw: envelopeOf(event) },
    received_at,
    ''
  );
  return `${headText('quarantine', seq)}${text}\n`;
}

export function withoutRefused(slice: Slice, refused: readonly RefusedRow[]): Slice {
  if (refused.length === 0) return slice;
  const words = new Map(refused.map((row) => [row.position, row.words]));
  const rows: Buffer[] = [];
  const moved: Buffer[] = [];
  for (const line of linesOf(slice.eventRows ?? Buffer.alloc(0))) {
    const said = words.get(positionOf(line));
    if (said === undefined) rows.push(line);
    else moved.push(Buffer.from(quarantineRow(eventOf(line), said)));
  }
  return {
    ...slice,
    eventRows: rows.length > 0 ? Buffer.concat(rows) : null,
    quarantineRows: Buffer.concat([...(slice.quarantineRows ? [slice.quarantineRows] : []), ...moved])
  };
}
