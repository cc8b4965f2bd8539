/**
 * From the HTTP answer to the glass: how long until an acknowledged event is in the text of a tile's <output> in Chromium.
 * usage: node tests/bench/glass.ts [--rate 100] [--seconds 64] [--history 20000]
 * Half of the events change cash, half receivables. The last line is one JSON object.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, type Browser, type Page } from 'playwright';
import { z } from 'zod';
import type { KpiId } from '#lib/contracts/kpi.ts';
import type { FactGroup } from '#lib/contracts/streams.ts';
import { cashPosition } from '#lib/server/kpi/queries/cash.server.ts';
import { createWriter } from '#sql/gateway.server.ts';
import { borrowClickHouse } from '#sql/embedded/borrow.server.ts';
import { CHROMIUM_ARGS, ensureChromium } from '../support/chromium.ts';
import { silentLog } from '../support/clickhouse.ts';
import { watchProcessors } from '../support/processor-time.ts';
import { startPulso, until, type Pulso } from '../support/pulso.ts';
import { quantile } from '../support/quantile.ts';
import { overdue, send, sendHistory, settled, type Sample } from './glass/load.ts';
import { signIn, weighOverview } from './glass/signed-in.ts';
import { minorOf, quiet, watchDoorbell, watchGlass, watchPush, type Seen } from './glass/watch.ts';

/** Just-in-time compilers and caches get warm in the first seconds, as they do in a product that runs for days. */
const WARM_UP_MS = 3_000;
const QUIET_MS = 2_000;
const SETTLE_MAX_MS = 60_000;
const FLOOR_ROUNDS = 200;

interface Measured {
  readonly kind: 'cash' | 'receivables';
  readonly group: FactGroup;
  readonly ids: readonly KpiId[];
}
const CASH: Measured = { kind: 'cash', group: 'cash', ids: ['cash-in-today', 'cash-position'] };
const RECEIVABLES: Measured = { kind: 'receivables', group: 'receivables', ids: ['receivables-overdue'] };
const WATCHED: readonly KpiId[] = [...CASH.ids, ...RECEIVABLES.ids];

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '64' },
    history: { type: 'string', default: '20000' }
  }
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const rounded = (ms: number): number => Math.round(ms * 10) / 10;

async function metric({ ingestUrl }: Pulso, name: string): Promise<number> {
  const text = await (await fetch(`${ingestUrl}/metrics`)).text();
  const line = text.split('\n').find((row) => row.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? 0);
}
const VISIBLE = 'pulso_ingest_visible_position';
const ACKNOWLEDGED = 'pulso_ingest_acknowledged_position';

const allVisible = (pulso: Pulso): Promise<void> =>
  until(
    'everything visible',
    async () => (await metric(pulso, VISIBLE)) === (await metric(pulso, ACKNOWLEDGED)),
    SETTLE_MAX_MS
  );

/** One row in, one figure out: what any way from an event to a figure costs at least. @returns p50 in ms */
async function measureFloor(dataDir: string): Promise<number> {
  const { address, giveBack } = await borrowClickHouse({ clickhouse: null, dataDir, log: silentLog });
  const writer = createWriter(address);
  const took: number[] = [];
  const row = { measure: 'bench', currency: '', time: 0, known_from: 0, amount_minor: 0, base_minor: 0, sign: 0 };
  for (let round = 0; round < FLOOR_ROUNDS; round++) {
    const startedAt = performance.now();
    const written = await writer.insert('money_movements_v1', JSON.stringify(row), { token: `floor:${round}` });
    const read = await writer.read(cashPosition, {});
    if (!written.ok || !read.ok) throw new Error('the floor cannot be measured: ClickHouse refused');
    took.push(performance.now() - startedAt);
  }
  await writer.close();
  await giveBack();
  return quantile(took, 0.5);
}

/** Milliseconds from `from` to the first moment at which a growing figure has reached the total. */
function waits(samples: readonly Sample[], from: readonly number[], seen: readonly Seen[], base: number): number[] {
  let next = 0;
  return samples.map(({ total }, index) => {
    while (next < seen.length && (seen[next]?.minor ?? 0) < base + total) next++;
    const reached = seen[next];
    if (reached === undefined) throw new Error('an acknowledged event never reached its tile');
    return reached.at - (from[index] ?? Number.NaN);
  });
}

