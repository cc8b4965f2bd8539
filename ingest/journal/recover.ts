/** What a journal's folder holds after any kind of end. Torn tails are cut; acknowledged rows that cannot be read stop the start. */
import { open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Frame } from './frame.ts';
import { decodeHeader, isSegmentName, scanSegment, SEGMENT_HEADER_BYTES, SEGMENT_VERSION } from './segment.ts';
import { syncDirectory } from './state.ts';

export interface Segment {
  readonly file: string;
  readonly first: number;
  /** position of the last row; first − 1: none */
  through: number;
  /** bytes known to be on disk */
  size: number;
}

export interface Recovered {
  /** oldest first */
  readonly segments: Segment[];
  /** bytes cut from a torn tail: a group that was never acknowledged */
  readonly tornBytes: number;
}

async function cutTo(file: string, size: number): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.truncate(size);
    // also makes durable what only the page cache of a killed process held
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function readSegment(
  file: string,
  at: { readonly journalId: string; readonly isLast: boolean },
  onFrame: (frame: Frame) => void
): Promise<{ readonly segment: Segment; readonly torn: number } | null> {
  const bytes = await readFile(file);
  const header = decodeHeader(bytes);
  if (!header) {
    // a crash between creating the file and its header; nothing can have been acknowledged from it
    if (at.isLast && bytes.length <= SEGMENT_HEADER_BYTES) return null;
    throw new Error(`${file} has no readable header`);
  }
  if (header.version !== SEGMENT_VERSION)
    throw new Error(`${file} is of version ${header.version}, this program reads ${SEGMENT_VERSION}`);
  if (header.journalId !== at.journalId) throw new Error(`${file} belongs to another journal than its state.json`);
  const { end, through, isDamaged } = scanSegment(bytes, header, onFrame);
  if (isDamaged || (!at.isLast && end < bytes.length)) {
    throw new Error(
      `${file} is damaged behind position ${through}: acknowledged events cannot be read; restore the file from a copy`
    );
  }
  if (at.isLast) await cutTo(file, end);
  return { segment: { file, first: header.first, through, size: end }, torn: bytes.length - end };
}

/**
 * @param onFrame called for each whole frame, oldest first; its buffers are only valid during the call
 * @throws when rows that were acknowledged cannot be read, or files do not belong together
 */
export async function recover(dir: string, journalId: string, onFrame: (frame: Frame) => void): Promise<Recovered> {
  const names = (await readdir(dir)).filter(isSegmentName).sort();
  const segments: Segment[] = [];
  let tornBytes = 0;
  for (const [index, name] of names.entries()) {
    const file = join(dir, name);
    const isLast = index === names.length - 1;
    const read = await readSegment(file, { journalId, isLast }, onFrame);
    if (!read) {
      await rm(file);
      await syncDirectory(dir);
      continue;
    }
    const before = segments.at(-1);
    if (before && read.segment.first !== before.through + 1) {
      throw new Error(`a segment is missing between ${before.file} and ${file}`);
    }
    segments.push(read.segment);
    tornBytes += read.torn;
  }
  return { segments, tornBytes };
}
