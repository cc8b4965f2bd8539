import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { splitStatements } from './statements.server.ts';
import type { Statement } from './statements.server.ts';

export const MIGRATIONS_DIR = join(import.meta.dirname, 'migrations');

export interface Migration {
  readonly version: number;
  /** file name without .sql */
  readonly name: string;
  /** hex sha256 of the text, line ends as \n */
  readonly checksum: string;
  readonly statements: readonly Statement[];
}

const FILE = /^(\d{4})_[a-z0-9_]+\.sql$/;

/** Statements that may run twice: a crash between a statement and its record makes the next start run it again. */
const REPEATABLE = [
  /^CREATE (?:TABLE|MATERIALIZED VIEW|VIEW|DICTIONARY|FUNCTION) IF NOT EXISTS /,
  /^DROP (?:TABLE|VIEW|DICTIONARY|FUNCTION) IF EXISTS /,
  /^ALTER TABLE \S+\s+(?:ADD (?:COLUMN|INDEX|PROJECTION) IF NOT EXISTS |DROP (?:COLUMN|INDEX|PROJECTION) IF EXISTS |MODIFY )/
];

/**
 * The migrations of a folder in order of version.
 * @throws on a file that is no migration, a version given twice, or a statement that must not run twice: mistakes to find by test
 */
export function readMigrations(directory: string = MIGRATIONS_DIR): Migration[] {
  const migrations: Migration[] = [];
  for (const file of readdirSync(directory).toSorted()) {
    const version = FILE.exec(file)?.[1];
    if (version === undefined) throw new Error(`${file} is not named like a migration (0001_create_something.sql)`);
    const text = readFileSync(join(directory, file), 'utf8').replaceAll('\r\n', '\n');
    const statements = splitStatements(text);
    for (const { sql } of statements) {
      if (!REPEATABLE.some((pattern) => pattern.test(sql))) {
        throw new Error(`${file}: this statement may not run twice (IF NOT EXISTS, IF EXISTS): ${sql.slice(0, 60)}`);
      }
    }
    migrations.push({
      version: Number(version),
      name: file.slice(0, -'.sql'.length),
      checksum: createHash('sha256').update(text).digest('hex'),
      statements
    });
  }
  const twice = migrations.find(({ version }, index) => version === migrations[index - 1]?.version);
  if (twice !== undefined) throw new Error(`two migrations have the version of ${twice.name}`);
  return migrations;
}
