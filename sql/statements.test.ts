import { expect, test } from 'vitest';
import { splitStatements } from './statements.server.ts';

test('a semicolon in a comment, a string or a quoted name does not end a statement', () => {
  const text = "-- one; two\nSELECT 'a;\\'b', `c;d`, 'it''s;' /* e; */;\nSELECT 2 -- last; one\n";
  expect(splitStatements(text).map(({ sql }) => sql)).toEqual([
    "SELECT 'a;\\'b', `c;d`, 'it''s;' /* e; */",
    'SELECT 2 -- last; one'
  ]);
});

test('a header is the comment directly above its statement, without what stands further up', () => {
  const text =
    '-- the file\n--\n-- in general\n\n-- Purpose: a\n-- Grain: b\nCREATE TABLE a (x UInt8 -- inner\n);\n\n\nSELECT 1;';
  expect(splitStatements(text)).toEqual([
    { header: '-- Purpose: a\n-- Grain: b', sql: 'CREATE TABLE a (x UInt8 -- inner\n)' },
    { header: '', sql: 'SELECT 1' }
  ]);
});

test('comments alone are no statement', () => {
  expect(splitStatements('-- nothing here\n\n;;\n-- nor here')).toEqual([]);
});
