/** The end of it: what ClickHouse holds against what was promised, and every figure against the oracle. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { z } from 'zod';
import type { ClickHouseAddress, Reader } from '#sql/interface.server.ts';
import type { Ledger } from './ledger.ts';
import { POISON } from './bodies.ts';

const ROOT = join(import.meta.dirname, '../../..');
const READ_MAX_MS = 60_000;
const EXAMPLES_MAX = 10;

async function read<R extends z.ZodType>(reader: Reader, sql: string, row: R): Promise<z.output<R>[]> {
  const answer = await reader.read({ name: 'faults', sql, params: z.object({}), row, timeoutMs: READ_MAX_MS }, {});
  if (!answer.ok) throw new Error(answer.failure.message);
  return answer.value;
}

export interface Balance {
  readonly lost: number;
  readonly doubled: number;
  /** stored though refused, or never sent at all */
  readonly halfTaken: number;
  /** without an answer, never sent again: there or not */
  readonly unanswered: { readonly stored: number; readonly absent: number };
  readonly stored: number;
  /** events that waited there for a right clock */
  readonly quarantined: number;
  /** rows that wait there though their event was stored since */
  readonly openQuarantine: number;
  readonly examples: readonly string[];
}

const Stored = z.object({ source: z.string(), id: z.string(), copies: z.int() });

/** Raw rows against promises. */
export async function balance(reader: Reader, ledger: Ledger): Promise<Balance> {
  const stored = await read(
    reader,
    'SELECT source, id, count() AS copies FROM events_raw_v1 GROUP BY source, id',
    Stored
  );
  const [quarantine] = await read(
    reader,
    "SELECT count() AS open FROM quarantine_v1 FINAL WHERE status = 'open' AND (source, id) IN (SELECT source, id FROM events_raw_v1)",
    z.object({ open: z.int() })
  );
  const kept = await read(
    reader,
    'SELECT DISTINCT source, id FROM quarantine_v1',
    z.object({ source: z.string(), id: z.string() })
  );
  const examples: string[] = [];
  const tell = (what: string, source: string, id: string): void => {
    if (examples.length < EXAMPLES_MAX) examples.push(`${what}: ${source} ${id}`);
  };
  const present = new Set<string>();
  let [doubled, halfTaken] = [0, 0];
  for (const { source, id, copies } of stored) {
    const entry = ledger.find(source, id);
    present.add(`${source}\0${id}`);
    if (copies > 1) {
      doubled += copies - 1;
      tell('doubled', source, id);
    }
    if (entry?.isPromised === true || (entry?.unanswered ?? 0) > 0) continue;
    halfTaken++;
    tell(source === POISON ? 'taken out of a broken body' : 'stored though refused', source, id);
  }
  const keptRaw = new Set(kept.map(({ source, id }) => `${source}\0${id}`));
  let lost = 0;
  let quarantined = 0;
  const unanswered = { stored: 0, absent: 0 };
  for (const { event, isPromised, isQuarantined, isLeft, unanswered: times } of ledger.entries) {
    const isStored = present.has(`${event.source}\0${event.id}`);
    if (isQuarantined) quarantined++;
    if (isQuarantined && !keptRaw.has(`${event.source}\0${event.id}`)) {
      lost++;
      tell('lost from quarantine', event.source, event.id);
    }
    if (isPromised && !isStored) {
      lost++;
      tell('lost', event.source, event.id);
    }
    if (isLeft && !isPromised && times > 0) unanswered[isStored ? 'stored' : 'absent']++;
  }
  return {
    lost,
    doubled,
    halfTaken,
    unanswered,
    stored: stored.length,
    quarantined,
    openQuarantine: quarantine?.open ?? 0,
    examples
  };
}

/** `npm run db:verify`: its words go to stderr. @returns whether every figure is as the oracle says */
export async function figuresAreRight(
  { url, username, password, database }: ClickHouseAddress,
  dataDir: string
): Promise<boolean> {
  const child = spawn(process.execPath, ['ingest/cli/verify.ts'], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH,
      DATA_DIR: dataDir,
      CLICKHOUSE_URL: url,
      CLICKHOUSE_USER: username,
      CLICKHOUSE_PASSWORD: password,
      CLICKHOUSE_DATABASE: database
    },
    stdio: ['ignore', 2, 2]
  });
  await once(child, 'exit');
  return child.exitCode === 0;
}
