/**
 * What is remembered of an accepted event: 16 bytes of SHA-256 of `source NUL id` (the same expression as events_raw_v1.identity)
 * and its content hash as a little-endian 64-bit integer. Entries lie side by side in one buffer.
 */
import { hash } from 'node:crypto';

export const IDENTITY_BYTES = 16;
export const ENTRY_BYTES = 24;

/** @param content see contentHash; 0 when the content cannot be compared */
export function writeEntry(
  buffer: Buffer,
  offset: number,
  entry: { readonly source: string; readonly id: string; readonly content: number }
): void {
  const digest = hash('sha256', `${entry.source}\0${entry.id}`, 'binary');
  for (let i = 0; i < IDENTITY_BYTES; i++) buffer[offset + i] = digest.charCodeAt(i);
  writeContent(buffer, offset, entry.content);
}

export function writeContent(buffer: Buffer, offset: number, content: number): void {
  buffer.writeUInt32LE(content % 0x1_0000_0000, offset + IDENTITY_BYTES);
  buffer.writeUInt32LE(Math.floor(content / 0x1_0000_0000), offset + IDENTITY_BYTES + 4);
}

export const contentOf = (buffer: Buffer, offset: number): number =>
  buffer.readUInt32LE(offset + IDENTITY_BYTES) + buffer.readUInt32LE(offset + IDENTITY_BYTES + 4) * 0x1_0000_0000;
