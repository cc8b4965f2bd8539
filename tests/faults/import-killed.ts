/**
 * An import whose whole product is killed five times, against one that was left alone: every table row by row.
 * usage: node tests/faults/import-killed.ts [--seed N] [--lines N | --full] [--rate N] [PATH]
 * A table for people; the last line is one JSON object. Exit 1 on any difference.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import { createRandom } from '#ingest/simulator/random.ts';
import { borrowClickHouse } from '#sql/embedded/borrow.server.ts';
import { silentLog } from '../support/clickhouse.ts';
import { compareStores } from '../support/compare-stores.ts';
import { killTrees } from '../support/process-tree.ts';
import { freePort, startPulso, until, type Pulso } from '../support/pulso.ts';

const ROOT = join(import.meta.dirname, '../..');
const FILE = join(ROOT, '../shared/data/uci_online_retail/online_retail_full.csv.gz');
const KILLS = 5;
const ATTEMPTS_MAX = 25;
const IMPORT_MAX_MS = 10 * 60_000;
const VERIFY_MAX_MS = 10 * 60_000;
const VISIBLE_MAX_MS = 5 * 60_000;
/** the moment within the time that something is unshipped: between two inserts, or in one */
const DELAY_MAX_MS = 80;
const POLL_MS = 3;
const BUSINESS = { BUSINESS_CURRENCY: 'GBP', BUSINESS_TIMEZONE: 'Europe/London', LOG_LEVEL: 'warn' };

const { values, positionals } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    lines: { type: 'string', default: '60000' },
    rate: { type: 'string' },
    full: { type: 'boolean', default: false }
  },
  allowPositionals: true
});
/** An excerpt is acknowledged within a second or two: too short for five moments apart from each other. */
const rate = values.rate ?? (values.full ? 'max' : '600');
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const running = new Set<number>();

/** The header and the first lines. @returns its path */
async function excerpt(source: string, lines: number, path: string): Promise<string> {
  const input = createReadStream(source);
  const text = source.endsWith('.gz') ? input.pipe(createGunzip()) : input;
  const output = createWriteStream(path);
  let left = lines + 1;
  for await (const line of createInterface({ input: text, crlfDelay: Infinity })) {
    if (left-- === 0) break;
    output.write(`${line}\n`);
  }
  input.destroy();
  output.end();
  await once(output, 'finish');
  return path;
}

async function start(dataDir: string, ingestPort: number): Promise<Pulso> {
  const pulso = await startPulso({
    ...BUSINESS,
    DATA_DIR: dataDir,
    INGEST_PORT: String(ingestPort),
    INGEST_URL: `http://127.0.0.1:${ingestPort}`
  });
  running.add(pulso.pid);
  return pulso;
}

async function stop(pulso: Pulso): Promise<void> {
  await pulso.stop();
  running.delete(pulso.pid);
}

/** The command as its operator types it. */
function startImport(pulso: Pulso, file: string, report: string): ChildProcess {
  const args = ['ingest/cli/import.ts', '--preset', 'uci-online-retail', '--rate', rate, '--report', report];
  const env = {
    PATH: String(process.env.PATH),
    HOME: tmpdir(),
    DATA_DIR: pulso.dataDir,
    INGEST_URL: pulso.ingestUrl,
    INGEST_API_KEY: pulso.ingestKey,
    BUSINESS_TIMEZONE: BUSINESS.BUSINESS_TIMEZONE
  };
  const child = spawn(process.execPath, [...args, file], { cwd: ROOT, env, stdio: ['ignore', 'ignore', 'inherit'] });
  running.add(z.int().parse(child.pid));
  return child;
}

interface Positions {
  readonly acknowledged: number;
  readonly visible: number;
}
async function positionsOf({ ingestUrl }: Pulso): Promise<Positions> {
  const text = await (await fetch(`${ingestUrl}/metrics`)).text();
  const read = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? NaN);
  return {
    acknowledged: z.int().parse(read('pulso_ingest_acknowledged_position')),
    visible: z.int().parse(read('pulso_ingest_visible_position'))
  };
}

const Report = z.object({
  events: z.int(),
  resumed_after: z.int(),
  totals: z.object({ stored: z.int(), duplicate: z.int(), duplicate_differs: z.int(), quarantined: z.int() })
});
type Report = z.output<typeof Report>;

/** To its end, and until all of it is visible. */
async function finish(pulso: Pulso, command: ChildProcess, report: string): Promise<Report> {
  await until('the import', () => command.exitCode !== null || command.signalCode !== null, IMPORT_MAX_MS);
  running.delete(command.pid ?? 0);
  if (command.exitCode !== 0) throw new Error(`the import ended with ${command.exitCode}`);
  await until(
    'every event in every figure',
    async () => {
      const { acknowledged, visible } = await positionsOf(pulso);
      return visible === acknowledged;
    },
    VISIBLE_MAX_MS
  );
  return Report.parse(JSON.parse(await readFile(report, 'utf8')));
}

/** @returns what was acknowledged when it was time; null: the import was over first */
async function moment(pulso: Pulso, command: ChildProcess, threshold: number, delayMs: number): Promise<number | null> {
  const isOver = (): boolean => command.exitCode !== null;
  let isDelayed = false;
  for (const deadline = Date.now() + IMPORT_MAX_MS; !isOver() && Date.now() < deadline;) {
    const { acknowledged, visible } = await positionsOf(pulso);
    if (acknowledged >= threshold && acknowledged > visible) {
      if (isDelayed) return acknowledged;
      isDelayed = true;
      await new Promise((resume) => setTimeout(resume, delayMs));
    } else await new Promise((resume) => setTimeout(resume, POLL_MS));
  }
  return null;
}

