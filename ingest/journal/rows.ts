/** What goes into the journal and what comes out of it for shipping. */
import { acceptedEvent, RawRow } from '#lib/contracts/events/accepted.ts';
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { z } from 'zod';
import type { Frame } from './frame.ts';

/** A row without its position, see decode/rows.ts. */
export type JournalRow =
  | {
      readonly kind: 'event';
      /** seq is 0: append gives the position */
      readonly event: AcceptedEvent;
      readonly text: string;
      /** the event's identity entry, see identity/entry.ts */
      readonly entry: Buffer;
    }
  | { readonly kind: 'quarantine'; readonly text: string };

/** The row as it stands in the journal and goes to ClickHouse. */
export const placed = (row: JournalRow, position: number): string =>
  row.kind === 'event'
    ? `{"seq":${position}${row.text}\n`
    : `{"version":${position},"quarantine_id":${position}${row.text}\n`;

const EVENT_START = Buffer.from('{"seq":');
const LINE_FEED = 0x0a;

/** Rows [from..through] of the journal, sorted by the table they go to. */
export interface Slice {
  readonly from: number;
  readonly through: number;
  /** epoch ms when the oldest row was received */
  readonly receivedAt: number;
  readonly events: readonly AcceptedEvent[];
  /** NDJSON for events_raw_v1; null: none */
  readonly eventRows: Buffer | null;
  /** NDJSON for quarantine_v1; null: none */
  readonly quarantineRows: Buffer | null;
}

/** What is known of a frame beside its bytes. */
export interface LiveFrame {
  readonly frame: Frame;
  /** null: read from disk, to be parsed out of the rows */
  readonly events: readonly AcceptedEvent[] | null;
}

const isEventRow = (line: Buffer): boolean => line.subarray(0, EVENT_START.length).equals(EVENT_START);
const parseRow = (line: Buffer): AcceptedEvent => acceptedEvent(RawRow.parse(JSON.parse(line.toString())));

function* rowsOf(frame: Frame): Generator<{ readonly position: number; readonly line: Buffer }> {
  let from = 0;
  for (let position = frame.first; position <= frame.through; position++) {
    const end = frame.rows.indexOf(LINE_FEED, from) + 1;
    if (end === 0) throw new Error(`frame ${frame.first} holds fewer rows than it says`);
    yield { position, line: frame.rows.subarray(from, end) };
    from = end;
  }
}

const QuarantinedRow = z.object({ source: z.string(), id: z.string() });

/** Who waits in the quarantine rows of a frame. */
export function* quarantinedIdentities(frame: Frame): Generator<{ readonly source: string; readonly id: string }> {
  if (frame.quarantined === 0) return;
  for (const { line } of rowsOf(frame)) if (!isEventRow(line)) yield QuarantinedRow.parse(JSON.parse(line.toString()));
}

/** @param frames adjoining, in order; rows outside [from..through] are left out */
export function toSlice(frames: readonly LiveFrame[], from: number, through: number): Slice {
  const events: AcceptedEvent[] = [];
  const eventRows: Buffer[] = [];
  const quarantineRows: Buffer[] = [];
  for (const { frame, events: known } of frames) {
    if (known && frame.quarantined === 0 && frame.first >= from && frame.through <= through) {
      eventRows.push(frame.rows);
      for (const event of known) events.push(event);
      continue;
    }
    const bySeq = known && new Map(known.map((event) => [event.seq, event]));
    for (const { position, line } of rowsOf(frame)) {
      if (position < from || position > through) continue;
      if (isEventRow(line)) {
        eventRows.push(line);
        events.push(bySeq?.get(position) ?? parseRow(line));
      } else quarantineRows.push(line);
    }
  }
  return {
    from,
    through,
    receivedAt: frames[0]?.frame.receivedAt ?? 0,
    events,
    eventRows: eventRows.length > 0 ? Buffer.concat(eventRows) : null,
    quarantineRows: quarantineRows.length > 0 ? Buffer.concat(quarantineRows) : null
  };
}
