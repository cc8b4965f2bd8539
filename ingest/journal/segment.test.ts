import { expect, test } from 'vitest';
import { ENTRY_BYTES } from '#ingest/identity/entry.ts';
import { frameOf } from './frame.fixture.ts';
import { decodeFrame } from './frame.ts';
import { decodeHeader, encodeHeader, newJournalId, scanSegment, SEGMENT_HEADER_BYTES } from './segment.ts';

const journalId = newJournalId();
const header = { version: 1, journalId, first: 1 };
const frame = (first: number, durable: number, rows = 2): Buffer =>
  frameOf({
    first,
    durable,
    receivedAt: 5,
    quarantined: 0,
    entries: Array.from({ length: rows }, (_, i) => Buffer.alloc(ENTRY_BYTES, i + first)),
    rows: Array.from({ length: rows }, (_, i) => `{"seq":${first + i},"x":"é"}\n`).join('')
  });
const segment = (...frames: Buffer[]): Buffer => Buffer.concat([encodeHeader(header), ...frames]);
const positions = (bytes: Buffer): number[] => {
  const found: number[] = [];
  scanSegment(bytes, header, ({ first }) => found.push(first));
  return found;
};

test('header and frame come back as written', () => {
  expect(decodeHeader(encodeHeader(header))).toEqual(header);
  const decoded = decodeFrame(frame(3, 2), 0);
  expect(decoded).toMatchObject({ first: 3, through: 4, durable: 2, receivedAt: 5, events: 2, quarantined: 0 });
  expect(typeof decoded === 'object' && decoded.rows.toString()).toBe('{"seq":3,"x":"é"}\n{"seq":4,"x":"é"}\n');
});

test('a tail torn at any byte leaves exactly the whole frames before it', () => {
  const whole = segment(frame(1, 0), frame(3, 2), frame(5, 4));
  const borders = [SEGMENT_HEADER_BYTES, SEGMENT_HEADER_BYTES + frame(1, 0).length];
  borders.push((borders[1] ?? 0) + frame(3, 2).length);
  for (let length = SEGMENT_HEADER_BYTES; length < whole.length; length++) {
    const torn = whole.subarray(0, length);
    const kept = borders.filter((border) => border <= length);
    const scan = scanSegment(torn, header, () => {});
    expect(scan).toEqual({ end: kept.at(-1), through: (kept.length - 1) * 2, isDamaged: false });
  }
});

test('any flipped bit is found', () => {
  const whole = segment(frame(1, 0), frame(3, 2));
  for (let at = SEGMENT_HEADER_BYTES; at < SEGMENT_HEADER_BYTES + frame(1, 0).length; at++) {
    const flipped = Buffer.from(whole);
    flipped[at] = (flipped[at] ?? 0) ^ 1;
    expect(positions(flipped)).toEqual([]);
  }
});

test('a hole in the last, unacknowledged group is a torn tail; a hole in what was acknowledged is damage', () => {
  const hole = Buffer.alloc(frame(3, 2).length);
  expect(scanSegment(segment(frame(1, 0), hole, frame(5, 2)), header, () => {})).toMatchObject({
    through: 2,
    isDamaged: false
  });
  expect(scanSegment(segment(frame(1, 0), hole, frame(5, 4)), header, () => {})).toMatchObject({
    through: 2,
    isDamaged: true
  });
});

test('a frame out of line is not read: positions never jump', () => {
  expect(positions(segment(frame(1, 0), frame(7, 2)))).toEqual([1]);
});
