/** The presets over the real files beside the project, against computations that share no code with it. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { ImportEvent } from '#ingest/importer/conversion.ts';
import { verdictsOf } from '#ingest/importer/dry-run.ts';
import { createImportClock } from '#ingest/importer/import-clock.ts';
import { PRESETS, type PresetName } from '#ingest/importer/presets.ts';
import { createSkipLog, type SkipLog } from '#ingest/importer/skips.ts';
import { openInputs } from '#ingest/importer/sources.ts';
import { zonedDay } from '#lib/domain/zone.ts';

const root = join(import.meta.dirname, '../..');
const data = join(root, '../shared/data');
const NOW = Date.UTC(2026, 10, 24, 12);

/** Absent data is said, not passed over: the name of the skipped suite tells what is missing. */
function withData(title: string, path: string, tests: (path: string) => void): void {
  const full = join(data, path);
  if (existsSync(full)) describe(title, () => tests(full));
  else describe.skip(`${title} (skipped: ../shared/data/${path} is not beside the project)`, () => tests(full));
}

interface Imported {
  readonly events: readonly ImportEvent[];
  readonly skips: SkipLog;
  readonly rows: number;
}

async function convert(preset: PresetName, path: string, zone: string): Promise<Imported> {
  const { files, convert: run } = PRESETS[preset];
  const skips = createSkipLog(10);
  const events: ImportEvent[] = [];
  let rows = 0;
  const clock = createImportClock(zonedDay(zone), 0);
  const conversion = {
    clock,
    skips,
    now: NOW,
    told: {},
    countRows: (n: number) => void (rows += n),
    note: () => undefined
  };
  for await (const chunk of run(await openInputs(path, files), conversion)) events.push(...chunk.events);
  return { events, skips, rows };
}

const codesOf = (events: readonly ImportEvent[]): string[] => [
  ...new Set(verdictsOf(events, 'import/test', NOW).map(({ status, code }) => (status === 'stored' ? status : code)))
];

function python(script: string, ...args: string[]): string {
  const run = spawnSync('python3', [join(root, 'tests/bench/checks', script), ...args], {
    encoding: 'utf8',
    timeout: 60_000
  });
  if (run.status !== 0) throw new Error(`${script}: ${run.error?.message ?? run.stderr}`);
  return run.stdout;
}

const Lines = z.object({ lines: z.array(z.object({ quantity: z.int(), unit_price_minor: z.int().default(0) })) });
const Amount = z.object({ amount_minor: z.int() });

/** day → orders, sales, refunds, units shipped, units received back, from the events alone. */
function dailyFigures(events: readonly ImportEvent[]): string {
  const day = zonedDay('Europe/London');
  const byDay = new Map<string, [number, number, number, number, number]>();
  for (const { type, time, data: fields } of events) {
    const date = day.dateOf(time);
    const sums = byDay.get(date) ?? [0, 0, 0, 0, 0];
    byDay.set(date, sums);
    const lines = type === 'return.refunded' ? [] : (Lines.safeParse(fields).data?.lines ?? []);
    const units = lines.reduce((sum, { quantity }) => sum + quantity, 0);
    if (type === 'order.placed') {
      sums[0] += 1;
      sums[1] += lines.reduce((sum, line) => sum + line.quantity * line.unit_price_minor, 0);
    } else if (type === 'return.refunded') sums[2] += Amount.parse(fields).amount_minor;
    else if (type === 'order.shipped') sums[3] += units;
    else if (type === 'return.received') sums[4] += units;
  }
  const text = [...byDay].sort(([a], [b]) => (a < b ? -1 : 1)).map(([date, sums]) => [date, ...sums].join('\t'));
  return `${text.join('\n')}\n`;
}

withData('UCI Online Retail', 'uci_online_retail/online_retail_full.csv.gz', (path) => {
  let imported: Imported;
  beforeAll(async () => {
    imported = await convert('uci-online-retail', path, 'Europe/London');
  });

  test('gives on all 305 days the orders, sales, refunds and units that the file itself tells', () => {
    const expected = python('uci_daily.py', path);
    expect(expected.trim().split('\n')).toHaveLength(305);
    expect(dailyFigures(imported.events)).toBe(expected);
  });

  test('is usable but for the bad debts, names every event once, and lists what is left out', () => {
    expect(codesOf(imported.events).sort()).toEqual(['stored', 'unknown_type']);
    expect(new Set(imported.events.map(({ id }) => id)).size).toBe(imported.events.length);
    expect(imported.events.filter(({ type }) => type === 'debt.adjusted')).toHaveLength(3);
    expect(imported.rows).toBe(541_909);
    expect(Object.fromEntries(imported.skips.counts)).toEqual({ price_zero: 1179, fraction_of_minor: 4 });
  });
});

withData('IBM Late Payment', 'ar_ibm_late_payment/accounts_receivable_mdy.csv', (path) => {
  test('gives two usable events a row, none left out, its dates read as month first without being told', async () => {
    const { events, skips } = await convert('ibm-late-payment', path, 'America/Sao_Paulo');
    expect(events).toHaveLength(2 * 2466);
    expect(codesOf(events)).toEqual(['stored']);
    expect([...skips.counts]).toEqual([]);
    const billed = events.flatMap(
      ({ data: fields }) => z.object({ installments: z.array(Amount) }).safeParse(fields).data?.installments ?? []
    );
    expect(billed.reduce((sum, { amount_minor }) => sum + amount_minor, 0)).toBe(14_770_318);
  });
});

withData('Olist', 'olist_brazil_orders', (path) => {
  test('gives usable events whose money is that of the payments file, cent by cent', async () => {
    const { events, skips } = await convert('olist', path, 'America/Sao_Paulo');
    expect(codesOf(events)).toEqual(['stored']);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    expect(events.filter(({ type }) => type === 'order.placed')).toHaveLength(22_870);
    expect(events.filter(({ type }) => type === 'order.cancelled')).toHaveLength(99 + 80);
    expect(Object.fromEntries(skips.counts)).toEqual({ payment_zero: 3 });
    // the file writes every amount with two places and quotes nothing
    const paid = gunzipSync(readFileSync(join(path, 'order_payments.csv.gz')))
      .toString()
      .trim()
      .split('\n')
      .slice(1);
    const expected = paid.reduce((sum, row) => sum + Number(row.trim().split(',').at(-1)?.replace('.', '')), 0);
    const settled = events
      .filter(({ type }) => type === 'payment.settled')
      .map(({ data: fields }) => Amount.parse(fields).amount_minor);
    expect(settled.reduce((sum, amount) => sum + amount, 0)).toBe(expected);
  });
});
