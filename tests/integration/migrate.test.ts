import { appendFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
import { dumpSchema } from '#sql/dump-schema.server.ts';
import type { Query, Reader } from '#sql/interface.server.ts';
import { migrate, schemaIsCurrent } from '#sql/migrate.server.ts';
import { MIGRATIONS_DIR, readMigrations } from '#sql/migration-files.server.ts';
import { startTestClickHouse } from '../support/clickhouse.ts';
import type { TestClickHouse } from '../support/clickhouse.ts';

const now = Date.UTC(2026, 10, 24);
let keepAlive: TestClickHouse;
let clickhouse: TestClickHouse;
let directory: string;

beforeAll(async () => {
  keepAlive = await startTestClickHouse({ migrated: false });
});
afterAll(() => keepAlive.stop());
beforeEach(async () => {
  clickhouse = await startTestClickHouse({ migrated: false });
  directory = mkdtempSync(join(tmpdir(), 'pulso-migrations-'));
  cpSync(MIGRATIONS_DIR, directory, { recursive: true });
});
afterEach(async () => {
  rmSync(directory, { recursive: true });
  await clickhouse.stop();
});

const names = readMigrations().map(({ name }) => name);

async function tables(reader: Reader): Promise<string[]> {
  const query = {
    name: 'tables',
    sql: 'SELECT name FROM system.tables WHERE database = currentDatabase() ORDER BY name',
    params: z.strictObject({}),
    row: z.strictObject({ name: z.string() }),
    timeoutMs: 5_000
  } satisfies Query;
  const answer = await reader.read(query, {});
  if (!answer.ok) throw new Error(answer.failure.message);
  return answer.value.map(({ name }) => name);
}

test('a database that is not there is created and brought to the current schema; a second run changes nothing', async () => {
  expect(await schemaIsCurrent(clickhouse.reader)).toBe(false);
  expect(await migrate(clickhouse.address, { now })).toEqual({ ok: true, value: names });
  expect(await schemaIsCurrent(clickhouse.reader)).toBe(true);
  const before = await tables(clickhouse.reader);
  expect(before).toContain('events_raw_v1');
  expect(await migrate(clickhouse.address, { now })).toEqual({ ok: true, value: [] });
  expect(await tables(clickhouse.reader)).toEqual(before);
});

test('an applied migration that was edited is refused by name, and the schema is not current', async () => {
  await migrate(clickhouse.address, { now, directory });
  appendFileSync(join(directory, `${names[0]}.sql`), '\n-- a harmless remark\n');
  const answer = await migrate(clickhouse.address, { now, directory });
  expect(answer).toMatchObject({ ok: false, failure: { kind: 'edited', retryable: false } });
  expect(answer.ok ? '' : answer.failure.message).toContain(names[0]);
  expect(await schemaIsCurrent(clickhouse.reader, directory)).toBe(false);
});

test('an applied migration whose file is gone is refused', async () => {
  await migrate(clickhouse.address, { now, directory });
  rmSync(join(directory, `${names.at(-1)}.sql`));
  expect(await migrate(clickhouse.address, { now, directory })).toMatchObject({
    ok: false,
    failure: { kind: 'missing' }
  });
});

test('a new migration numbered below an applied one is refused and not run', async () => {
  await migrate(clickhouse.address, { now, directory });
  writeFileSync(
    join(directory, '0000_create_late.sql'),
    'CREATE TABLE IF NOT EXISTS late_v1 (x UInt8) ENGINE = Memory;'
  );
  expect(await migrate(clickhouse.address, { now, directory })).toMatchObject({
    ok: false,
    failure: { kind: 'slipped_in' }
  });
  expect(await tables(clickhouse.reader)).not.toContain('late_v1');
});

test('a migration broken off after any of its statements is completed by the next run', async () => {
  const text =
    'CREATE TABLE IF NOT EXISTS a_v1 (x UInt8) ENGINE = Memory;\nCREATE TABLE IF NOT EXISTS b_v1 (x UInt8) ENGINE = Nonsense;\n';
  writeFileSync(join(directory, '9000_create_ab.sql'), text);
  expect(await migrate(clickhouse.address, { now, directory })).toMatchObject({
    ok: false,
    failure: { kind: 'clickhouse', retryable: false, cause: { code: 'UNKNOWN_STORAGE' } }
  });
  expect(await tables(clickhouse.reader)).toContain('a_v1');
  writeFileSync(join(directory, '9000_create_ab.sql'), text.replace('Nonsense', 'Memory'));
  expect(await migrate(clickhouse.address, { now, directory })).toEqual({ ok: true, value: ['9000_create_ab'] });
  expect(await tables(clickhouse.reader)).toContain('b_v1');
});

test('two runs at once end with each migration recorded and the schema current', async () => {
  const both = await Promise.all([migrate(clickhouse.address, { now }), migrate(clickhouse.address, { now })]);
  expect(both.map(({ ok }) => ok)).toEqual([true, true]);
  expect(await schemaIsCurrent(clickhouse.reader)).toBe(true);
});

test('a statement that must not run twice is refused before anything is sent', () => {
  writeFileSync(join(directory, '9000_create_c.sql'), 'CREATE TABLE c_v1 (x UInt8) ENGINE = Memory;');
  expect(() => readMigrations(directory)).toThrow('may not run twice');
});

test('line ends of another system are no edit', async () => {
  await migrate(clickhouse.address, { now, directory });
  const file = join(directory, `${names[0]}.sql`);
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('\n', '\r\n'));
  expect(await migrate(clickhouse.address, { now, directory })).toEqual({ ok: true, value: [] });
});

test('sql/schema shows exactly what the migrations make (else: npm run db:dump)', async () => {
  await migrate(clickhouse.address, { now });
  const dumped = await dumpSchema(clickhouse.reader);
  if (!dumped.ok) throw new Error(dumped.failure.message);
  const kept = join(MIGRATIONS_DIR, '..', 'schema');
  const onDisk = new Map(readdirSync(kept).map((file) => [file, readFileSync(join(kept, file), 'utf8')]));
  expect(Object.fromEntries(onDisk)).toEqual(Object.fromEntries(dumped.value));
});
