/** Frames from disk, for what memory does not hold: after a restart, and behind a long outage. */
import { open } from 'node:fs/promises';
import { decodeFrame, type Frame } from './frame.ts';
import type { Segment } from './recover.ts';
import { SEGMENT_HEADER_BYTES } from './segment.ts';
import type { Limits } from './tail.ts';

/** More than the largest frame (1 MiB of rows and one more row of at most 0.6 MiB, with its entries). */
const CHUNK_BYTES = 8 * 1024 * 1024;

export class DiskReader {
  /** where the next frame in order lies, so that reading on costs no search */
  #cursor = { position: -1, file: '', offset: 0 };

  /**
   * @param segments the journal's, oldest first; only their durable bytes are read
   * @returns whole frames, the first of them holding `from`; at least one unless `from` is beyond the end
   */
  async read(segments: readonly Segment[], from: number, limits: Limits): Promise<Frame[]> {
    const segment = segments.find(({ first, through }) => first <= from && from <= through);
    if (!segment) return [];
    const frames: Frame[] = [];
    let rows = 0;
    let bytes = 0;
    let offset =
      this.#cursor.position === from && this.#cursor.file === segment.file ? this.#cursor.offset : SEGMENT_HEADER_BYTES;
    let base = offset;
    let view = await readChunk(segment, offset);
    for (;;) {
      const frame = decodeFrame(view, offset - base);
      if (frame === 'broken') throw new Error(`${segment.file} cannot be read at byte ${offset}`);
      if (frame === 'incomplete') {
        if (frames.length > 0 || offset >= segment.size) break;
        if (base === offset)
          throw new Error(`${segment.file} holds a frame larger than any we write, at byte ${offset}`);
        base = offset;
        view = await readChunk(segment, offset);
        continue;
      }
      if (frame.through >= from) {
        rows += frame.through - frame.first + 1;
        bytes += frame.bytes;
        if (frames.length > 0 && (rows > limits.rows || bytes > limits.bytes)) break;
        frames.push(frame);
      }
      offset += frame.bytes;
    }
    const last = frames.at(-1);
    if (last) this.#cursor = { position: last.through + 1, file: segment.file, offset };
    return frames;
  }
}

async function readChunk(segment: Segment, offset: number): Promise<Buffer> {
  const chunk = Buffer.allocUnsafe(Math.max(0, Math.min(CHUNK_BYTES, segment.size - offset)));
  const handle = await open(segment.file, 'r');
  try {
    let filled = 0;
    while (filled < chunk.length) {
      const { bytesRead } = await handle.read(chunk, filled, chunk.length - filled, offset + filled);
      if (bytesRead === 0) throw new Error(`${segment.file} is shorter than it was`);
      filled += bytesRead;
    }
  } finally {
    await handle.close();
  }
  return chunk;
}
