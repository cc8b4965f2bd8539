/** `npm run import`: sends a file to the ingest API like any producer. Exit: 0 done, 1 failed or events rejected, 2 wrong usage, 130 interrupted. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readArguments, USAGE, type ImportArguments } from '#ingest/importer/arguments.ts';
import type { Convert, Preset } from '#ingest/importer/conversion.ts';
import { parseDateStyle } from '#ingest/importer/date-text.ts';
import { readImportEnv, type ImportEnv } from '#ingest/importer/env.server.ts';
import { ImportFault } from '#ingest/importer/fault.ts';
import { mappingConverter } from '#ingest/importer/mapping.ts';
import { Mapping } from '#ingest/importer/mapping-schema.ts';
import { PRESETS } from '#ingest/importer/presets.ts';
import { createProgressBar, type ProgressBar } from '#ingest/importer/progress-bar.ts';
import { reportText } from '#ingest/importer/report.ts';
import { runImport, type ImportJob } from '#ingest/importer/run.ts';
import { openInputs } from '#ingest/importer/sources.ts';
import { zonedDay } from '#lib/domain/zone.ts';

const FAILED = 1;
const WRONG_USAGE = 2;
const INTERRUPTED = 130;

/** What a preset or a mapping settles; options on the command line go first. */
interface Plan {
  readonly name: string;
  readonly hashed: string;
  readonly files: Preset['files'];
  readonly timezone: string | null;
  readonly told: ImportArguments['told'];
  readonly convert: Convert;
}

async function readMapping(path: string): Promise<Mapping> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    throw new ImportFault(path, 'the mapping cannot be read', 'check the path of --mapping');
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ImportFault(
      path,
      `is no JSON: ${error instanceof Error ? error.message : ''}`,
      'put the mapping right; ingest/importer/README.md shows one'
    );
  }
  const mapping = Mapping.safeParse(json);
  if (mapping.success) return mapping.data;
  throw new ImportFault(
    path,
    `is no mapping:\n${z.prettifyError(mapping.error)}`,
    'put the mapping right; ingest/importer/README.md shows one'
  );
}

async function planOf({ what, told }: ImportArguments): Promise<Plan> {
  if ('preset' in what) {
    const { files, timezone, convert } = PRESETS[what.preset];
    return { name: what.preset, hashed: what.preset, files, timezone, told, convert };
  }
  const mapping = await readMapping(what.mapping);
  return {
    name: mapping.name,
    hashed: JSON.stringify(mapping),
    files: 'one',
    timezone: mapping.timezone ?? null,
    told: {
      delimiter: told.delimiter ?? mapping.delimiter,
      quote: told.quote ?? mapping.quote,
      encoding: told.encoding ?? mapping.encoding,
      decimal: told.decimal ?? mapping.decimal,
      dateStyle: told.dateStyle ?? (mapping.date_format === undefined ? undefined : parseDateStyle(mapping.date_format))
    },
    convert: mappingConverter(mapping)
  };
}

async function jobOf(args: ImportArguments, env: ImportEnv, bar: ProgressBar, signal: AbortSignal): Promise<ImportJob> {
  const plan = await planOf(args);
  const key = args.key ?? env.INGEST_API_KEY;
  if (key === undefined && !args.dryRun)
    throw new ImportFault(
      '--key',
      'no ingest key',
      'give one by --key or INGEST_API_KEY (npm run admin -- key add --name import), or use --dry-run'
    );
  const onWait = (why: string, ms: number): void => bar.say(`ingest: ${why}; again in ${(ms / 1000).toFixed(1)} s`);
  const target = { url: args.url ?? env.INGEST_URL, key: key ?? '', patienceMs: args.patienceMs, signal, onWait };
  return {
    convert: plan.convert,
    name: plan.hashed,
    inputs: await openInputs(args.path, plan.files),
    source: args.source ?? `import/${plan.name}`,
    day: zonedDay(args.timezone ?? plan.timezone ?? env.BUSINESS_TIMEZONE),
    told: plan.told,
    shiftToNow: args.shiftToNow,
    rate: args.rate,
    target: args.dryRun ? null : target,
    stateFolder: join(env.DATA_DIR, 'import'),
    stateFile: args.state,
    restart: args.restart,
    keepAll: args.report !== null
  };
}

async function main(argv: readonly string[]): Promise<number> {
  const bar = createProgressBar(process.stderr, () => performance.now());
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  process.once('SIGTERM', () => interrupt.abort());
  try {
    const args = readArguments(argv);
    if (args === 'help') {
      process.stdout.write(USAGE);
      return 0;
    }
    const job = await jobOf(args, readImportEnv(), bar, interrupt.signal);
    const report = await runImport(job, { clock: () => Date.now(), say: bar.say, show: bar.show });
    bar.end();
    process.stdout.write(`${reportText(report)}\n`);
    if (args.report !== null) await writeFile(args.report, `${JSON.stringify(report, null, 2)}\n`);
    return report.totals.rejected > 0 ? FAILED : 0;
  } catch (error) {
    bar.end();
    if (interrupt.signal.aborted) {
      bar.say('interrupted; the same command goes on from here');
      return INTERRUPTED;
    }
    if (!(error instanceof ImportFault)) throw error;
    bar.say(`import: ${error.place}: ${error.message}\n  → ${error.remedy}`);
    return error.place === 'command line' || error.place.startsWith('--') ? WRONG_USAGE : FAILED;
  }
}

process.exitCode = await main(process.argv.slice(2));
