/** What a journal's folder holds, read without changing anything: also while the service writes it. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeHeader, isSegmentName, scanSegment, SEGMENT_HEADER_BYTES, SEGMENT_VERSION } from './segment.ts';
import { readState, type JournalState } from './state.ts';

/**
 * `whole`: every byte is part of a sound frame. `open_tail`: the newest segment ends in an unfinished frame, being written now or left
 * by a crash; nothing of it was acknowledged, and a start cuts it off. `damaged`: acknowledged rows cannot be read.
 */
export type SegmentHealth = 'whole' | 'open_tail' | 'damaged';

export interface SegmentReport {
  readonly file: string;
  readonly health: SegmentHealth;
  /** what is wrong, and what helps; '' when nothing is */
  readonly fault: string;
  /** position of the first row and of the last readable one; null: no readable header */
  readonly first: number | null;
  readonly through: number | null;
  readonly frames: number;
  readonly events: number;
  readonly quarantined: number;
  readonly bytes: number;
  /** behind the last sound frame */
  readonly tail_bytes: number;
}
export interface JournalReport {
  readonly dir: string;
  readonly state: JournalState | null;
  readonly segments: readonly SegmentReport[];
  /** newest readable position; null: no segment holds one */
  readonly newest: number | null;
  /** rows that are on disk here and not yet in every figure */
  readonly waiting: number;
  readonly faults: readonly string[];
}

function report(
  file: string,
  bytes: Buffer,
  { isLast, journalId }: { isLast: boolean; journalId: string | null }
): SegmentReport {
  const none = { file, first: null, through: null, frames: 0, events: 0, quarantined: 0, bytes: bytes.length };
  const header = decodeHeader(bytes);
  if (!header) {
    const isYoung = isLast && bytes.length <= SEGMENT_HEADER_BYTES;
    return {
      ...none,
      health: isYoung ? 'open_tail' : 'damaged',
      fault: isYoung ? '' : 'the header cannot be read: restore the file from a copy',
      tail_bytes: bytes.length
    };
  }
  const counts = { frames: 0, events: 0, quarantined: 0 };
  const { end, through, isDamaged } = scanSegment(bytes, header, (frame) => {
    counts.frames++;
    counts.events += frame.events;
    counts.quarantined += frame.quarantined;
  });
  const tail = bytes.length - end;
  const faults = [
    ...(header.version === SEGMENT_VERSION ? [] : [`version ${header.version}, this program reads ${SEGMENT_VERSION}`]),
    ...(journalId === null || header.journalId === journalId ? [] : ['belongs to another journal than state.json']),
    ...(isDamaged || (tail > 0 && !isLast)
      ? [`damaged behind position ${through}: restore the file from a copy, or the events behind it are lost`]
      : [])
  ];
  const health = faults.length > 0 ? 'damaged' : tail > 0 ? 'open_tail' : 'whole';
  return { ...none, ...counts, health, fault: faults.join('; '), first: header.first, through, tail_bytes: tail };
}

/** @param dir the journal's folder. @throws when state.json is there and unreadable */
export async function inspectJournal(dir: string): Promise<JournalReport> {
  const state = await readState(dir);
  const names = (await readdir(dir)).filter(isSegmentName).sort();
  const segments: SegmentReport[] = [];
  for (const [index, name] of names.entries()) {
    // one at a time: a segment is up to 64 MiB
    const bytes = await readFile(join(dir, name)).catch(() => null);
    // shipped and removed since the folder was listed
    if (bytes === null) continue;
    segments.push(report(name, bytes, { isLast: index === names.length - 1, journalId: state?.journal_id ?? null }));
  }
  // what the service has removed since the folder was listed is safe in ClickHouse
  const safe = (await readState(dir))?.synced ?? 0;
  const gaps = segments.flatMap(({ file, first }, index) => {
    const before = segments[index - 1];
    return before && before.through !== null && first !== null && first !== before.through + 1 && first - 1 > safe
      ? [`${file}: positions ${before.through + 1} to ${first - 1} are in no segment`]
      : [];
  });
  const newest =
    segments.findLast(({ through, first }) => through !== null && first !== null && through >= first)?.through ?? null;
  const oldest = segments[0]?.first ?? null;
  const missing =
    state !== null && oldest !== null && oldest > state.shipped + 1
      ? [`positions ${state.shipped + 1} to ${oldest - 1} were not shipped and are in no segment`]
      : [];
  return {
    dir,
    state,
    segments,
    newest,
    waiting: Math.max(0, (newest ?? 0) - (state?.shipped ?? 0)),
    faults: [...segments.flatMap(({ file, fault }) => (fault === '' ? [] : [`${file}: ${fault}`])), ...gaps, ...missing]
  };
}
