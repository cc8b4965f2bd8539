import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { eventSchemas } from '#lib/contracts/events/registry.ts';
import { BatchAnswer } from '#lib/contracts/ingest.ts';
import { API_KEY, rows, shipped } from '../support/ingest.ts';
import { ingestForFile } from '../support/ingest-for-file.ts';

const house = ingestForFile();

const Operation = z.looseObject({
  responses: z.record(z.string(), z.looseObject({ headers: z.looseObject({}).optional() }))
});
const Document = z.looseObject({
  openapi: z.string(),
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.looseObject({ schemas: z.record(z.string(), z.looseObject({})) })
});
const load = async (): Promise<z.infer<typeof Document>> =>
  Document.parse(await (await fetch(`${house.ingest.url}/openapi.json`)).json());

describe('/openapi.json', () => {
  test('is OpenAPI 3.1, and every reference in it leads somewhere', async () => {
    const document = await load();
    expect(document.openapi).toMatch(/^3\.1\./);
    const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(
      ([, name]) => name
    );
    expect(references.length).toBeGreaterThan(40);
    expect(references.filter((name) => document.components.schemas[name ?? ''] === undefined)).toEqual([]);
  });

  test('tells every event type with the data it takes', async () => {
    const { components } = await load();
    for (const type of Object.keys(eventSchemas)) {
      const Schema = z.looseObject({
        properties: z.looseObject({ data: z.looseObject({ type: z.literal('object') }) })
      });
      expect([type, Schema.safeParse(components.schemas[type]).success]).toEqual([type, true]);
    }
    expect(JSON.stringify(components.schemas['payment.settled'])).toContain('"amount_minor"');
  });

  test('tells every endpoint and status of the contract, and each path it tells is served', async () => {
    const { paths } = await load();
    expect(Object.keys(paths).toSorted()).toEqual([
      '/healthz',
      '/metrics',
      '/openapi.json',
      '/readyz',
      '/v1/events',
      '/v1/quarantine',
      '/v1/quarantine/replay',
      '/v1/webhooks/{platform}/{source}'
    ]);
    const statuses = Object.keys(paths['/v1/events']?.post?.responses ?? {});
    expect(statuses).toEqual(expect.arrayContaining(['200', '207', '400', '401', '403', '413', '415', '429', '503']));
    expect(Object.keys(paths['/v1/events']?.post?.responses['429']?.headers ?? {})).toEqual([
      'Retry-After',
      'RateLimit',
      'RateLimit-Policy'
    ]);
    for (const [path, methods] of Object.entries(paths))
      for (const method of Object.keys(methods)) {
        const url = `${house.ingest.url}${path.replaceAll(/[{}]/g, '')}`;
        const { status } = await fetch(url, { method: method.toUpperCase() });
        expect([path, method, status === 405 || (status === 404 && !path.includes('webhooks'))]).toEqual([
          path,
          method,
          false
        ]);
      }
  });
});

/** The examples of the README as they stand there. */
const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
const page = readme.slice(readme.indexOf('### Examples'), readme.indexOf('## Architecture'));
const example = (language: string): string =>
  new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(page)?.[1] ?? '';
const exists = (command: string): boolean => spawnSync(command, ['--version']).error === undefined;

/** [language, command, arguments before the code, source, events] */
const EXAMPLES = [
  ['bash', 'bash', ['-c'], '/examples/curl', 1],
  ['js', process.execPath, ['--input-type=module', '-e'], '/examples/node', 3],
  ['python', 'python3', ['-c'], '/examples/python', 20]
] as const;

describe('the examples of the README', () => {
  for (const [language, command, before, source, count] of EXAMPLES) {
    const needed = language === 'bash' ? ['bash', 'curl'] : [command];
    const missing = needed.filter((name) => !exists(name));
    const run = missing.length === 0 ? test : test.skip;
    run(
      `${language} stores its events${missing.length === 0 ? '' : ` (skipped: no ${missing.join(', ')} here)`}`,
      async () => {
        const env = { PATH: process.env.PATH, INGEST_URL: house.ingest.url, INGEST_API_KEY: API_KEY };
        const out = await new Promise<string>((resolve, reject) => {
          execFile(command, [...before, example(language)], { env, timeout: 30_000 }, (error, stdout, stderr) => {
            if (error) reject(new Error(stderr));
            else resolve(stdout);
          });
        });
        expect(BatchAnswer.parse(JSON.parse(out))).toMatchObject({ stored: count, items: [] });
        await shipped(house.ingest.url);
        const stored = await rows(
          house.clickhouse.reader,
          `SELECT count() AS n FROM events_raw_v1 WHERE source = '${source}'`
        );
        expect(stored).toEqual([{ n: count }]);
      }
    );
  }
});
