/**
 * What live events of one source wait for while a backfill of another runs as fast as it is taken: acknowledged, and visible in
 * their figure (cash), alone and beside the backfill by turns, in one run.
 * usage: node tests/bench/fairness.ts [--rounds 4] [--seconds 10] [--rate 50]
 * A table for people; the last line is one JSON object. Exits with 1 when an event waits more than twice as long beside the backfill
 * (p99), when one is not answered with 200 or not visible within 10 s, or when the backfill hardly goes on.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { Flow } from '#lib/contracts/flow.ts';
import { DoorbellMessage } from '#lib/contracts/internal.ts';
import { startEmbedded } from '#sql/embedded/start.server.ts';
import { migrate } from '#sql/migrate.server.ts';
import { silentLog } from '../support/clickhouse.ts';
import { eventually } from '../support/eventually.ts';
import { API_KEY, askInternal, shipped, spawnIngest } from '../support/ingest.ts';
import { quantile } from '../support/quantile.ts';
import { eventsFrom, startFor } from './intake/mix.ts';

const RATIO_MAX = 2;
/** less is no backfill at full rate */
const BACKFILL_PER_S_MIN = 500;
const VISIBLE_MAX_MS = 10_000;
const REQUEST_EVENTS = 1_000;
const BACKFILL_CONNECTIONS = 4;
/** Before the first round: as long as the kernel keeps written pages, so that its writing back is part of every round. */
const WARM_UP_S = 35;
/** at the beginning of each half of a round */
const SETTLE_S = 2;
/** events of a backfill are numbered from round × this */
const ROUND_EVENTS = 200_000;
const BEFORE_ROUNDS = 10_000_000;
const START = startFor(BEFORE_ROUNDS, Date.now());

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '10' },
    rate: { type: 'string', default: '50' }
  }
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const rate = Number(values.rate);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const dataDir = await mkdtemp(join(tmpdir(), 'pulso-fairness-'));
const embedded = await startEmbedded({ dataDir, log: silentLog });
const migrated = await migrate(embedded.address, { now: Date.now() });
if (!migrated.ok) throw new Error(migrated.failure.message);
const service = await spawnIngest(dataDir, embedded.address);

const post = async (events: readonly object[]): Promise<void> => {
  const response = await fetch(`${service.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${API_KEY}` },
    body: JSON.stringify(events)
  });
  await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`answered ${response.status}`);
};
async function acknowledgedPosition(): Promise<number> {
  // not of /metrics: scraping costs the service 5 ms
  const { journal } = Flow.parse(await (await askInternal(service.url, '/flow')).json());
  if (!journal) throw new Error('the journal is not open');
  return journal.acknowledged;
}

interface Samples {
  readonly acknowledgedMs: number[];
  readonly visibleMs: number[];
}
/** what waits to be visible: at which position, since when, and of which half; null: of none that is measured */
const waiting: { readonly position: number; readonly since: number; readonly into: Samples | null }[] = [];

/** The position visible in cash, as soon as ingest says so. */
async function watchFigures(): Promise<never> {
  const response = await askInternal(service.url, '/doorbell');
  if (!response.body) throw new Error('no doorbell');
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (text + chunk).split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      const message = DoorbellMessage.parse(JSON.parse(line));
      if (message.kind !== 'committed' || !message.groups.includes('cash')) continue;
      const now = performance.now();
      for (let next = waiting[0]; next && next.position <= message.seq; next = waiting[0]) {
        next.into?.visibleMs.push(now - next.since);
        waiting.shift();
      }
    }
  }
  throw new Error('the doorbell fell silent');
}

let lives = 0;
async function liveFor(durationMs: number, into: Samples | null = null): Promise<void> {
  const end = performance.now() + durationMs;
  const sent: Promise<void>[] = [];
  for (let at = performance.now(); at < end; at += 1_000 / rate) {
    await sleep(Math.max(0, at - performance.now()));
    const event = {
      id: `live-${lives++}`,
      source: 'urn:live',
      type: 'account.moved',
      time: new Date(),
      data: { account: 'itau', amount_minor: 1, currency: 'BRL', category: 'yield' }
    };
    sent.push(
      (async () => {
        const began = performance.now();
        await post([event]);
        into?.acknowledgedMs.push(performance.now() - began);
        const since = performance.now();
        // at or behind the event's own position
        const position = await acknowledgedPosition();
        waiting.push({ position, since, into });
      })()
    );
  }
  await Promise.all(sent);
}

