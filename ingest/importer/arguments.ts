/** The command line of `npm run import`, checked before anything is read. */
import { parseArgs } from 'node:util';
import { parseDateStyle } from './date-text.ts';
import type { Conversion } from './conversion.ts';
import { ImportFault } from './fault.ts';
import { isPresetName, PRESETS, type PresetName } from './presets.ts';

const SOURCE_MAX = 256;
const PATIENCE_S = 600;

export interface ImportArguments {
  readonly what: { readonly preset: PresetName } | { readonly mapping: string };
  readonly path: string;
  readonly source: string | null;
  readonly timezone: string | null;
  readonly told: Conversion['told'];
  readonly shiftToNow: boolean;
  readonly rate: number | null;
  readonly url: string | null;
  readonly key: string | null;
  readonly dryRun: boolean;
  readonly state: string | null;
  readonly restart: boolean;
  readonly report: string | null;
  readonly patienceMs: number;
}

export const USAGE = `usage: npm run import -- --preset NAME PATH [options]
       npm run import -- --mapping FILE.json PATH [options]

presets
${Object.entries(PRESETS)
  .map(([name, { title }]) => `  ${name.padEnd(18)} ${title}`)
  .join('\n')}

options
  --source URI         names this producer (default import/<preset or mapping>)
  --timezone Z         zone of dates without one (default: the preset's, else BUSINESS_TIMEZONE)
  --shift-to-now       move all dates by whole weeks so that the newest is just past; remembered with the source
  --rate N|max         events a second (default max)
  --url U              the ingest service (default INGEST_URL or http://127.0.0.1:4000)
  --key K              an ingest key (default INGEST_API_KEY)
  --dry-run            read and check everything, send nothing
  --report FILE        the whole report as JSON, with every skipped row
  --state FILE         where an interrupted run keeps its place (default DATA_DIR/import/…)
  --restart            send from the first row, whatever an interrupted run had sent
  --patience S         seconds without any answer before it stops, resumable (default ${PATIENCE_S})
  --delimiter D  --quote Q  --encoding E  --decimal .|,  --date-format D/M/YYYY   (default: detected)
`;

const OPTIONS = {
  preset: { type: 'string' },
  mapping: { type: 'string' },
  source: { type: 'string' },
  timezone: { type: 'string' },
  'shift-to-now': { type: 'boolean', default: false },
  rate: { type: 'string', default: 'max' },
  url: { type: 'string' },
  key: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  report: { type: 'string' },
  state: { type: 'string' },
  restart: { type: 'boolean', default: false },
  patience: { type: 'string', default: String(PATIENCE_S) },
  delimiter: { type: 'string' },
  quote: { type: 'string' },
  encoding: { type: 'string' },
  decimal: { type: 'string' },
  'date-format': { type: 'string' },
  help: { type: 'boolean', default: false }
} as const;

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new ImportFault('command line', error instanceof Error ? error.message : 'cannot be read', 'see --help');
  }
}

function positive(option: string, text: string): number {
  const n = Number(text);
  if (Number.isFinite(n) && n > 0) return n;
  throw new ImportFault(option, `"${text}" is no number above 0`, 'see --help');
}

function zoneOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    throw new ImportFault('--timezone', `"${text}" is unknown`, 'tell an IANA zone such as America/Sao_Paulo');
  }
}

function urlOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (URL.canParse(text) && /^https?:/.test(text)) return text;
  throw new ImportFault('--url', `"${text}" is no http address`, 'tell one such as http://127.0.0.1:4000');
}

function decimalOf(text: string | undefined): '.' | ',' | undefined {
  if (text === undefined || text === '.' || text === ',') return text;
  throw new ImportFault('--decimal', `"${text}" is no decimal mark`, 'tell . or ,');
}

function whatOf(preset: string | undefined, mapping: string | undefined): ImportArguments['what'] {
  if (mapping !== undefined && preset === undefined) return { mapping };
  if (preset === undefined || mapping !== undefined)
    throw new ImportFault('command line', 'either --preset or --mapping is needed', 'see --help');
  if (!isPresetName(preset))
    throw new ImportFault('--preset', `"${preset}" is unknown`, `there are ${Object.keys(PRESETS).join(', ')}`);
  return { preset };
}

/**
 * @returns `'help'` when that is asked for
 * @throws ImportFault naming the option and what it takes
 */
export function readArguments(argv: readonly string[]): ImportArguments | 'help' {
  const { values, positionals } = parse(argv);
  if (values.help) return 'help';
  const what = whatOf(values.preset, values.mapping);
  const [path, ...others] = positionals;
  if (path === undefined || others.length > 0)
    throw new ImportFault('command line', `one path is needed, there are ${positionals.length}`, 'see --help');
  const { source } = values;
  if (source !== undefined && (source === '' || source.length > SOURCE_MAX || /\s/.test(source)))
    throw new ImportFault(
      '--source',
      `"${source}" is no URI reference of at most ${SOURCE_MAX} characters`,
      'tell one such as import/shop'
    );
  const dateFormat = values['date-format'];
  return {
    what,
    path,
    source: source ?? null,
    timezone: zoneOf(values.timezone),
    told: {
      delimiter: values.delimiter === '\\t' ? '\t' : values.delimiter,
      quote: values.quote,
      encoding: values.encoding,
      decimal: decimalOf(values.decimal),
      dateStyle: dateFormat === undefined ? undefined : parseDateStyle(dateFormat)
    },
    shiftToNow: values['shift-to-now'],
    rate: values.rate === 'max' ? null : positive('--rate', values.rate),
    url: urlOf(values.url),
    key: values.key ?? null,
    dryRun: values['dry-run'],
    state: values.state ?? null,
    restart: values.restart,
    report: values.report ?? null,
    patienceMs: positive('--patience', values.patience) * 1000
  };
}
