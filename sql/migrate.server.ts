import * as z from 'zod';
import { fail, ok } from '#lib/contracts/result.ts';
import type { Result } from '#lib/contracts/result.ts';
import { createWriter } from './gateway.server.ts';
import type { ClickHouseAddress, ClickHouseFailure, Query, Reader, Writer } from './interface.server.ts';
import { readMigrations } from './migration-files.server.ts';
import type { Migration } from './migration-files.server.ts';

/**
 * `edited`, `missing`: an applied file is no longer what was applied; `slipped_in`: a new file is numbered below an applied one.
 * Each of them would leave two installations with the same version and different tables.
 */
export type MigrateFailure =
  | { readonly kind: 'edited' | 'missing' | 'slipped_in'; readonly retryable: false; readonly message: string }
  | {
      readonly kind: 'clickhouse';
      readonly retryable: boolean;
      readonly message: string;
      readonly cause: ClickHouseFailure;
    };

/** One statement may rewrite a whole table. */
const STATEMENT_TIMEOUT_MS = 60 * 60_000;

const CREATE_RECORD = `
CREATE TABLE IF NOT EXISTS schema_migrations
(
    version    UInt32,
    name       String,
    checksum   FixedString(64),
    applied_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(applied_at)
ORDER BY version`;

const Applied = z.strictObject({ version: z.int(), name: z.string(), checksum: z.string() });
type Applied = z.infer<typeof Applied>;

const APPLIED = {
  name: 'schema_migrations',
  sql: 'SELECT version, name, checksum FROM schema_migrations FINAL ORDER BY version',
  params: z.strictObject({}),
  row: Applied,
  timeoutMs: 10_000
} satisfies Query;

/**
 * Brings a database to the current schema; creates the database where it is missing. Safe to repeat after any crash.
 * @param now epoch ms, for the record
 * @returns the names applied now, in order; empty when it was current
 */
export async function migrate(
  address: ClickHouseAddress,
  { now, directory }: { readonly now: number; readonly directory?: string }
): Promise<Result<string[], MigrateFailure>> {
  const migrations = readMigrations(directory);
  const created = await createDatabase(address);
  if (!created.ok) return created;
  const writer = createWriter(address);
  try {
    return await applyPending(writer, migrations, now);
  } finally {
    await writer.close();
  }
}

/** What a ClickHouse without our tables answers. */
const NO_TABLES: readonly string[] = ['UNKNOWN_TABLE', 'UNKNOWN_DATABASE'];

/**
 * @returns whether exactly the migrations of this build are applied; a failure: ClickHouse does not answer, or refuses for a reason that says
 * nothing of its tables
 */
export async function readSchema(
  reader: Reader,
  directory?: string
): Promise<Result<'current' | 'other', ClickHouseFailure>> {
  const applied = await reader.read(APPLIED, {});
  if (!applied.ok) return NO_TABLES.includes(applied.failure.code) ? ok('other') : applied;
  const identity = ({ version, checksum }: { version: number; checksum: string }): string => `${version}:${checksum}`;
  return ok(
    applied.value.map(identity).join() === readMigrations(directory).map(identity).join() ? 'current' : 'other'
  );
}

/** True when exactly the migrations of this build are applied: what a dashboard or an ingest asks before it trusts the tables. */
export async function schemaIsCurrent(reader: Reader, directory?: string): Promise<boolean> {
  const standing = await readSchema(reader, directory);
  return standing.ok && standing.value === 'current';
}

async function createDatabase(address: ClickHouseAddress): Promise<Result<void, MigrateFailure>> {
  const writer = createWriter({ ...address, database: 'default' });
  try {
    const answer = await writer.command('migrate', 'CREATE DATABASE IF NOT EXISTS {database:Identifier}', {
      params: { database: address.database }
    });
    // a user without that right on a server where the database is already there
    if (answer.ok || answer.failure.code === 'ACCESS_DENIED') return ok(undefined);
    return refusedBy(answer.failure, 'creating the database');
  } finally {
    await writer.close();
  }
}

async function applyPending(
  writer: Writer,
  migrations: readonly Migration[],
  now: number
): Promise<Result<string[], MigrateFailure>> {
  const recorded = await writer.command('migrate', CREATE_RECORD);
  if (!recorded.ok) return refusedBy(recorded.failure, 'creating schema_migrations');
  const applied = await writer.read(APPLIED, {});
  if (!applied.ok) return refusedBy(applied.failure, 'reading schema_migrations');
  const refusal = checkHistory(migrations, applied.value);
  if (refusal !== null) return fail(refusal);

  const names: string[] = [];
  for (const migration of migrations.slice(applied.value.length)) {
    const done = await applyOne(writer, migration, now);
    if (!done.ok) return done;
    names.push(migration.name);
  }
  return ok(names);
}

/** @returns null when `applied` is a beginning of `migrations`, unchanged */
function checkHistory(migrations: readonly Migration[], applied: readonly Applied[]): MigrateFailure | null {
  const newest = applied.at(-1)?.version ?? 0;
  for (const record of applied) {
    const file = migrations.find(({ version }) => version === record.version);
    if (file === undefined) {
      const message = `migration ${record.name} was applied here but its file is gone; was this database made by a newer build?`;
      return { kind: 'missing', retryable: false, message };
    }
    if (file.checksum !== record.checksum) {
      const message = `migration ${file.name} was edited after it was applied here. Restore the file and put the change into a new one.`;
      return { kind: 'edited', retryable: false, message };
    }
  }
  const late = migrations.find(
    ({ version }) => version < newest && !applied.some((record) => record.version === version)
  );
  if (late === undefined) return null;
  const message = `migration ${late.name} is new but numbered below ${newest}, which is already applied. Give it the next number.`;
  return { kind: 'slipped_in', retryable: false, message };
}

async function applyOne(writer: Writer, migration: Migration, now: number): Promise<Result<void, MigrateFailure>> {
  for (const { sql } of migration.statements) {
    const answer = await writer.command(`migrate.${migration.name}`, sql, { timeoutMs: STATEMENT_TIMEOUT_MS });
    if (!answer.ok) return refusedBy(answer.failure, `${migration.name}: ${sql.slice(0, 80)}`);
  }
  const { version, name, checksum } = migration;
  const row = JSON.stringify({ version, name, checksum, applied_at: now });
  const recorded = await writer.insert('schema_migrations', row, { token: `${version}:${checksum}` });
  return recorded.ok ? recorded : refusedBy(recorded.failure, `recording ${name}`);
}

function refusedBy(cause: ClickHouseFailure, doing: string): { readonly ok: false; readonly failure: MigrateFailure } {
  return fail({
    kind: 'clickhouse',
    retryable: cause.retryable,
    message: `${doing}: ${cause.code}: ${cause.message}`,
    cause
  });
}