interface Stops {
  readonly samples: readonly Sample[];
  /** the figure before the run */
  readonly base: (id: KpiId) => number;
  readonly rung: readonly { readonly at: number; readonly seq: number; readonly groups: readonly FactGroup[] }[];
  /** journal position of each sample */
  readonly seqs: readonly number[];
  readonly pushed: ReadonlyMap<KpiId, readonly Seen[]>;
  readonly glass: ReadonlyMap<KpiId, readonly Seen[]>;
}

/** All waits of one kind, whole and by stop. */
function evaluate({ ids, group }: Measured, stops: Stops, countedFrom: number) {
  const acks = stops.samples.map(({ ackAt }) => ackAt);
  const counted = acks.map((at) => at >= countedFrom);
  const bells = stops.rung.filter(({ groups }) => groups.includes(group)).map(({ at, seq }) => ({ at, minor: seq }));
  const asTotals = stops.samples.map((sample, index) => ({ ...sample, total: stops.seqs[index] ?? Number.NaN }));
  const committed = waits(asTotals, acks, bells, 0);
  const all: Record<'committed' | 'pushed' | 'drawn' | 'whole', number[]> = {
    committed: [],
    pushed: [],
    drawn: [],
    whole: []
  };
  for (const id of ids) {
    const toPush = waits(stops.samples, acks, stops.pushed.get(id) ?? [], stops.base(id));
    const toGlass = waits(stops.samples, acks, stops.glass.get(id) ?? [], stops.base(id));
    for (const [index, whole] of toGlass.entries()) {
      if (counted[index] !== true) continue;
      const [bell = Number.NaN, push = Number.NaN] = [committed[index], toPush[index]];
      all.committed.push(bell);
      all.pushed.push(push - bell);
      all.drawn.push(whole - push);
      all.whole.push(whole);
    }
  }
  const at = (share: number) => ({
    'answer → committed': quantile(all.committed, share),
    '→ pushed': quantile(all.pushed, share),
    '→ <output>': quantile(all.drawn, share),
    'answer → <output>': quantile(all.whole, share)
  });
  return { samples: counted.filter(Boolean).length, p50: at(0.5), p99: at(0.99) };
}

/** Where a sample stands in the journal: the order of the answers, which is that of the positions but for neighbours. */
function positions(base: number, ...kinds: readonly (readonly Sample[])[]): Map<Sample, number> {
  const order = kinds.flat().sort((a, b) => a.ackAt - b.ackAt);
  return new Map(order.map((sample, index) => [sample, base + index + 1]));
}

async function meanMs(pulso: Pulso, stage: string, before?: { sum: number; count: number }) {
  const sum = await metric(pulso, `pulso_ingest_stage_seconds_sum{stage="${stage}"}`);
  const count = await metric(pulso, `pulso_ingest_stage_seconds_count{stage="${stage}"}`);
  const [timed, times] = [sum - (before?.sum ?? 0), count - (before?.count ?? 0)];
  return { sum, count, times, mean: rounded((timed / Math.max(1, times)) * 1_000) };
}

async function tileValues(page: Page): Promise<Map<KpiId, number>> {
  const found = new Map<KpiId, number>();
  for (const id of WATCHED) {
    const text = await page.locator(`[data-tile="${id}"] output`).innerText();
    found.set(id, minorOf(text) || 0);
  }
  return found;
}

const STAGES = ['fsync', 'acknowledge', 'wait', 'ship', 'derive', 'visible'] as const;

