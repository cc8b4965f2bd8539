/** One import from file to closing report. */
import type { EpochMs } from '#lib/contracts/time.ts';
import type { ZonedDay } from '#lib/domain/zone.ts';
import { BATCH_EVENTS, toBatches } from './batches.ts';
import type { Chunk, Conversion, Convert } from './conversion.ts';
import { verdictsOf } from './dry-run.ts';
import { ImportFault } from './fault.ts';
import { contentHash, createOrdinals } from './ids.ts';
import { createImportClock, weeksToNow, type ImportClock } from './import-clock.ts';
import type { Input } from './input.ts';
import type { Target } from './post.ts';
import {
  noTotals,
  progressPath,
  readProgress,
  readShift,
  removeProgress,
  writeProgress,
  writeShift,
  type Listed,
  type Progress
} from './progress-state.ts';
import { SHOWN_MAX, skippedOf, type Report } from './report.ts';
import { send } from './send.ts';
import { createSkipLog, type SkipLog } from './skips.ts';

export interface ImportJob {
  readonly convert: Convert;
  /** preset or mapping with its content: part of what names the progress state */
  readonly name: string;
  readonly inputs: readonly Input[];
  readonly source: string;
  readonly day: ZonedDay;
  readonly told: Conversion['told'];
  readonly shiftToNow: boolean;
  readonly rate: number | null;
  /** null: dry run */
  readonly target: Target | null;
  readonly stateFolder: string;
  /** null: named by the content, in `stateFolder` */
  readonly stateFile: string | null;
  /** forget an interrupted run */
  readonly restart: boolean;
  /** keep every skipped row, for --report */
  readonly keepAll: boolean;
}
export interface ImportSurroundings {
  readonly clock: () => EpochMs;
  /** something to tell at once */
  readonly say: (line: string) => void;
  readonly show: (progress: Progress, share: number) => void;
}

/** One run of the converter, with what it tells on the way. */
interface Pass {
  readonly chunks: AsyncGenerator<Chunk>;
  readonly clock: ImportClock;
  readonly skips: SkipLog;
  readonly notes: readonly string[];
  readonly types: ReadonlyMap<string, number>;
  rows(): number;
}

function startPass(job: ImportJob, weeks: number, now: EpochMs): Pass {
  const skips = createSkipLog(job.keepAll ? Infinity : SHOWN_MAX);
  const clock = createImportClock(job.day, weeks);
  const notes: string[] = [];
  const types = new Map<string, number>();
  let rows = 0;
  const conversion: Conversion = {
    clock,
    skips,
    now,
    told: job.told,
    countRows: (n) => void (rows += n),
    note: (text) => void notes.push(text)
  };
  async function* counted(): AsyncGenerator<Chunk> {
    for await (const chunk of job.convert(job.inputs, conversion)) {
      for (const { type } of chunk.events) types.set(type, (types.get(type) ?? 0) + 1);
      yield chunk;
    }
  }
  return { chunks: counted(), clock, skips, notes, types, rows: () => rows };
}

/** Weeks to move the dates by: the source's own if it was ever moved, else what brings the newest date to now. */
async function weeksOf(job: ImportJob, now: EpochMs, say: (line: string) => void): Promise<number> {
  const remembered = await readShift(job.stateFolder, job.source);
  if (remembered !== null) {
    say(`source ${job.source} was moved by ${remembered} weeks before: this file moves alike`);
    return remembered;
  }
  if (!job.shiftToNow) return 0;
  const pass = startPass(job, 0, now);
  let step = await pass.chunks.next();
  while (step.done !== true) step = await pass.chunks.next();
  if (pass.clock.newest === null)
    throw new ImportFault('--shift-to-now', 'no date could be read', 'leave it out, or tell --date-format');
  return weeksToNow(pass.clock.newest, job.day, now);
}

const importHash = (job: ImportJob, weeks: number): string =>
  contentHash([
    job.name,
    ...job.inputs.map(({ hash }) => hash),
    job.source,
    job.day.zone,
    String(weeks),
    JSON.stringify(job.told),
    job.target?.url ?? ''
  ]);

