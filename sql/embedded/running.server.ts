import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ask } from './ask.server.ts';
import { RunningRecord } from './types.server.ts';

/** A child whose parent was killed closes its tables in about 1 s, 8 s at most. */
const LEAVING_TIMEOUT_MS = 10_000;
const POLL_MS = 50;

const recordFile = (dataDir: string): string => join(dataDir, 'clickhouse.json');

/** The embedded ClickHouse of this DATA_DIR as its last start told; it may be gone. null: none, or it ended cleanly. */
export function readRecord(dataDir: string): RunningRecord | null {
  try {
    return RunningRecord.parse(JSON.parse(readFileSync(recordFile(dataDir), 'utf8')));
  } catch {
    return null;
  }
}

export function writeRecord(dataDir: string, record: RunningRecord): void {
  const file = recordFile(dataDir);
  writeFileSync(`${file}.tmp`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.tmp`, file);
}

/** Only its own: a successor may already have written another. */
export function removeRecord(dataDir: string, pid: number): void {
  if (readRecord(dataDir)?.pid === pid) rmSync(recordFile(dataDir), { force: true });
}

/** The running embedded ClickHouse of this DATA_DIR; null when none answers with its recorded password. */
export async function findRunning(dataDir: string): Promise<RunningRecord | null> {
  const record = readRecord(dataDir);
  if (record === null || !isAlive(record.pid)) return null;
  const answer = await ask(record, 'SELECT 1', { timeoutMs: 2_000 }).catch(() => null);
  return answer?.trim() === '1' ? record : null;
}

/**
 * Two servers on one store would spoil it. Waits for one whose parent died and that is closing its tables.
 * @throws naming the process that has it
 */
export async function refuseIfRunning(dataDir: string): Promise<void> {
  const deadline = performance.now() + LEAVING_TIMEOUT_MS;
  for (;;) {
    const running = await findRunning(dataDir);
    const recorded = readRecord(dataDir);
    // leaving: the port is closed before the tables are
    const isLeaving = recorded !== null && isAlive(recorded.pid) && !isAlive(recorded.parent_pid);
    if (running === null && !isLeaving) return;
    if (running !== null && isAlive(running.parent_pid)) {
      throw new Error(
        `ClickHouse already runs on ${dataDir} (process ${running.pid}, started by ${running.parent_pid}). ` +
          'Stop that one first, or choose another DATA_DIR.'
      );
    }
    if (performance.now() > deadline) return;
    await new Promise((settle) => setTimeout(settle, POLL_MS));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
