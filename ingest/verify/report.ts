/** What `npm run db:verify` prints. */
import { z } from 'zod';
import type { Difference } from './tally.ts';
import type { TableReport, VerifyReport } from './table-report.ts';

const SHOWN_MAX = 20;

const sums = (values: readonly number[] | null): string => (values === null ? 'none' : values.join(', '));

/** `account=itau currency=BRL …: expected 970, 0, 1, found 971, 0, 1` */
function differenceLine({ key, expected, found }: Difference, columns: readonly string[]): string {
  const parts = z.array(z.union([z.string(), z.number(), z.null()])).parse(JSON.parse(key));
  const named = parts.flatMap((value, index) =>
    value === '' || value === null ? [] : [`${columns[index] ?? index}=${value}`]
  );
  return `  ${named.join(' ')}: expected ${sums(expected)}, found ${sums(found)}`;
}

function tableLines({ table, differences, columns, figures }: TableReport): string[] {
  if (differences.length === 0) return [];
  const touched = figures.length === 0 ? '' : ` (figures: ${figures.join(', ')})`;
  const shown = differences.slice(0, SHOWN_MAX).map((difference) => differenceLine(difference, columns));
  const rest = differences.length - shown.length;
  return ['', `${table}${touched}`, ...shown, ...(rest > 0 ? [`  … and ${rest} more`] : [])];
}

export function reportLines(report: VerifyReport): string[] {
  const width = Math.max(...report.tables.map(({ table }) => table.length));
  const moving = report.tables.reduce((count, table) => count + table.moving, 0);
  const line = (name: string, keys: string, differing: string): string =>
    `${name.padEnd(width)}  ${keys.padStart(10)}  ${differing.padStart(11)}`;
  return [
    `${report.events} events through position ${report.lastSeq}, recomputed and compared:`,
    line('table', 'keys', 'differences'),
    ...report.tables.map(({ table, keys, differences }) => line(table, String(keys), String(differences.length))),
    ...(moving === 0 ? [] : [`${moving} keys changed while they were looked at, and were left out`]),
    ...report.tables.flatMap(tableLines)
  ];
}
