/**
 * Half a million events over one connection, ClickHouse stopped half-way until the journal is full, then let go on: what the service's
 * memory reaches beyond idle, whether the journal keeps its bound, whether each event is stored once, and
 * whether the balance is that of what was sent.
 * usage: node tests/faults/stream-outage.ts [--events N] [--journal-mib N] [--bound-mib N] [--kind moved|mixed]
 * A table for people; the last line is one JSON object. Exit 1 when a bound is broken, an event is missing, or nothing was held up.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { startEmbedded } from '#sql/embedded/start.server.ts';
import { createReader } from '#sql/gateway.server.ts';
import { migrate } from '#sql/migrate.server.ts';
import { readBalances } from '#ingest/verify/raw.ts';
import { silentLog } from '../support/clickhouse.ts';
import { rows, shipped, spawnIngest } from '../support/ingest.ts';
import { until } from '../support/pulso.ts';
import { openStream } from '../support/stream.ts';

const MIB = 1024 * 1024;
const LINES_A_WRITE = 500;
const LOOK_EVERY_MS = 50;
const HELD_MS = 10_000;
const SHIP_MAX_MS = 10 * 60_000;

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '500000' },
    'journal-mib': { type: 'string', default: '96' },
    'bound-mib': { type: 'string', default: '150' },
    kind: { type: 'string', default: 'mixed' }
  }
});
const total = Number(values.events);
const journalBytesMax = Number(values['journal-mib']) * MIB;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const ACCOUNT = 'itau';
const amountOf = (index: number): number => 1_000 + (index % 977);
const turnOf = (index: number): number => (values.kind === 'moved' ? 2 : index % 3);
/** what all of it moves on the account */
function balanceSent(): number {
  let sum = 0;
  for (let index = 0; index < total; index++) if (turnOf(index) > 0) sum += turnOf(index) === 1 ? amountOf(index) : 1;
  return sum;
}

/** Sales, their payments and other movements of money, so that the deriving thread has subjects to hold as well. */
function event(index: number): object {
  const at = { id: `so-${index}`, source: 'urn:stream-outage', time: new Date(Date.UTC(2026, 9, 1) + index * 2_000) };
  const customer_id = `C-${index % 20_000}`;
  const amount_minor = amountOf(index);
  const order_id = `O-${Math.floor(index / 3)}`;
  const turn = turnOf(index);
  if (turn === 0)
    return {
      ...at,
      type: 'order.placed',
      data: {
        order_id,
        customer_id,
        currency: 'BRL',
        lines: [{ sku: `S-${index % 500}`, quantity: 1, unit_price_minor: amount_minor }]
      }
    };
  if (turn === 1)
    return {
      ...at,
      type: 'payment.settled',
      data: {
        payment_id: `P-${index}`,
        account: ACCOUNT,
        amount_minor,
        fee_minor: 0,
        currency: 'BRL',
        method: 'pix',
        order_id
      }
    };
  return {
    ...at,
    type: 'account.moved',
    data: { account: ACCOUNT, amount_minor: 1, currency: 'BRL', category: 'yield' }
  };
}

