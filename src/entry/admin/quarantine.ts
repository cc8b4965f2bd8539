import { readFileSync } from 'node:fs';
import { QUARANTINE_CODES } from '#lib/contracts/ingest.ts';
import { QUARANTINE_STATUSES, type QuarantineRow, type ReplayAnswer } from '#lib/contracts/quarantine.ts';
import type { Result } from '#lib/contracts/result.ts';
import type { IngestFailure } from '#lib/server/services.server.ts';
import {
  list,
  oneOf,
  Refusal,
  table,
  text,
  time,
  UsageError,
  type Answer,
  type Asked,
  type Command,
  type Stores
} from './command.ts';

const STATUSES = [...QUARANTINE_STATUSES, 'any'] as const;

const WHY = {
  unreachable: 'the ingest service does not answer: is it running, and INGEST_URL right?',
  refused: 'the ingest service refuses: is INTERNAL_TOKEN its own, and ClickHouse there? Its log says more'
} as const satisfies Record<IngestFailure['kind'], string>;

function value<T>(result: Result<T, IngestFailure>): T {
  if (result.ok) return result.value;
  throw new Refusal(result.failure.kind, WHY[result.failure.kind]);
}

const idOf = (word: string): number => {
  const id = Number(word);
  if (Number.isSafeInteger(id) && id > 0) return id;
  throw new UsageError(`${word} is no id: quarantine list shows them`);
};

async function find(id: number, { ingest }: Stores): Promise<QuarantineRow> {
  // the newest row below the next id
  const [row] = value(await ingest().quarantine({ status: 'any', before: id + 1, limit: 1 })).rows;
  if (row?.quarantine_id !== id) throw new Refusal('not_found', `there is no ${id} in quarantine`);
  return row;
}

const stake = ({ amount_minor, currency }: QuarantineRow): string =>
  amount_minor === null || currency === null ? '–' : `${amount_minor} ${currency}`;

async function listRows({ given }: Asked, { ingest }: Stores): Promise<Answer> {
  const [code, source, status, limit] = ['code', 'source', 'status', 'limit'].map((name) => text(given, name));
  const found = await ingest().quarantine({
    raw: 'false',
    ...(code !== undefined && { code: oneOf(code, QUARANTINE_CODES, 'code') }),
    ...(source !== undefined && { source }),
    ...(status !== undefined && { status: oneOf(status, STATUSES, 'status') }),
    ...(limit !== undefined && { limit: idOf(limit) })
  });
  const { rows, next_before } = value(found);
  const lines = rows.map((row) => [
    String(row.quarantine_id),
    time(row.received_at),
    row.status,
    row.code,
    row.type,
    row.source,
    row.id,
    stake(row),
    `${row.path} ${row.message}`.trim()
  ]);
  const heads = ['quarantine id', 'received (UTC)', 'state', 'reason', 'type', 'source', 'id', 'minor units', 'fault'];
  const more = next_before === null ? '' : '\nthere are more: narrow it down, or --limit N (500 at most)';
  return { json: { rows, next_before }, text: `${table(heads, lines)}${more}` };
}

/** The file may hold the event as text of any form: the service judges it. */
function correction(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new UsageError(`${path} cannot be read`);
  }
}

const told = ({ replayed, skipped, errors }: ReplayAnswer, isDryRun: boolean): string =>
  [
    `${isDryRun ? 'would be replayed' : 'replayed'}: ${replayed}`,
    `skipped, closed or stored before: ${skipped}`,
    ...errors.map(({ quarantine_id, code, path, message }) => `${quarantine_id}: ${code} ${path} ${message}`)
  ].join('\n');

async function replay({ subject, given }: Asked, { ingest }: Stores): Promise<Answer> {
  const ids = [...(subject === undefined ? [] : [subject]), ...list(given, 'id')].map(idOf);
  if (ids.length === 0) throw new UsageError('which ones? give an id, or --id for each');
  const file = text(given, 'file');
  const [only] = ids;
  if (file !== undefined && ids.length > 1) throw new UsageError('--file corrects one event');
  const isDryRun = given['dry-run'] === true;
  const answer = value(
    await ingest().replay({
      ids,
      dry_run: isDryRun,
      ...(file !== undefined && { bodies: { [String(only)]: correction(file) } })
    })
  );
  if (answer.errors.length === ids.length) throw new Refusal('not_replayed', told(answer, isDryRun));
  return { json: answer, text: told(answer, isDryRun) };
}

export const QUARANTINE_COMMANDS = {
  'quarantine list': {
    usage: `quarantine list [--code ${QUARANTINE_CODES.join('|')}] [--source S] [--status open|closed|any] [--limit N]`,
    does: 'lists events that could not be used, newest first',
    options: {
      code: { type: 'string' },
      source: { type: 'string' },
      status: { type: 'string' },
      limit: { type: 'string' }
    },
    begins: false,
    run: listRows
  },
  'quarantine show': {
    usage: 'quarantine show ID',
    does: 'prints one as it came, and what is wrong with it',
    options: {},
    begins: false,
    run: async ({ subject }, stores) => {
      if (subject === undefined) throw new UsageError('which one? quarantine list shows the ids');
      const row = await find(idOf(subject), stores);
      const fault = `${row.code} ${row.path} ${row.message}`;
      return {
        json: { row },
        text: `${row.status}, received ${time(row.received_at)} UTC\n${fault}\n\n${row.raw ?? ''}`
      };
    }
  },
  'quarantine replay': {
    usage: 'quarantine replay ID [--id ID]… [--file CORRECTED.json] [--dry-run]',
    does: 'takes events in again, as they came or corrected; they keep id and time',
    options: { id: { type: 'string', multiple: true }, file: { type: 'string' }, 'dry-run': { type: 'boolean' } },
    begins: false,
    run: replay
  }
} as const satisfies Record<string, Command>;
