import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { LIBRARY_VERSION, libraryPackage } from './library.server.ts';

test.each([
  ['linux', 'x64', true, '@chdb/lib-linux-x64-gnu'],
  ['linux', 'arm64', true, '@chdb/lib-linux-arm64-gnu'],
  ['darwin', 'arm64', false, '@chdb/lib-darwin-arm64'],
  ['darwin', 'x64', false, '@chdb/lib-darwin-x64']
])('%s %s has an embedded ClickHouse', (os, arch, glibc, name) => {
  expect(libraryPackage({ os, arch, glibc })).toBe(name);
});

test.each([
  ['linux', 'x64', false],
  ['linux', 'ia32', true],
  ['win32', 'x64', false],
  ['freebsd', 'x64', false]
])('%s %s (glibc: %s) has none and is not guessed at', (os, arch, glibc) => {
  expect(libraryPackage({ os, arch, glibc })).toBeNull();
});

test('what is fetched for other platforms is the version that is locked for this one', () => {
  const Package = z.object({ optionalDependencies: z.record(z.string(), z.string()) });
  const { optionalDependencies } = Package.parse(JSON.parse(readFileSync('package.json', 'utf8')));
  expect(Object.values(optionalDependencies)).toEqual([LIBRARY_VERSION]);
});
