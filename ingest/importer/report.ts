/** The closing report of an import: what became of every row. */
import type { Listed, Totals } from './progress-state.ts';
import { SKIP_REASONS, type Skip, type SkipLog, type SkipReason } from './skips.ts';

/** Lines shown of each reason; `--report FILE` has all. */
export const SHOWN_MAX = 10;

export interface Report {
  readonly source: string;
  readonly dry_run: boolean;
  readonly notes: readonly string[];
  readonly rows: number;
  readonly events: number;
  readonly events_by_type: Readonly<Record<string, number>>;
  /** whole weeks added to all dates */
  readonly shifted_weeks: number;
  /** events an earlier, interrupted run had sent */
  readonly resumed_after: number;
  /** of a dry run: what the same checks say here, with `stored` for what would be */
  readonly totals: Totals;
  readonly listed: readonly Listed[];
  readonly skipped: readonly {
    readonly reason: SkipReason;
    readonly title: string;
    readonly count: number;
    readonly rows: readonly Skip[];
  }[];
  /** from the first byte sent to the last answer (dry run: the conversion), in seconds */
  readonly seconds: number;
  readonly rows_per_s: number;
  readonly events_per_s: number;
}

export const skippedOf = (skips: SkipLog): Report['skipped'] =>
  [...skips.counts].map(([reason, count]) => ({
    reason,
    title: SKIP_REASONS[reason],
    count,
    rows: skips.list(reason)
  }));

const group = (n: number): string => Math.round(n).toLocaleString('en-US');

function listedLines(listed: readonly Listed[]): string[] {
  const byCode = new Map<string, Listed[]>();
  for (const item of listed) {
    const key = `${item.status}: ${item.code}`;
    const list = byCode.get(key);
    if (list === undefined) byCode.set(key, [item]);
    else list.push(item);
  }
  return [...byCode].flatMap(([key, items]) => [
    `  ${key}`,
    ...items.slice(0, SHOWN_MAX).map(({ file, line, id, detail }) => `    ${file}:${line}  ${id}  ${detail}`.trimEnd()),
    ...(items.length > SHOWN_MAX ? [`    … and ${group(items.length - SHOWN_MAX)} more`] : [])
  ]);
}

function skippedLines(skipped: Report['skipped']): string[] {
  return skipped.flatMap(({ reason, title, count, rows }) => [
    `  ${reason} ${group(count)}  (${title})`,
    ...rows.slice(0, SHOWN_MAX).map(({ file, line, detail }) => `    ${file}:${line}  ${detail}`.trimEnd()),
    ...(count > SHOWN_MAX ? [`    … and ${group(count - SHOWN_MAX)} more (all: --report FILE)`] : [])
  ]);
}

/** As lines for people. */
export function reportText(report: Report): string {
  const { totals } = report;
  const skips = report.skipped.reduce((sum, { count }) => sum + count, 0);
  const types = Object.entries(report.events_by_type).map(([type, count]) => `  ${type} ${group(count)}`);
  const resumed =
    report.resumed_after > 0 ? [`resumed after ${group(report.resumed_after)} events of an interrupted run`] : [];
  const shifted =
    report.shifted_weeks === 0
      ? []
      : [
          `all dates moved by ${report.shifted_weeks} weeks${report.dry_run ? '' : ', and so will be every later file of this source'}`
        ];
  return [
    `source ${report.source}${report.dry_run ? ' (dry run: nothing was sent)' : ''}`,
    ...report.notes.map((note) => `  ${note}`),
    ...shifted,
    ...resumed,
    `rows ${group(report.rows)} → events ${group(report.events)}`,
    ...types,
    `${report.dry_run ? 'would be stored' : 'stored'} ${group(totals.stored)} · duplicate ${group(totals.duplicate)} · duplicate with other content ${group(totals.duplicate_differs)}` +
      ` · quarantined ${group(totals.quarantined)} · rejected ${group(totals.rejected)}`,
    ...listedLines(report.listed),
    `left out ${group(skips)}`,
    ...skippedLines(report.skipped),
    `${report.seconds.toFixed(1)} s · ${group(report.rows_per_s)} rows/s · ${group(report.events_per_s)} events/s`
  ].join('\n');
}
