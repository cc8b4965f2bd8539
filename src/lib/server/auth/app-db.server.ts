/**
 * The app database: what people configure (users, sessions, read tokens). SQLite by libsql, one file, write-ahead
 * log, so that the admin commands may write while the dashboard runs.
 */
import Database from 'libsql';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MIGRATIONS } from './app-db-migrations.server.ts';

export type AppDb = Database.Database;

/** How long a writer waits for another process's transaction. */
const BUSY_TIMEOUT_MS = 5_000;

export interface AppDbPlace {
  readonly dataDir: string;
  /** `file:` URL or path; left out: `app.sqlite` in `dataDir` */
  readonly appDbUrl?: string | undefined;
}

/**
 * @returns the absolute path of the database file
 * @throws Error for URLs of remote databases: sessions are read on every request and must be local
 */
export function appDbPath({ dataDir, appDbUrl }: AppDbPlace): string {
  if (appDbUrl === undefined || appDbUrl === '') return resolve(join(dataDir, 'app.sqlite'));
  if (appDbUrl.startsWith('file://')) return fileURLToPath(appDbUrl);
  if (appDbUrl.startsWith('file:')) return resolve(appDbUrl.slice('file:'.length));
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(appDbUrl)) {
    throw new Error(`APP_DB_URL must be a file: URL or a path, got ${new URL(appDbUrl).protocol}//…`);
  }
  return resolve(appDbUrl);
}

/**
 * Opens the file (made with mode 0600 when missing) and brings its schema up to date.
 * @throws Error when the file was written by a newer version
 */
export function openAppDb(path: string): AppDb {
  mkdirSync(dirname(path), { recursive: true });
  // SQLite gives its -wal and -shm files the mode of the main file: create it before SQLite does
  closeSync(openSync(path, 'a', 0o600));
  const db = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    db.exec('PRAGMA journal_mode = WAL');
    db.exec('PRAGMA synchronous = NORMAL');
    db.exec('PRAGMA foreign_keys = ON');
    migrate(db, path);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function migrate(db: AppDb, path: string): void {
  if (schemaVersion(db) === MIGRATIONS.length) return;
  // the version is read again under the write lock: the server and an admin command may start together
  immediately(db, () => {
    const version = schemaVersion(db);
    if (version > MIGRATIONS.length) {
      throw new Error(
        `${path} has schema version ${version}, this version of Pulso knows ${MIGRATIONS.length}: update Pulso`
      );
    }
    for (const statement of MIGRATIONS.slice(version)) db.exec(statement);
    db.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
  });
}

function schemaVersion(db: AppDb): number {
  const [version] = db.prepare('PRAGMA user_version').raw().all();
  return Number(Array.isArray(version) ? version[0] : version);
}

/** Runs `work` in one transaction that holds the write lock from its start; rolled back when it throws. */
export function immediately<T>(db: AppDb, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const value = work();
    db.exec('COMMIT');
    return value;
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
}
