/** The end of it: what ClickHouse holds against what was promised and what was sent, and every derived row against the oracle. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { lastSeqOf, readRaw } from '#ingest/verify/raw.ts';
import type { ClickHouseAddress, Reader } from '#sql/interface.server.ts';
import { readSent, toAccepted } from './content.ts';
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

async function readStored(reader: Reader): Promise<AcceptedEvent[]> {
  const last = await lastSeqOf(reader);
  const stored = last.ok ? await readRaw(reader, 0, last.value) : last;
  if (!stored.ok) throw new Error(stored.failure.message);
  return stored.value;
}

export interface Balance {
  readonly lost: number;
  readonly doubled: number;
  /** stored, or kept in quarantine, though refused, or never sent at all */
  readonly halfTaken: number;
  /** stored, or kept in quarantine, with another content than was sent */
  readonly changed: number;
  /** without an answer, never sent again: there or not */
  readonly unanswered: { readonly stored: number; readonly absent: number };
  readonly stored: number;
  /** events that waited there for a right clock */
  readonly quarantined: number;
  /** rows that wait there though their event was stored since */
  readonly openQuarantine: number;
  readonly examples: readonly string[];
  /** what must count in every figure, as it was sent: all that was promised, and of what had no answer that which is there */
  readonly truth: readonly AcceptedEvent[];
}

const Kept = z.object({ source: z.string(), id: z.string(), raw: z.string() });
const keyOf = ({ source, id }: { readonly source: string; readonly id: string }): string => `${source}\0${id}`;

/** What is wrong, by kind, with some examples. */
class Findings {
  readonly counts = { lost: 0, doubled: 0, halfTaken: 0, changed: 0 };
  readonly examples: string[] = [];
  add(kind: keyof Findings['counts'], what: string, { source, id }: { source: string; id: string }): void {
    this.counts[kind]++;
    if (this.examples.length < EXAMPLES_MAX) this.examples.push(`${what}: ${source} ${id}`);
  }
}

/** @returns the identities that are there */
function weighStored(stored: readonly AcceptedEvent[], ledger: Ledger, findings: Findings): Set<string> {
  const present = new Set<string>();
  for (const row of stored) {
    const entry = ledger.find(row.source, row.id);
    if (present.has(keyOf(row))) findings.add('doubled', 'doubled', row);
    present.add(keyOf(row));
    if (!entry || !(entry.isPromised || entry.unanswered > 0))
      findings.add('halfTaken', row.source === POISON ? 'taken out of a broken body' : 'stored though refused', row);
    else {
      const sent = readSent(entry.event.text);
      const isSame =
        sent.type === row.type && Date.parse(sent.time) === row.time && isDeepStrictEqual(sent.data, row.data);
      if (!isSame) findings.add('changed', 'stored otherwise than it was sent', row);
    }
  }
  return present;
}

function weighKept(kept: readonly z.output<typeof Kept>[], ledger: Ledger, findings: Findings): void {
  for (const row of kept) {
    const entry = ledger.find(row.source, row.id);
    if (!entry || !(entry.isQuarantined || entry.unanswered > 0))
      findings.add('halfTaken', 'kept in quarantine though nobody was told', row);
    else if (!isDeepStrictEqual(readSent(row.raw), readSent(entry.event.text)))
      findings.add('changed', 'kept in quarantine otherwise than it was sent', row);
  }
}

/** Raw rows and quarantine against promises, and against what was sent. */
export async function balance(reader: Reader, ledger: Ledger): Promise<Balance> {
  const stored = await readStored(reader);
  const kept = await read(reader, 'SELECT DISTINCT source, id, raw FROM quarantine_v1', Kept);
  const [quarantine] = await read(
    reader,
    "SELECT count() AS open FROM quarantine_v1 FINAL WHERE status = 'open' AND (source, id) IN (SELECT source, id FROM events_raw_v1)",
    z.object({ open: z.int() })
  );
  const findings = new Findings();
  const present = weighStored(stored, ledger, findings);
  weighKept(kept, ledger, findings);
  const keptRaw = new Set(kept.map(keyOf));
  const truth: AcceptedEvent[] = [];
  let quarantined = 0;
  const unanswered = { stored: 0, absent: 0 };
  for (const { event, isPromised, isQuarantined, isLeft, unanswered: times } of ledger.entries) {
    const isStored = present.has(keyOf(event));
    if (isQuarantined) quarantined++;
    if (isQuarantined && !keptRaw.has(keyOf(event))) findings.add('lost', 'lost from quarantine', event);
    if (isPromised && !isStored) findings.add('lost', 'lost', event);
    if (isLeft && !isPromised && times > 0) unanswered[isStored ? 'stored' : 'absent']++;
    if (isPromised || (isStored && times > 0)) truth.push(toAccepted(event.text, truth.length + 1));
  }
  return {
    ...findings.counts,
    unanswered,
    stored: stored.length,
    quarantined,
    openQuarantine: quarantine?.open ?? 0,
    examples: findings.examples,
    truth
  };
}

/** `npm run db:verify`: its words go to stderr. @returns whether every derived row is as the oracle says of the raw ones */
export async function rowsAreRight(
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