function reportOf(
  job: ImportJob,
  pass: Pass,
  weeks: number,
  rest: Pick<Report, 'totals' | 'listed' | 'resumed_after' | 'seconds'>
): Report {
  const events = [...pass.types.values()].reduce((sum, n) => sum + n, 0);
  const sent = events - rest.resumed_after;
  // rows that are no rows of this table never reach the converter
  const rows = pass.rows() + (pass.skips.counts.get('malformed_row') ?? 0);
  const perSecond = (n: number): number => (rest.seconds > 0 ? n / rest.seconds : 0);
  return {
    source: job.source,
    dry_run: job.target === null,
    notes: pass.notes,
    rows,
    events,
    events_by_type: Object.fromEntries([...pass.types].sort(([a], [b]) => (a < b ? -1 : 1))),
    shifted_weeks: weeks,
    skipped: skippedOf(pass.skips),
    ...rest,
    rows_per_s: events === 0 ? 0 : perSecond(rows * (sent / events)),
    events_per_s: perSecond(sent)
  };
}

/** Decodes everything as the ingest service would, and sends nothing. */
async function dryRun(job: ImportJob, weeks: number, now: EpochMs): Promise<Report> {
  const started = performance.now();
  const pass = startPass(job, weeks, now);
  const totals = noTotals();
  const listed: Listed[] = [];
  const ordinalOf = createOrdinals();
  for await (const { events } of pass.chunks) {
    const verdicts = verdictsOf(events, job.source, now);
    events.forEach(({ id, file, line }, index) => {
      const verdict = verdicts[index] ?? { status: 'stored', code: '', detail: '' };
      if (verdict.status === 'stored' && ordinalOf(id) > 1) totals.duplicate++;
      else totals[verdict.status]++;
      if (verdict.status !== 'stored' && (job.keepAll || listed.length < SHOWN_MAX))
        listed.push({ id, file, line, ...verdict });
    });
  }
  return reportOf(job, pass, weeks, {
    totals,
    listed,
    resumed_after: 0,
    seconds: (performance.now() - started) / 1000
  });
}

async function sendAll(
  job: ImportJob,
  target: Target,
  weeks: number,
  path: string,
  start: Progress,
  around: ImportSurroundings
): Promise<Report | 'other_server'> {
  const pass = startPass(job, weeks, start.now);
  const eventsMax = job.rate === null ? BATCH_EVENTS : Math.max(1, Math.min(BATCH_EVENTS, Math.ceil(job.rate / 4)));
  const batches = toBatches(pass.chunks, {
    source: job.source,
    skip: start.last_from,
    wholeThrough: start.through,
    eventsMax
  });
  let progress = start;
  const onProgress = async (next: Progress, share: number): Promise<void> => {
    progress = next;
    around.show(next, share);
    await writeProgress(path, next);
  };
  const outcome = await send({
    batches,
    target,
    rate: job.rate,
    progress: start,
    probeThrough: start.through,
    onProgress
  });
  if (outcome.kind === 'other_server') return outcome.kind;
  const { totals, listed } = progress;
  return reportOf(job, pass, weeks, {
    totals,
    listed,
    resumed_after: start.through,
    seconds: (outcome.lastAnsweredAt - outcome.firstSentAt) / 1000
  });
}

/**
 * Reads, converts and sends; an interrupted run of the same import goes on after its last acknowledged batch.
 * @throws ImportFault when the operator has to put something right; the state then stays for the next run
 */
export async function runImport(job: ImportJob, around: ImportSurroundings): Promise<Report> {
  const now = around.clock();
  const weeks = await weeksOf(job, now, around.say);
  const { target } = job;
  if (target === null) return dryRun(job, weeks, now);
  const import_hash = importHash(job, weeks);
  const path = job.stateFile ?? progressPath(job.stateFolder, import_hash);
  const fresh: Progress = { import_hash, now, through: 0, last_from: 0, totals: noTotals(), listed: [] };
  const found = job.restart ? null : await readProgress(path, import_hash);
  if (weeks !== 0) await writeShift(job.stateFolder, job.source, weeks);
  if (found !== null) around.say(`going on after ${found.through} events (state: ${path})`);
  let report = await sendAll(job, target, weeks, path, found ?? fresh, around);
  if (report === 'other_server') {
    around.say('this server does not know what an earlier run had sent: starting from the first row');
    report = await sendAll(job, target, weeks, path, fresh, around);
  }
  if (report === 'other_server')
    throw new ImportFault(target.url, 'forgets what it has stored', 'see the log of the ingest service');
  await removeProgress(path);
  return report;
}
