import Database from 'libsql';
import { join } from 'node:path';

/** Held until released or until the process dies, however it dies: the kernel frees SQLite's file lock. */
export interface JournalLock {
  release(): void;
}

/**
 * One writer per journal.
 * @throws when another process has it
 */
export function lockJournal(dir: string): JournalLock {
  const database = new Database(join(dir, 'lock.sqlite'));
  try {
    database.pragma('busy_timeout = 2000');
    database.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    throw new Error(`another process writes the journal in ${dir}: stop it first, or choose another DATA_DIR`, {
      cause
    });
  }
  return {
    release() {
      // close alone leaves the transaction, and with it the lock, to the garbage collector
      database.exec('ROLLBACK');
      database.close();
    }
  };
}
