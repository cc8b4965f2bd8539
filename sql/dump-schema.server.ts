import * as z from 'zod';
import type { ClickHouseFailure, Query, Reader } from './interface.server.ts';
import { readMigrations } from './migration-files.server.ts';
import { fail, ok } from '#lib/contracts/result.ts';
import type { Result } from '#lib/contracts/result.ts';

const OBJECTS = {
  name: 'schema_objects',
  sql: `
    SELECT name, currentDatabase() AS own_database, formatQuery(create_table_query) AS sql
    FROM system.tables
    WHERE database = currentDatabase() AND name != 'schema_migrations'
    ORDER BY name`,
  params: z.strictObject({}),
  row: z.strictObject({ name: z.string(), own_database: z.string(), sql: z.string() }),
  timeoutMs: 10_000
} satisfies Query;

const CREATED = /^CREATE (?:TABLE|MATERIALIZED VIEW|VIEW|DICTIONARY) IF NOT EXISTS (\w+)/;

/**
 * The current shape of every object, with the header its migration gave it.
 * @returns file name → text, for sql/schema
 */
export async function dumpSchema(reader: Reader): Promise<Result<Map<string, string>, ClickHouseFailure>> {
  const objects = await reader.read(OBJECTS, {});
  if (!objects.ok) return fail(objects.failure);
  const headers = headersByObject();
  const files = new Map<string, string>();
  for (const { name, own_database, sql } of objects.value) {
    const header = headers.get(name);
    const above = [
      '-- Dumped by npm run db:dump: change it by a migration.',
      ...(header === undefined ? [] : ['--', header])
    ];
    files.set(`${name}.sql`, `${[...above, sql.replaceAll(`${own_database}.`, '')].join('\n')};\n`);
  }
  return ok(files);
}

function headersByObject(): Map<string, string> {
  const headers = new Map<string, string>();
  for (const { header, sql } of readMigrations().flatMap(({ statements }) => statements)) {
    const name = CREATED.exec(sql)?.[1];
    if (name !== undefined && header !== '') headers.set(name, header);
  }
  return headers;
}
