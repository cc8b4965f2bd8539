/** The only writer of segment files. A write counts when it is synced; one that fails is cut off again. */
import { constants } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Segment } from './recover.ts';
import { encodeHeader, SEGMENT_HEADER_BYTES, segmentName } from './segment.ts';
import { syncDirectory } from './state.ts';

const { O_RDWR, O_WRONLY, O_CREAT, O_EXCL, O_DSYNC } = constants;
/**
 * On Linux a write is also its sync: one call to wait for instead of two, each of which stands behind other work on a busy machine.
 * Elsewhere the flag promises less than fdatasync (macOS: not the disk's own cache).
 */
const SYNCS_ITSELF = process.platform === 'linux';
const SYNCED = SYNCS_ITSELF ? O_DSYNC : 0;

/** Whether a write failed because the disk, a quota or a file's size is at its end. */
export const isNoSpace = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'ENOSPC' || error.code === 'EDQUOT' || error.code === 'EFBIG');

export class SegmentWriter {
  readonly #dir: string;
  readonly #journalId: string;
  #handle: FileHandle | null = null;
  #segment: Segment | null = null;

  constructor(dir: string, journalId: string) {
    this.#dir = dir;
    this.#journalId = journalId;
  }

  /** Goes on in a segment of an earlier run. */
  async resume(segment: Segment): Promise<void> {
    this.#handle = await open(segment.file, O_RDWR | SYNCED);
    this.#segment = segment;
  }

  get segment(): Segment | null {
    return this.#segment;
  }

  /** Begins a new file at `first`; the old one stays in use when that fails. */
  async roll(first: number): Promise<Segment> {
    const file = join(this.#dir, segmentName(first));
    const handle = await open(file, O_WRONLY | O_CREAT | O_EXCL | SYNCED, 0o600);
    try {
      await writeAll(handle, encodeHeader({ journalId: this.#journalId, first }), 0);
      await handle.sync();
      // the name must be as durable as what will stand in the file
      await syncDirectory(this.#dir);
    } catch (error) {
      await handle.close();
      await rm(file, { force: true });
      throw error;
    }
    await this.#handle?.close();
    this.#handle = handle;
    this.#segment = { file, first, through: first - 1, size: SEGMENT_HEADER_BYTES };
    return this.#segment;
  }

  /** Appends and syncs. @throws when any of it is not surely on disk; then call {@link cut} */
  async write(bytes: Buffer, through: number): Promise<void> {
    const { handle, segment } = this.#current();
    await writeAll(handle, bytes, segment.size);
    if (!SYNCS_ITSELF) await handle.datasync();
    segment.size += bytes.length;
    segment.through = through;
  }

  /** Takes back what a failed write may have left. @throws when the disk refuses that too: what it holds is then unknown */
  async cut(): Promise<void> {
    const { handle, segment } = this.#current();
    await handle.truncate(segment.size);
    await handle.sync();
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = null;
  }

  #current(): { handle: FileHandle; segment: Segment } {
    if (!this.#handle || !this.#segment) throw new Error('no segment is open');
    return { handle: this.#handle, segment: this.#segment };
  }
}

async function writeAll(handle: FileHandle, bytes: Buffer, at: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, at + written);
    written += bytesWritten;
  }
}
