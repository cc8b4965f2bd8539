import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type * as z from 'zod';
import * as cash from './cash.server.ts';
import * as events from './events.server.ts';
import * as receivables from './receivables.server.ts';
import * as sales from './sales.server.ts';
import * as stock from './stock.server.ts';

interface Question {
  readonly name: string;
  readonly sql: string;
  readonly params: z.ZodObject;
  readonly row: z.ZodObject;
}
const isQuestion = (value: unknown): value is Question => typeof value === 'object' && value !== null && 'sql' in value;
const questions = [cash, events, receivables, sales, stock]
  .flatMap((module): unknown[] => Object.values(module))
  .filter(isQuestion);

const withoutComments = (sql: string): string => sql.replace(/--.*$/gm, '');

/** The text between the last top-level SELECT and its FROM: what the caller gets. */
function selectList(sql: string): string[] {
  const text = withoutComments(sql);
  let depth = 0;
  let start = -1;
  let end = text.length;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++;
    else if (text[i] === ')') depth--;
    else if (depth === 0 && text.startsWith('SELECT', i)) start = i + 6;
    else if (depth === 0 && start >= 0 && /^FROM\b/.test(text.slice(i, i + 5)) && end === text.length) end = i;
  }
  const items: string[] = [];
  let item = '';
  for (const char of text.slice(start, end)) {
    if (char === '(') depth++;
    if (char === ')') depth--;
    if (char === ',' && depth === 0) {
      items.push(item);
      item = '';
    } else item += char;
  }
  return [...items, item].map((expression) => /(\w+)\s*$/.exec(expression)?.[1] ?? expression);
}

describe.each(questions)('$name', ({ sql, params, row }) => {
  test('placeholders are the params schema', () => {
    const placeholders = new Set([...withoutComments(sql).matchAll(/\{(\w+): /g)].map(([, name]) => name));
    expect([...placeholders].toSorted()).toEqual(Object.keys(params.shape).toSorted());
  });

  test('aliases are the row schema', () => {
    expect(selectList(sql).toSorted()).toEqual(Object.keys(row.shape).toSorted());
  });

  test('its header tells question, grain and limits', () => {
    expect(sql).toMatch(/^-- Question: .+\?\n/);
    for (const word of ['Grain: ', 'Window: ', 'Limits: ']) expect(sql).toContain(word);
  });
});

test('every question is asked by someone', () => {
  const root = join(import.meta.dirname, '../../../../..');
  const sources = ['src', 'ingest', 'sql']
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n');
  const names = readdirSync(join(root, 'sql/queries')).map((file) => file.replace(/\.sql$/, ''));
  expect(names.filter((name) => !sources.includes(`'${name}'`))).toEqual([]);
});
