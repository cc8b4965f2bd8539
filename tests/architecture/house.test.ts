import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** Rules that neither the linter nor the dependency checker can see. A rule without a test is a wish. */

const tracked = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8'
})
  .split('\0')
  .filter((path) => /^(src|ingest|sql|tests)\/.*\.(ts|svelte|sql|js)$/.test(path) && !path.endsWith('house.test.ts'));
const text = (path: string): string => readFileSync(path, 'utf8');

/** How often each way out of a rule is taken. It may only go down; it is at 0 and stays there. */
const ratchet: Readonly<Record<string, RegExp>> = {
  'eslint-disable': /eslint-disable/,
  '@ts-': /@ts-(ignore|expect-error|nocheck)/,
  TODO: /\b(TODO|FIXME|XXX)\b/,
  'focused or skipped test': /\b(it|test|describe)\.(only|todo)\b/
};

test.each(Object.entries(ratchet))('the ratchet of %s stands at 0', (_name, pattern) => {
  expect(tracked.filter((path) => pattern.test(text(path)))).toEqual([]);
});

test('the top level holds what the user laid out and standard tool files', () => {
  const folders = new Set(
    execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
      .split('\0')
      .filter((path) => path.includes('/'))
      .map((path) => path.slice(0, path.indexOf('/')))
      .filter((folder) => !folder.startsWith('.'))
  );
  expect([...folders].toSorted()).toEqual(['ingest', 'sql', 'src', 'static', 'tests']);
});

test('file names are kebab-case, components PascalCase, SQL snake_case', () => {
  const wrong = tracked.filter((path) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (path.startsWith('src/routes/') && name.startsWith('+')) return false;
    if (name.endsWith('.svelte')) return !/^[A-Z][A-Za-z0-9]*\.svelte$/.test(name);
    if (name.endsWith('.sql')) return !/^[a-z0-9]+(_[a-z0-9]+)*\.sql$/.test(name);
    return !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*\.(ts|js)$/.test(name);
  });
  expect(wrong).toEqual([]);
});

test('plain TypeScript under sql/ and src/lib/server/ cannot leak into the browser: it ends .server.ts', () => {
  const plain = tracked.filter(
    (path) => /^(sql|src\/lib\/server)\/.*\.ts$/.test(path) && !/\.(server|test|fixture)\.ts$/.test(path)
  );
  expect(plain).toEqual([]);
});

test('every query file says which question it answers, and asks one', () => {
  const queries = tracked.filter((path) => path.startsWith('sql/queries/'));
  expect(queries.length).toBeGreaterThan(0);
  expect(queries.filter((path) => !/^-- Question: .+\?/m.test(text(path)))).toEqual([]);
  const statements = (sql: string): number =>
    sql
      .replace(/--.*$/gm, '')
      .replace(/'[^']*'/g, '')
      .split(';')
      .filter((part) => part.trim() !== '').length;
  expect(queries.filter((path) => statements(text(path)) !== 1)).toEqual([]);
  expect(queries.filter((path) => /SELECT\s+\*/i.test(text(path)))).toEqual([]);
});

test('no test names the folder of this machine or a registry', () => {
  const lock = text('package-lock.json');
  expect(lock.match(/"resolved": "(?!https:\/\/registry\.npmjs\.org\/)/g) ?? []).toEqual([]);
});

test('.env.example names every setting the processes read, and no other', () => {
  const named = [...text('.env.example').matchAll(/^#?([A-Z][A-Z_]+)=/gm)].map(([, name]) => name ?? '');
  const read = tracked
    .filter((path) => path.endsWith('env.server.ts'))
    .flatMap((path) => [...text(path).matchAll(/^\s+([A-Z][A-Z_]+):/gm)].map(([, name]) => name ?? ''));
  expect([...new Set(named)].toSorted()).toEqual([...new Set(read)].toSorted());
});
