/** What goes into the journal and what comes out of it for shipping. */
import { acceptedEvent, type RawRow } from '#lib/contracts/events/accepted.ts';
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { STREAMS, type Stream } from '#lib/contracts/streams.ts';
import { z } from 'zod';
import type { Frame } from './frame.ts';
import type { RowBytes } from './row-blocks.ts';

/** A row without its position, see decode/rows.ts. */
export type JournalRow = RowBytes &
  (
    | {
        readonly kind: 'event';
        readonly stream: Stream;
        /** epoch ms */
        readonly time: number;
        /** where the event's identity entry stands, see identity/entry.ts */
        readonly entries: Buffer;
        readonly entryAt: number;
      }
    | { readonly kind: 'quarantine' }
  );

/** The row as it stands in the journal and goes to ClickHouse begins with its position, then comes its text, and a line feed. */
export const headText = (kind: JournalRow['kind'], position: number): string =>
  kind === 'event' ? `{"seq":${position}` : `{"version":${position},"quarantine_id":${position}`;

const EVENT_START = Buffer.from('{"seq":');
const LINE_FEED = 0x0a;
/** Stands in front of an event row's keys and data, and nowhere before: a quote within a text is escaped. */
const HEAD_END = ',"received_at":';

/** Newest event time by stream, epoch ms. */
export type Newest = ReadonlyMap<Stream, number>;

export function moveOn(newest: Map<Stream, number>, stream: Stream, time: number): void {
  if (time > (newest.get(stream) ?? Number.NEGATIVE_INFINITY)) newest.set(stream, time);
}

/** Rows [from..through] of the journal, sorted by the table they go to. Events are not made of them again: deriving does, in its thread. */
export interface Slice {
  readonly from: number;
  readonly through: number;
  /** epoch ms when the oldest row was received */
  readonly receivedAt: number;
  readonly newest: Newest;
  /** NDJSON for events_raw_v1; null: none */
  readonly eventRows: Buffer | null;
  /** NDJSON for quarantine_v1; null: none */
  readonly quarantineRows: Buffer | null;
}

/** What is known of a frame beside its bytes. */
export interface LiveFrame {
  readonly frame: Frame;
  /** null: read from disk, to be read out of the rows */
  readonly newest: Newest | null;
}

const isEventRow = (line: Buffer): boolean => line.subarray(0, EVENT_START.length).equals(EVENT_START);

const Head = z.object({
  seq: z.int(),
  source: z.string(),
  id: z.string(),
  stream: z.enum(STREAMS),
  time: z.int()
});
/** The beginning of an event row: who it is, and when. */
export type RowHead = z.infer<typeof Head>;

/** @throws when the line is no event row of the journal's */
export function headOf(line: Buffer): RowHead {
  const end = line.indexOf(HEAD_END);
  return Head.parse(JSON.parse(`${line.toString('utf8', 0, end)}}`));
}

/** The lines of NDJSON, each with its line feed; views. */
export function* linesOf(rows: Buffer): Generator<Buffer> {
  for (let from = 0; from < rows.length;) {
    const end = rows.indexOf(LINE_FEED, from) + 1 || rows.length;
    yield rows.subarray(from, end);
    from = end;
  }
}

// written by this program and under a checksum: told from another kind of row, and not checked field by field
const isEvent = (row: unknown): row is RawRow =>
  typeof row === 'object' && row !== null && 'seq' in row && 'data' in row && typeof row.data === 'string';

/** Of each event row. */
export function* headsOf(rows: Buffer): Generator<RowHead> {
  for (const line of linesOf(rows)) yield headOf(line);
}

/** The event of an event row. @throws when the line is none */
export function eventOf(line: Buffer): AcceptedEvent {
  const row: unknown = JSON.parse(line.toString());
  if (!isEvent(row)) throw new Error('a row of the journal that is no event');
  return acceptedEvent(row);
}

function* rowsOf(frame: Frame): Generator<{ readonly position: number; readonly line: Buffer }> {
  let position = frame.first;
  for (const line of linesOf(frame.rows)) yield { position: position++, line };
  if (position !== frame.through + 1) throw new Error(`frame ${frame.first} holds other rows than it says`);
}

const QuarantinedRow = z.object({ source: z.string(), id: z.string(), quarantine_id: z.int() });

/** Who waits in the quarantine rows of a frame, and where. */
export function* quarantinedRows(frame: Frame): Generator<z.infer<typeof QuarantinedRow>> {
  if (frame.quarantined === 0) return;
  for (const { line } of rowsOf(frame)) if (!isEventRow(line)) yield QuarantinedRow.parse(JSON.parse(line.toString()));
}

/** The end of an event row's head, before keys and data: a quote within a text is escaped, so it stands nowhere else. */
const STREAM_AND_TIME = /,"stream":"([a-z]+)","time":(\d+),"received_at":/g;
const isStream = (name: string | undefined): name is Stream => STREAMS.some((stream) => stream === name);

/** Moves on to the newest event times of rows, read out of their bytes: parsing each head took as long as journaling it. */
function moveOnWith(newest: Map<Stream, number>, { rows, events, first }: Frame): void {
  let count = 0;
  for (const [, stream, time] of rows.toString('latin1').matchAll(STREAM_AND_TIME)) {
    if (!isStream(stream)) throw new Error(`frame ${first} holds an event of no stream`);
    moveOn(newest, stream, Number(time));
    count++;
  }
  if (count !== events) throw new Error(`frame ${first} holds other rows than it says`);
}

/** @param frames adjoining, in order; rows outside [from..through] are left out */
export function toSlice(frames: readonly LiveFrame[], from: number, through: number): Slice {
  const newest = new Map<Stream, number>();
  const eventRows: Buffer[] = [];
  const quarantineRows: Buffer[] = [];
  for (const { frame, newest: known } of frames) {
    if (frame.quarantined === 0 && frame.first >= from && frame.through <= through) {
      eventRows.push(frame.rows);
      if (known) for (const [stream, time] of known) moveOn(newest, stream, time);
      else moveOnWith(newest, frame);
      continue;
    }
    for (const { position, line } of rowsOf(frame)) {
      if (position < from || position > through) continue;
      if (isEventRow(line)) {
        const { stream, time } = headOf(line);
        moveOn(newest, stream, time);
        eventRows.push(line);
      } else quarantineRows.push(line);
    }
  }
  return {
    from,
    through,
    receivedAt: frames[0]?.frame.receivedAt ?? 0,
    newest,
    eventRows: eventRows.length > 0 ? Buffer.concat(eventRows) : null,
    quarantineRows: quarantineRows.length > 0 ? Buffer.concat(quarantineRows) : null
  };
}