async function taken(backfill: Worker): Promise<number> {
  const answer = once(backfill, 'message');
  backfill.postMessage('taken');
  return z.tuple([z.int()]).parse(await answer)[0];
}

const noSamples = (): Samples => ({ acknowledgedMs: [], visibleMs: [] });

async function measure(into: Samples): Promise<void> {
  await liveFor(SETTLE_S * 1_000);
  await liveFor(seconds * 1_000, into);
  // one that is starved is a sample, too
  await eventually('all live events to be visible', VISIBLE_MAX_MS, () =>
    Promise.resolve(into.visibleMs.length === into.acknowledgedMs.length)
  );
}

interface Measured {
  readonly ack_p50_ms: number;
  readonly ack_p99_ms: number;
  readonly visible_p50_ms: number;
  readonly visible_p99_ms: number;
  readonly samples: number;
}
function measured({ acknowledgedMs, visibleMs }: Samples): Measured {
  const of = (list: readonly number[], share: number): number => Math.round(quantile(list, share) * 10) / 10;
  return {
    ack_p50_ms: of(acknowledgedMs, 0.5),
    ack_p99_ms: of(acknowledgedMs, 0.99),
    visible_p50_ms: of(visibleMs, 0.5),
    visible_p99_ms: of(visibleMs, 0.99),
    samples: acknowledgedMs.length
  };
}

/** @returns events of the backfill taken a second */
async function measureBeside(into: Samples, round: number): Promise<number> {
  const backfill = new Worker(new URL('intake/backfill.ts', import.meta.url), {
    workerData: {
      url: service.url,
      key: API_KEY,
      start: START,
      first: round * ROUND_EVENTS,
      events: REQUEST_EVENTS,
      connections: BACKFILL_CONNECTIONS
    }
  });
  const began = performance.now();
  await measure(into);
  const perSecond = (await taken(backfill)) / ((performance.now() - began) / 1_000);
  const ended = once(backfill, 'exit');
  backfill.postMessage('stop');
  await ended;
  await shipped(service.url, 120_000);
  return perSecond;
}

try {
  const watching = watchFigures();
  // whoever waits for a figure sees it
  watching.catch(() => undefined);
  await post(eventsFrom(BEFORE_ROUNDS, REQUEST_EVENTS, START));
  await shipped(service.url);
  await liveFor(WARM_UP_S * 1_000);
  const samples = { alone: noSamples(), beside: noSamples() };
  const perSecond: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const alone = (): Promise<void> => Promise.race([measure(samples.alone), watching]);
    const beside = async (): Promise<void> => {
      perSecond.push(await Promise.race([measureBeside(samples.beside, round), watching]));
    };
    // by turns, for what one half leaves to be merged falls into the next
    for (const half of round % 2 === 0 ? [alone, beside] : [beside, alone]) await half();
  }
  const [alone, beside] = [measured(samples.alone), measured(samples.beside)];
  const backfillPerS = Math.round(quantile(perSecond, 0.5));
  const ratio = (a: number, b: number): number => Math.round((a / b) * 100) / 100;
  const row = (name: string, m: Measured): string =>
    [name.padEnd(20), m.ack_p50_ms, m.ack_p99_ms, m.visible_p50_ms, m.visible_p99_ms, m.samples]
      .map((cell) => String(cell).padStart(14))
      .join('');
  say(`live events, ${rate} a second`.padEnd(30));
  say(
    ['', 'ack p50 ms', 'ack p99 ms', 'visible p50 ms', 'visible p99 ms', 'samples']
      .map((head) => head.padStart(16))
      .join('')
  );
  say(row('alone', alone));
  say(row('beside a backfill', beside));
  say(`backfill: ${backfillPerS} events/s`);
  const ratios = {
    ack_p99_ratio: ratio(beside.ack_p99_ms, alone.ack_p99_ms),
    visible_p99_ratio: ratio(beside.visible_p99_ms, alone.visible_p99_ms)
  };
  if (Math.max(...Object.values(ratios)) > RATIO_MAX || backfillPerS < BACKFILL_PER_S_MIN) process.exitCode = 1;
  say(
    JSON.stringify({
      rate,
      alone,
      beside,
      backfill_per_s: backfillPerS,
      ...ratios
    })
  );
} finally {
  await service.kill();
  await embedded.stop();
  await rm(dataDir, { recursive: true, force: true });
}