const residentBytes = (pid: number): number =>
  z.coerce.number().parse(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;

async function journalBytes(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return z.coerce.number().parse(/^pulso_ingest_journal_bytes (\S+)$/m.exec(text)?.[1]);
}

const dataDir = await mkdtemp(join(tmpdir(), 'pulso-stream-outage-'));
const embedded = await startEmbedded({ dataDir, log: silentLog });
const migrated = await migrate(embedded.address, { now: Date.now() });
if (!migrated.ok) throw new Error(migrated.failure.message);
const clickhousePid = z
  .object({ pid: z.int() })
  .parse(JSON.parse(readFileSync(join(dataDir, 'clickhouse.json'), 'utf8'))).pid;
const service = await spawnIngest(dataDir, embedded.address, { journalBytesMax });
const pid = z.int().parse(service.child.pid);
const reader = createReader(embedded.address);

const peak = { resident: 0, journal: 0, phase: 'idle' };
const phases = new Map<string, number>();
const watching = new AbortController();
const watch = (async () => {
  while (!watching.signal.aborted) {
    const resident = residentBytes(pid);
    peak.resident = Math.max(peak.resident, resident);
    phases.set(peak.phase, Math.max(phases.get(peak.phase) ?? 0, resident));
    peak.journal = Math.max(peak.journal, await journalBytes(service.url));
    await sleep(LOOK_EVERY_MS);
  }
})();

let failed = false;
try {
  await sleep(3_000);
  const idle = residentBytes(pid);
  say(`idle            ${Math.round(idle / MIB)} MiB`);
  const began = performance.now();
  const stream = openStream(service.url);
  const state = { sent: 0 };
  const send = async (through: number): Promise<void> => {
    for (; state.sent < through; state.sent += LINES_A_WRITE) {
      const lines = Array.from({ length: LINES_A_WRITE }, (_, i) => `${JSON.stringify(event(state.sent + i))}\n`);
      await stream.write(lines.join(''));
    }
  };
  peak.phase = 'ClickHouse there';
  await send(total / 2);
  await until('the first half acknowledged', () => stream.through > total / 2 - 5_000, SHIP_MAX_MS);
  peak.phase = 'ClickHouse stopped';
  process.kill(clickhousePid, 'SIGSTOP');
  const rest = send(total);
  let stalledAt = -1;
  try {
    const deadline = performance.now() + 120_000;
    while (stream.through < total && stream.through !== stalledAt && performance.now() < deadline) {
      stalledAt = stream.through;
      await sleep(HELD_MS);
    }
  } finally {
    process.kill(clickhousePid, 'SIGCONT');
  }
  say(
    `stopped at      ${stalledAt} of ${total} acknowledged, journal ${Math.round((await journalBytes(service.url)) / MIB)} MiB`
  );
  peak.phase = 'ClickHouse back';
  await rest;
  await stream.end();
  const acknowledgedMs = performance.now() - began;
  peak.phase = 'shipping the rest';
  await shipped(service.url, SHIP_MAX_MS);
  const [stored] = await rows(reader, 'SELECT count() AS stored, uniqExact(source, id) AS distinct FROM events_raw_v1');
  const balances = await readBalances(reader);
  if (!balances.ok) throw new Error(balances.failure.message);
  const [balance] = balances.value.get(JSON.stringify(['BRL', ACCOUNT])) ?? [];
  watching.abort();
  await watch;
  const beyond = peak.resident - idle;
  const report = {
    events: total,
    kind: values.kind,
    acknowledged: stream.through,
    ...stream.sums,
    acknowledgements: stream.acknowledged.length,
    seconds: Math.round(acknowledgedMs / 100) / 10,
    raw: stored,
    stalled_at: stalledAt,
    balance,
    balance_sent: balanceSent(),
    idle_mib: Math.round(idle / MIB),
    beyond_idle_mib: Math.round(beyond / MIB),
    bound_mib: Number(values['bound-mib']),
    journal_peak_mib: Math.round((peak.journal / MIB) * 10) / 10,
    journal_bound_mib: journalBytesMax / MIB
  };
  for (const [phase, resident] of phases) say(`${phase.padEnd(20)} +${Math.round((resident - idle) / MIB)} MiB`);
  failed =
    stream.through !== total ||
    stream.sums.stored !== total ||
    Number(stored?.stored) !== total ||
    Number(stored?.distinct) !== total ||
    // it really waited
    !(stalledAt >= 0 && stalledAt < total) ||
    balance !== report.balance_sent ||
    // a number that is none is no proof
    !(peak.journal <= journalBytesMax) ||
    !(beyond <= report.bound_mib * MIB);
  say(JSON.stringify({ ...report, ok: !failed }));
} finally {
  watching.abort();
  await watch.catch(() => undefined);
  await service.kill();
  await reader.close();
  await embedded.stop();
  await rm(dataDir, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