async function measure(pulso: Pulso, browser: Browser) {
  await sendHistory(pulso, Number(values.history));
  await allVisible(pulso);
  const session = await signIn(browser, pulso);
  const weight = await weighOverview(browser, pulso, session);
  const page = await session.newPage();
  await page.goto(`${pulso.url}/`);
  await page.locator('[data-ready="true"] canvas').first().waitFor();
  const first = (await metric(pulso, ACKNOWLEDGED)) === 0;
  if (first) await page.locator('[data-tile="cash-in-today"][data-state="empty"]').waitFor();
  else await page.locator('[data-tile="receivables-overdue"][data-state="live"]').waitFor();
  const before = await tileValues(page);
  const baseSeq = await metric(pulso, ACKNOWLEDGED);

  const { log } = await watchGlass(page, WATCHED);
  const secrets = z.object({ internal_token: z.string() });
  const { internal_token } = secrets.parse(JSON.parse(readFileSync(join(pulso.dataDir, 'secrets.json'), 'utf8')));
  const bell = await watchDoorbell(pulso.ingestUrl, internal_token);
  const cookie = (await session.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
  const push = await watchPush(pulso.url, cookie, WATCHED);
  const stagesBefore = await Promise.all(STAGES.map((stage) => meanMs(pulso, stage)));

  const shares = watchProcessors();
  const startedAt = Date.now();
  const end = performance.now() + WARM_UP_MS + Number(values.seconds) * 1_000;
  const each = Number(values.rate) / 2;
  const [cash, receivables] = await Promise.all([send(pulso, settled, each, end), send(pulso, overdue, each, end)]);
  const rate = rounded(((cash.length + receivables.length) * 1_000) / (Date.now() - startedAt));
  const { ours, others } = shares();
  await allVisible(pulso);
  await quiet(() => [...push.seen.values()].reduce((sum, list) => sum + list.length, 0), QUIET_MS, SETTLE_MAX_MS);
  const stages = await Promise.all(STAGES.map((stage, index) => meanMs(pulso, stage, stagesBefore[index])));
  const changes = await log.evaluate((list) => list);
  push.stop();
  bell.stop();

  const seqs = positions(baseSeq, cash, receivables);
  const glass = new Map(
    WATCHED.map((id) => [
      id,
      changes.filter((change) => change.id === id).map(({ at, text }): Seen => ({ at, minor: minorOf(text) }))
    ])
  );
  const stopsOf = (samples: readonly Sample[]): Stops => ({
    samples,
    base: (id) => before.get(id) ?? 0,
    rung: bell.rung,
    seqs: samples.map((sample) => seqs.get(sample) ?? Number.NaN),
    pushed: push.seen,
    glass
  });
  return {
    rate,
    ours,
    others,
    weight,
    stages,
    repaints: Object.fromEntries([...glass].map(([id, seen]) => [id, seen.length])),
    cash: evaluate(CASH, stopsOf(cash), startedAt + WARM_UP_MS),
    receivables: evaluate(RECEIVABLES, stopsOf(receivables), startedAt + WARM_UP_MS)
  };
}

async function main(dataDir: string): Promise<void> {
  const load = loadavg()[0] ?? 0;
  const pulso = await startPulso({ DATA_DIR: dataDir, BUSINESS_CURRENCY: 'BRL', LOG_LEVEL: 'warn' });
  const browser = await chromium.launch({ executablePath: ensureChromium(), args: CHROMIUM_ARGS });
  try {
    const { rate, ours, others, weight, stages, repaints, cash, receivables } = await measure(pulso, browser);
    const floor = await measureFloor(dataDir);
    console.table({
      [`cash p50 (${cash.samples} events)`]: cash.p50,
      'cash p99': cash.p99,
      [`receivables p50 (${receivables.samples} events)`]: receivables.p50,
      'receivables p99': receivables.p99
    });
    for (const [index, stage] of STAGES.entries())
      say(`ingest ${stage}: ${stages[index]?.times ?? 0} times, mean ${stages[index]?.mean ?? 0} ms`);
    say(
      `changes of <output>: ${JSON.stringify(repaints)}; JavaScript: ${weight.files} files, ${weight.transferred} bytes on the wire`
    );
    say(
      `processors: ${Math.round(ours * 100)} % ours, ${Math.round(others * 100)} % others'; load average ${rounded(load)} before, ${rounded(loadavg()[0] ?? 0)} after`
    );
    const result = {
      rate,
      p50_ms: cash.p50['answer → <output>'],
      p99_ms: cash.p99['answer → <output>'],
      floor_p50_ms: rounded(floor),
      receivables_p50_ms: receivables.p50['answer → <output>'],
      receivables_p99_ms: receivables.p99['answer → <output>'],
      samples: Math.min(cash.samples, receivables.samples),
      js_gzip_bytes: weight.gzip,
      others_cpu: Math.round(others * 100) / 100
    };
    say(JSON.stringify(result));
  } finally {
    await browser.close();
    await pulso.stop();
  }
}

const dataDir = await mkdtemp(join(tmpdir(), 'pulso-glass-'));
try {
  await main(dataDir);
} finally {
  await rm(dataDir, { recursive: true, force: true });
}
