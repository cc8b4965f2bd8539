/** A segment: one file of frames behind a versioned header. Named by its first position, so that names sort by age. */
import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { decodeFrame, FRAME_HEADER_BYTES, FRAME_MAGIC, type Frame } from './frame.ts';

const MAGIC = 'PULSOJNL';
export const SEGMENT_VERSION = 1;
export const SEGMENT_HEADER_BYTES = 64;
const CHECKED_BYTES = 40;
const ID_BYTES = 16;

export interface SegmentHeader {
  readonly version: number;
  /** 32 hex digits */
  readonly journalId: string;
  readonly first: number;
}

export const newJournalId = (): string => randomBytes(ID_BYTES).toString('hex');

export const segmentName = (first: number): string => `${String(first).padStart(16, '0')}.journal`;
export const isSegmentName = (name: string): boolean => /^\d{16}\.journal$/.test(name);

export function encodeHeader({ journalId, first }: { readonly journalId: string; readonly first: number }): Buffer {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
  header.write(MAGIC, 0, 'latin1');
  header.writeUInt32LE(SEGMENT_VERSION, 8);
  header.write(journalId, 16, 'hex');
  header.writeBigUInt64LE(BigInt(first), 32);
  header.writeUInt32LE(crc32(header.subarray(0, CHECKED_BYTES)), CHECKED_BYTES);
  return header;
}

/** undefined: no header, or a broken one */
export function decodeHeader(bytes: Buffer): SegmentHeader | undefined {
  if (bytes.length < SEGMENT_HEADER_BYTES || bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined;
  if (bytes.readUInt32LE(CHECKED_BYTES) !== crc32(bytes.subarray(0, CHECKED_BYTES))) return undefined;
  return {
    version: bytes.readUInt32LE(8),
    journalId: bytes.toString('hex', 16, 16 + ID_BYTES),
    first: Number(bytes.readBigUInt64LE(32))
  };
}

export interface Scan {
  /** offset behind the last whole frame */
  readonly end: number;
  /** position of the last whole frame's last row; `first - 1` when there is none */
  readonly through: number;
  /** Behind the end stand frames written when positions beyond `through` were already on disk: acknowledged rows are damaged. */
  readonly isDamaged: boolean;
}

/** Does a whole frame behind `from` know more to be on disk than is readable? */
function provesLoss(bytes: Buffer, from: number, through: number): boolean {
  const magic = Buffer.alloc(4);
  magic.writeUInt32LE(FRAME_MAGIC);
  for (let at = bytes.indexOf(magic, from + 1); at >= 0; at = bytes.indexOf(magic, at + 1)) {
    const frame = decodeFrame(bytes, at);
    if (typeof frame === 'object' && frame.durable > through) return true;
  }
  return false;
}

/**
 * Walks the frames of a segment, in order, up to the first that is torn or broken.
 * @param bytes the whole file, header included
 */
export function scanSegment(
  bytes: Buffer,
  header: SegmentHeader,
  onFrame: (frame: Frame, offset: number) => void
): Scan {
  let end = SEGMENT_HEADER_BYTES;
  let through = header.first - 1;
  while (end + FRAME_HEADER_BYTES <= bytes.length) {
    const frame = decodeFrame(bytes, end);
    if (typeof frame !== 'object' || frame.first !== through + 1) break;
    onFrame(frame, end);
    end += frame.bytes;
    through = frame.through;
  }
  return { end, through, isDamaged: end < bytes.length && provesLoss(bytes, end, through) };
}
