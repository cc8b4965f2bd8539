/**
 * A frame: the rows of one group commit, or a part of them, under one checksum. All of it counts or none.
 *
 * | offset | bytes | |
 * |---|---|---|
 * | 0 | 4 | magic |
 * | 4 | 4 | CRC-32 of everything behind it |
 * | 8 | 4 | bytes of the rows |
 * | 12, 16 | 4, 4 | number of event rows, of quarantine rows |
 * | 20 | 4 | zero |
 * | 24 | 8 | position of the first row; each next row has the next position |
 * | 32 | 8 | the position known to be on disk when this was written: tells a torn tail from lost, acknowledged rows |
 * | 40 | 8 | epoch ms when the first row was received |
 * | 48 | 24 each | identity entries of the event rows, in order (see identity/entry.ts) |
 * | … | | the rows: NDJSON as ClickHouse reads it, each ending in \n |
 */
import { crc32 } from 'node:zlib';
import { ENTRY_BYTES } from '#ingest/identity/entry.ts';

export const FRAME_MAGIC = 0x46_4c_53_50;
export const FRAME_HEADER_BYTES = 48;
const CHECKED_FROM = 8;

export interface Frame {
  readonly first: number;
  /** position of the last row */
  readonly through: number;
  readonly durable: number;
  readonly receivedAt: number;
  readonly events: number;
  readonly quarantined: number;
  /** `events` entries of ENTRY_BYTES */
  readonly entries: Buffer;
  /** NDJSON, events and quarantine rows in order of position */
  readonly rows: Buffer;
  /** of the whole frame on disk */
  readonly bytes: number;
}

/** Rows that are written into their frame without a copy in between. */
export interface FrameRows {
  readonly bytes: number;
  write(into: Buffer, at: number): void;
}

export interface FrameContent {
  readonly first: number;
  readonly durable: number;
  readonly receivedAt: number;
  readonly quarantined: number;
  /** where each event's identity entry stands */
  readonly events: readonly { readonly entries: Buffer; readonly entryAt: number }[];
  readonly rows: FrameRows;
}

export function encodeFrame(content: FrameContent): Buffer {
  const { events, rows } = content;
  const rowsAt = FRAME_HEADER_BYTES + events.length * ENTRY_BYTES;
  const frame = Buffer.allocUnsafe(rowsAt + rows.bytes);
  frame.writeUInt32LE(FRAME_MAGIC, 0);
  frame.writeUInt32LE(rows.bytes, 8);
  frame.writeUInt32LE(events.length, 12);
  frame.writeUInt32LE(content.quarantined, 16);
  frame.writeUInt32LE(0, 20);
  frame.writeBigUInt64LE(BigInt(content.first), 24);
  frame.writeBigUInt64LE(BigInt(content.durable), 32);
  frame.writeBigUInt64LE(BigInt(content.receivedAt), 40);
  let at = FRAME_HEADER_BYTES;
  for (const { entries, entryAt } of events) at += entries.copy(frame, at, entryAt, entryAt + ENTRY_BYTES);
  rows.write(frame, rowsAt);
  frame.writeUInt32LE(crc32(frame.subarray(CHECKED_FROM)), 4);
  return frame;
}

/** The frame at `offset` as its header tells, unchecked: for one that we wrote ourselves just now. Its buffers are views into `bytes`. */
export function viewFrame(bytes: Buffer, offset: number): Frame {
  const rowBytes = bytes.readUInt32LE(offset + 8);
  const events = bytes.readUInt32LE(offset + 12);
  const quarantined = bytes.readUInt32LE(offset + 16);
  const entriesAt = offset + FRAME_HEADER_BYTES;
  const rowsAt = entriesAt + events * ENTRY_BYTES;
  const end = rowsAt + rowBytes;
  const first = Number(bytes.readBigUInt64LE(offset + 24));
  return {
    first,
    through: first + events + quarantined - 1,
    durable: Number(bytes.readBigUInt64LE(offset + 32)),
    receivedAt: Number(bytes.readBigUInt64LE(offset + 40)),
    events,
    quarantined,
    entries: bytes.subarray(entriesAt, rowsAt),
    rows: bytes.subarray(rowsAt, end),
    bytes: end - offset
  };
}

/**
 * @returns the frame at `offset`, its buffers views into `bytes`; `incomplete`: more bytes are needed to tell; `broken`: no frame, or
 * one whose checksum fails
 */
export function decodeFrame(bytes: Buffer, offset: number): Frame | 'incomplete' | 'broken' {
  if (bytes.length - offset < FRAME_HEADER_BYTES) return 'incomplete';
  if (bytes.readUInt32LE(offset) !== FRAME_MAGIC) return 'broken';
  const frame = viewFrame(bytes, offset);
  const end = offset + frame.bytes;
  if (end > bytes.length) return 'incomplete';
  return bytes.readUInt32LE(offset + 4) === crc32(bytes.subarray(offset + CHECKED_FROM, end)) ? frame : 'broken';
}
