/** `npm run import` as its operator meets it: usage, faults with a remedy, exit codes. Nothing here needs a server. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';

const root = join(import.meta.dirname, '../..');
const ROWS =
  'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n1,A,X,2,2011-01-31 08:00:00,1.25,NA,UK\n1,B,X,1,2011-01-31 08:00:00,0,NA,UK\n';
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pulso-import-command-'));
  writeFileSync(join(folder, 'retail.csv'), ROWS);
  writeFileSync(join(folder, 'cut.csv.gz'), gzipSync(ROWS.repeat(50)).subarray(0, 60));
  writeFileSync(join(folder, 'mapping.json'), '{"name": "x", "currency": "REAL", "events": []}');
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function command(...args: string[]) {
  const env = { PATH: process.env.PATH, DATA_DIR: join(folder, 'data'), HOME: folder };
  const run = spawnSync(process.execPath, [join(root, 'ingest/cli/import.ts'), ...args], {
    cwd: folder,
    env,
    encoding: 'utf8',
    timeout: 30_000
  });
  return { code: run.status, out: run.stdout, err: run.stderr };
}

test('--help names every option and preset', () => {
  const { code, out } = command('--help');
  expect(code).toBe(0);
  for (const word of [
    '--preset',
    '--mapping',
    '--source',
    '--timezone',
    '--shift-to-now',
    '--rate',
    '--url',
    '--key',
    '--dry-run',
    'uci-online-retail',
    'ibm-late-payment',
    'olist'
  ])
    expect(out).toContain(word);
});

test.each([
  ['nothing', [], 2, 'either --preset or --mapping is needed'],
  ['an unknown option', ['--presett', 'x'], 2, "Unknown option '--presett'"],
  ['an unknown preset', ['--preset', 'shop', 'retail.csv'], 2, 'there are uci-online-retail, ibm-late-payment, olist'],
  ['a missing file', ['--preset', 'uci-online-retail', 'none.csv', '--dry-run'], 1, 'none.csv: no such file'],
  [
    'a file where a folder is read',
    ['--preset', 'olist', 'retail.csv', '--dry-run'],
    1,
    'this preset reads orders.csv'
  ],
  [
    'another preset’s file',
    ['--preset', 'ibm-late-payment', 'retail.csv', '--dry-run'],
    1,
    'has no column "invoiceNumber"; it has InvoiceNo'
  ],
  ['damaged gzip', ['--preset', 'uci-online-retail', 'cut.csv.gz', '--dry-run'], 1, 'damaged or ends early'],
  [
    'an unknown zone',
    ['--preset', 'uci-online-retail', 'retail.csv', '--timezone', 'Mars'],
    2,
    '--timezone: "Mars" is unknown'
  ],
  [
    'a rate of 0',
    ['--preset', 'uci-online-retail', 'retail.csv', '--rate', '0'],
    2,
    '--rate: "0" is no number above 0'
  ],
  ['no key', ['--preset', 'uci-online-retail', 'retail.csv'], 2, 'INGEST_API_KEY'],
  ['a bad mapping', ['--mapping', 'mapping.json', 'retail.csv', '--dry-run'], 1, 'unknown ISO 4217 currency code']
])('%s is told with its place and remedy, without a stack', (_, args, code, words) => {
  const run = command(...args);
  expect(run.err).toContain(words);
  expect(run.err).toContain('→');
  expect(run.err).not.toContain('    at ');
  expect(run.code).toBe(code);
});

test('--dry-run reports what would happen, sends nothing, and --report keeps it all', () => {
  const { code, out } = command('--preset', 'uci-online-retail', 'retail.csv', '--dry-run', '--report', 'report.json');
  expect(code).toBe(0);
  expect(out).toContain('rows 2 → events 2');
  expect(out).toContain('would be stored 2');
  expect(out).toContain('retail.csv:3  invoice 1, B, 1 × 0');
  const Report = z.object({
    rows: z.int(),
    skipped: z.array(z.object({ reason: z.string(), count: z.int(), rows: z.array(z.object({ line: z.int() })) }))
  });
  const report = Report.parse(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')));
  expect(report.skipped).toEqual([{ reason: 'price_zero', count: 1, rows: [{ line: 3 }] }]);
});

test('an ingest service that stays away ends it after the patience given, resumable', () => {
  const { code, err } = command(
    '--preset',
    'uci-online-retail',
    'retail.csv',
    '--key',
    'k',
    '--url',
    'http://127.0.0.1:9',
    '--patience',
    '1'
  );
  expect(code).toBe(1);
  expect(err).toContain('run the same command again');
});
