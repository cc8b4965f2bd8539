/** Whether the disk takes a write again, asked by one: free bytes tell nothing of a quota, nor of what is kept for root. */
import { randomBytes } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** As much as a frame has: a disk with less left would refuse the next ones. Not zeros, which some disks store as nothing. */
const PROBE_BYTES = 1024 * 1024;
/** Anyone may ask: so often it is written at most. */
const ASK_EVERY_MS = 1_000;

async function takesWrite(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'w', 0o600);
    try {
      await handle.writeFile(randomBytes(PROBE_BYTES));
      await handle.datasync();
    } finally {
      await handle.close();
    }
    return true;
  } catch {
    return false;
  } finally {
    await rm(file, { force: true }).catch(() => undefined);
  }
}

/**
 * @param dir of the journal
 * @param now ms of a clock that is never set
 */
export function probeRoom(dir: string, now: () => number): () => Promise<boolean> {
  const file = join(dir, 'room.probe');
  let askedAt = Number.NEGATIVE_INFINITY;
  let answer = Promise.resolve(false);
  return () => {
    if (now() - askedAt >= ASK_EVERY_MS) {
      askedAt = now();
      // one after the other: they share the file
      answer = answer.then(() => takesWrite(file));
    }
    return answer;
  };
}