const State = z.object({
  shipped: z.int(),
  batch: z.nullable(z.object({ from: z.int(), through: z.int() }))
});

interface Kill {
  readonly acknowledged: number;
  readonly unshipped: number;
  readonly batch: string;
  readonly processes: number;
}

interface Disturbed {
  readonly pulso: Pulso;
  readonly report: Report;
  readonly kills: readonly Kill[];
}

/** The import, killed with everything it talks to, started again and resumed, until it has been killed often enough. */
async function disturbed(file: string, dataDir: string, report: string, events: number): Promise<Disturbed> {
  const random = createRandom(values.seed);
  const port = await freePort();
  const thresholds = Array.from({ length: KILLS }, (_, n) => Math.floor((events * 0.95 * (n + random.next())) / KILLS));
  const kills: Kill[] = [];
  let pulso = await start(dataDir, port);
  let command = startImport(pulso, file, report);
  for (let attempt = 0; kills.length < KILLS; attempt++) {
    if (attempt === ATTEMPTS_MAX) throw new Error('nothing was unshipped when it was killed, too often');
    const threshold = Math.max(1, thresholds[kills.length] ?? 0);
    const acknowledged = await moment(pulso, command, threshold, random.int(0, DELAY_MAX_MS));
    if (acknowledged === null) throw new Error(`the import was over after ${kills.length} kills: try --rate or --full`);
    const pids = [pulso.pid, z.int().parse(command.pid)];
    const killed = await killTrees(pids);
    for (const pid of pids) running.delete(pid);
    const state = State.parse(JSON.parse(await readFile(join(dataDir, 'journal/state.json'), 'utf8')));
    const unshipped = acknowledged - state.shipped;
    const batch = state.batch === null ? '–' : `${state.batch.from}–${state.batch.through}`;
    if (unshipped > 0) kills.push({ acknowledged, unshipped, batch, processes: killed.length });
    say(
      `kill ${kills.length}: ${killed.length} processes at ${acknowledged} acknowledged, ${state.shipped} shipped, batch ${batch}`
    );
    pulso = await start(dataDir, port);
    command = startImport(pulso, file, report);
  }
  return { pulso, report: await finish(pulso, command, report), kills };
}

/** `npm run db:verify` */
async function verify(dataDir: string): Promise<boolean> {
  const env = { PATH: String(process.env.PATH), HOME: tmpdir(), DATA_DIR: dataDir };
  const child = spawn(process.execPath, ['ingest/cli/verify.ts'], { cwd: ROOT, env, stdio: ['ignore', 2, 2] });
  running.add(z.int().parse(child.pid));
  await until('db:verify', () => child.exitCode !== null || child.signalCode !== null, VERIFY_MAX_MS);
  running.delete(child.pid ?? 0);
  return child.exitCode === 0;
}

async function compare(left: string, right: string) {
  const borrow = (dataDir: string) => borrowClickHouse({ clickhouse: null, dataDir, log: silentLog });
  const [here, there] = [await borrow(left), await borrow(right)];
  try {
    return await compareStores(here.address, there.address);
  } finally {
    await here.giveBack();
    await there.giveBack();
  }
}

async function main(folder: string): Promise<number> {
  const source = positionals[0] ?? FILE;
  const file = values.full ? source : await excerpt(source, Number(values.lines), join(folder, 'retail.csv'));
  const [calm, killed] = [join(folder, 'calm'), join(folder, 'killed')];
  const startedAt = performance.now();

  const reference = await start(calm, await freePort());
  const report = join(folder, 'report.json');
  const expected = await finish(reference, startImport(reference, file, report), report);
  await stop(reference);
  say(`undisturbed: ${expected.events} events, ${expected.totals.quarantined} of them quarantined`);

  const {
    pulso,
    report: resumed,
    kills
  } = await disturbed(file, killed, join(folder, 'resumed.json'), expected.events);
  say(`resumed after ${resumed.resumed_after} events: ${JSON.stringify(resumed.totals)}`);
  const isVerified = await verify(killed);
  await stop(pulso);

  const compared = await compare(calm, killed);
  console.table(
    Object.fromEntries(
      compared.map(({ table, left, right, differences }) => [table, { undisturbed: left, killed: right, differences }])
    )
  );
  for (const { table, examples } of compared) for (const example of examples) say(`${table}: ${example}`);
  const differences = compared.reduce((sum, table) => sum + table.differences, 0);
  const result = {
    seed: Number(values.seed),
    kills: kills.length,
    events: expected.events,
    unshipped: kills.map(({ unshipped }) => unshipped),
    verified: isVerified,
    seconds: Math.round((performance.now() - startedAt) / 1000),
    differences
  };
  say(JSON.stringify(result));
  return differences === 0 && isVerified ? 0 : 1;
}

const folder = await mkdtemp(join(tmpdir(), 'pulso-killed-'));
const leave = async (): Promise<void> => {
  await killTrees([...running]);
  await rm(folder, { recursive: true, force: true });
};
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.once(name, () => void leave().finally(() => process.exit(130)));
try {
  process.exitCode = await main(folder);
} finally {
  await leave();
}
