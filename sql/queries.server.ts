import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Read once a process: the files are part of the program. */
const loaded = new Map<string, string>();

/**
 * The text of sql/queries/<name>.sql.
 * @throws when there is no such file: a programmer's error, found by the first test that loads it
 */
export function loadQuery(name: string): string {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const sql = readFileSync(join(import.meta.dirname, 'queries', `${name}.sql`), 'utf8');
  loaded.set(name, sql);
  return sql;
}
