/**
 * Events into every figure through the ingest service, against the same requests inserted straight into the same tables, in one run on
 * one embedded ClickHouse.
 * usage: node tests/bench/ingest.ts [--history 1000000] [--rounds 3] [--requests 100] [--seconds 5]
 * A table for people; the last line is one JSON object.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { Flow } from '#lib/contracts/flow.ts';
import { startEmbedded, type Embedded } from '#sql/embedded/start.server.ts';
import { createReader, createWriter } from '#sql/gateway.server.ts';
import type { ClickHouseAddress } from '#sql/interface.server.ts';
import { migrate } from '#sql/migrate.server.ts';
import { silentLog } from '../support/clickhouse.ts';
import { eventually } from '../support/eventually.ts';
import { API_KEY, askInternal, rows, spawnIngest, type IngestProcess } from '../support/ingest.ts';
import { usedMs, watchProcessors } from '../support/processor-time.ts';
import { quantile } from '../support/quantile.ts';
import { eventsFrom, rowsOf, startFor, typesOf, type BenchEvent } from './intake/mix.ts';
import {
  direct,
  ours,
  postAll,
  postForMs,
  postOnBeat,
  postStream,
  type Body,
  type Target
} from './intake/producers.ts';
import { microsecondsByStage } from './intake/profile.ts';

const REQUEST_EVENTS = 1_000;
const CONNECTIONS = 4;
const SINGLE_CONNECTIONS = 64;
/** ClickHouse takes 64 queries at a time, ours among them */
const STRAIGHT_CONNECTIONS = 48;
const BULK_ROWS = 50_000;
const BULK_INSERTS = 6;
/** two processors: more at a time gain nothing */
const BULK_CONNECTIONS = 2;
const BEAT_PER_SECOND = 2_000;
const WARM_UP_MS = 2_000;
const VISIBLE_MAX_MS = 10 * 60_000;

const { values } = parseArgs({
  options: {
    history: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    requests: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '5' }
  }
});
const history = Number(values.history);
const rounds = Number(values.rounds);
const requests = Number(values.requests);
const forMs = Number(values.seconds) * 1_000;
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const rounded = (value: number, digits = 1): number => Number(value.toFixed(digits));

async function level(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
}
const allVisible = ({ url }: IngestProcess): Promise<boolean> =>
  eventually('every event in every figure', VISIBLE_MAX_MS, async () => {
    // not of /metrics: scraping costs the service 5 ms, fifty times a second
    const { journal } = Flow.parse(await (await askInternal(url, '/flow')).json());
    return journal !== null && journal.acknowledged === journal.visible;
  });

/** Resident memory of a process, MB */
function residentMb(pid: number): number {
  const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (Number(kib) * 1024) / 1e6;
}
const pidOf = ({ child }: IngestProcess): number => child.pid ?? 0;

/** Events are numbered through the whole run, so that none is sent twice. */
class Numbers {
  readonly #start: number;
  #next = 0;
  constructor(start: number) {
    this.#start = start;
  }
  take(count: number): readonly BenchEvent[] {
    const events = eventsFrom(this.#next, count, this.#start);
    this.#next += count;
    return events;
  }
  /** of events that were taken before */
  get sent(): number {
    return this.#next;
  }
}

const asRequest = (events: readonly BenchEvent[]): Body => ({
  events: events.length,
  bytes: Buffer.from(JSON.stringify(events.length === 1 ? events[0] : events))
});
const asRows = (events: readonly BenchEvent[], seq: number): Body => ({
  events: events.length,
  bytes: Buffer.from(rowsOf(events, seq))
});

let storedEvents = 0;
const toUs = ({ url }: IngestProcess): Target =>
  ours(url, API_KEY, (events) => {
    storedEvents += events;
  });

interface Place {
  readonly embedded: Embedded;
  readonly address: ClickHouseAddress;
  /** the database into which a producer without us inserts */
  readonly other: ClickHouseAddress;
  readonly dataDir: string;
  readonly numbers: Numbers;
}

async function migrated(address: ClickHouseAddress): Promise<ClickHouseAddress> {
  const done = await migrate(address, { now: Date.now() });
  if (!done.ok) throw new Error(done.failure.message);
  return address;
}

/** A million events through the service, and the same rows in the other database. @returns events a second to the last figure */
async function makeHistory(place: Place, ingest: IngestProcess): Promise<number> {
  const began = performance.now();
  for (let left = history; left > 0; left -= BULK_ROWS) {
    const bodies: Body[] = [];
    for (let n = 0; n < Math.min(left, BULK_ROWS); n += REQUEST_EVENTS)
      bodies.push(asRequest(place.numbers.take(Math.min(REQUEST_EVENTS, left - n))));
    await postAll(toUs(ingest), bodies, CONNECTIONS);
  }
  await allVisible(ingest);
  const perSecond = (history * 1_000) / (performance.now() - began);
  const writer = createWriter(place.other);
  const copied = await writer.command(
    'history',
    'INSERT INTO events_raw_v1 SELECT * FROM {from:Identifier}.events_raw_v1',
    { params: { from: place.address.database }, timeoutMs: VISIBLE_MAX_MS }
  );
  await writer.close();
  if (!copied.ok) throw new Error(copied.failure.message);
  return perSecond;
}

interface Rates {
  readonly batch: number;
  readonly acknowledged: number;
  readonly direct: number;
  readonly bulk: number;
  /** µs of processor time an event */
  readonly ingestCpu: number;
  readonly clickhouseCpu: number;
}

/** @param n odd ones begin with the straight inserts: whoever comes first meets the merges of what came before */
async function round(place: Place, ingest: IngestProcess, n: number): Promise<Rates> {
  const { numbers, embedded } = place;
  const firstSeq = numbers.sent + 1;
  const parts = Array.from({ length: requests }, () => numbers.take(REQUEST_EVENTS));
  const [asked, inserted] = [parts.map(asRequest), parts.map((events, n) => asRows(events, firstSeq + n * 1_000))];
  const bulk = Array.from({ length: BULK_INSERTS }, () => asRows(numbers.take(BULK_ROWS), numbers.sent));
  const events = requests * REQUEST_EVENTS;
  const perSecond = (count: number, ms: number): number => (count * 1_000) / ms;

  const throughUs = async () => {
    const [ingestBefore, clickhouseBefore] = [usedMs(pidOf(ingest)), usedMs(embedded.pid)];
    const began = performance.now();
    const answeredMs = await postAll(toUs(ingest), asked, CONNECTIONS);
    await allVisible(ingest);
    return {
      batch: perSecond(events, performance.now() - began),
      acknowledged: perSecond(events, answeredMs),
      ingestCpu: ((usedMs(pidOf(ingest)) - ingestBefore) * 1_000) / events,
      clickhouseCpu: ((usedMs(embedded.pid) - clickhouseBefore) * 1_000) / events
    };
  };
  const straight = async () => ({
    direct: perSecond(events, await postAll(direct(place.other), inserted, CONNECTIONS)),
    bulk: perSecond(BULK_INSERTS * BULK_ROWS, await postAll(direct(place.other), bulk, BULK_CONNECTIONS))
  });
  if (n % 2 === 0) return { ...(await throughUs()), ...(await straight()) };
  const inserts = await straight();
  return { ...(await throughUs()), ...inserts };
}

/** One event a request. */
async function singles(place: Place, ingest: IngestProcess) {
  const { numbers } = place;
  const next = (): Body => asRequest(numbers.take(1));
  const nextRow = (): Body => asRows(numbers.take(1), numbers.sent);
  const target = toUs(ingest);
  const timing = { connections: SINGLE_CONNECTIONS, warmUpMs: WARM_UP_MS, forMs };
  const served = await postForMs(target, next, timing);
  await allVisible(ingest);
  const gathered = await postForMs(direct(place.other, true), nextRow, timing);
  const inserted = await postForMs(direct(place.other), nextRow, { ...timing, connections: STRAIGHT_CONNECTIONS });
  const waits = await postOnBeat(target, next, {
    perSecond: BEAT_PER_SECOND,
    warmUpMs: WARM_UP_MS,
    forMs,
    connections: SINGLE_CONNECTIONS
  });
  await allVisible(ingest);
  return { served, gathered, inserted, p50: quantile(waits, 0.5), p99: quantile(waits, 0.99) };
}

/** @returns acknowledged events a second over one endless body; null when the service does not serve them */
async function streamed(ingest: IngestProcess, events: readonly BenchEvent[]): Promise<number | null> {
  const lines = events.map((event) => `${JSON.stringify(event)}\n`);
  const target = toUs(ingest);
  // whoever refuses hangs up in the middle of a long body: asked first with none
  if ((await postStream(target, [])).status === 501) return null;
  const began = performance.now();
  const { status, text } = await postStream(target, lines);
  const ms = performance.now() - began;
  const stored = text
    .trimEnd()
    .split('\n')
    .reduce((sum, line) => sum + z.object({ stored: z.int() }).parse(JSON.parse(line)).stored, 0);
  if (status !== 200 || stored !== events.length)
    throw new Error(`the stream was answered ${status}, and ${stored} of ${events.length} were stored`);
  storedEvents += stored;
  return (events.length * 1_000) / ms;
}

interface Profiled {
  /** µs an event */
  readonly byStage: Map<string, number>;
  /** µs an event */
  readonly used: number;
  readonly residentMb: number;
}

/**
 * A run of its own, as profiling costs a little and must not be in the rates: a process that starts behind all that history, compiles
 * its code and knows no customer yet. It tells the cost of a restart, and how the stages compare.
 */
async function profiled(place: Place): Promise<Profiled> {
  const folder = join(place.dataDir, 'profiles');
  const ingest = await spawnIngest(place.dataDir, place.address, {
    nodeArgs: ['--cpu-prof', '--cpu-prof-interval', '500', '--cpu-prof-dir', folder]
  });
  const resident = residentMb(pidOf(ingest));
  const bodies = Array.from({ length: requests }, () => asRequest(place.numbers.take(REQUEST_EVENTS)));
  const before = usedMs(pidOf(ingest));
  await postAll(toUs(ingest), bodies, CONNECTIONS);
  await allVisible(ingest);
  const used = ((usedMs(pidOf(ingest)) - before) * 1_000) / (requests * REQUEST_EVENTS);
  await ingest.terminate();
  // samples are taken by the clock on the wall, so on a busy machine they say how time is shared and not how much it was
  const byStage = microsecondsByStage(folder);
  const sampled = [...byStage.values()].reduce((sum, us) => sum + us, 0);
  const all = [...byStage].map(([stage, us]): [string, number] => [stage, (us / sampled) * used]);
  return { byStage: new Map(all.sort(([, a], [, b]) => b - a)), used, residentMb: resident };
}

/** @throws when not every event that was answered for is there, once */
async function checkStored({ address }: Place): Promise<void> {
  const reader = createReader(address);
  const [raw] = await rows(reader, 'SELECT count() AS events, uniqExact(source, id) AS identities FROM events_raw_v1');
  await reader.close();
  if (raw?.events !== storedEvents || raw.identities !== storedEvents)
    throw new Error(`${storedEvents} events were answered for, and ClickHouse has ${JSON.stringify(raw)}`);
}

const median = (list: readonly Rates[], key: keyof Rates): number =>
  quantile(
    list.map((rates) => rates[key]),
    0.5
  );

async function measure(place: Place) {
  const ingest = await spawnIngest(place.dataDir, place.address);
  const emptyMb = residentMb(pidOf(ingest));
  try {
    const historyRate = await makeHistory(place, ingest);
    say(`history: ${history} events, ${Math.round(historyRate)} a second until all were in every figure`);
    say(`the mix, of 1,000: ${JSON.stringify(typesOf(eventsFrom(0, 1_000, 0)))}`);
    const measured: Rates[] = [];
    for (let n = 0; n < rounds; n++) {
      measured.push(await round(place, ingest, n));
      say(
        `round ${n + 1}: ${JSON.stringify(measured.at(-1), (_, value: unknown) => (typeof value === 'number' ? Math.round(value) : value))}`
      );
    }
    const single = await singles(place, ingest);
    const stream = await streamed(ingest, place.numbers.take(requests * REQUEST_EVENTS));
    await allVisible(ingest);
    const identities = await level(ingest.url, 'pulso_ingest_identities');
    const identityMb = (await level(ingest.url, 'pulso_ingest_identity_bytes')) / 1e6;
    await ingest.terminate();
    const profile = await profiled(place);
    await checkStored(place);
    return { measured, single, stream, identities, identityMb, grownMb: profile.residentMb - emptyMb, profile };
  } finally {
    await ingest.kill();
  }
}

function report(found: Awaited<ReturnType<typeof measure>>): void {
  const { measured, single, stream, identities, identityMb, grownMb, profile } = found;
  const batch = median(measured, 'batch');
  const row = (events: number, unit = 'events/s') => ({ median: Math.round(events), unit });
  console.table({
    '1,000 a request, 4 connections, to the last figure': row(batch),
    '… acknowledged': row(median(measured, 'acknowledged')),
    '… inserted straight': row(median(measured, 'direct')),
    'bulk limit: 50,000 rows an insert': row(median(measured, 'bulk')),
    'single events, 64 connections': row(single.served),
    '… inserted straight, gathered by ClickHouse': row(single.gathered),
    '… inserted straight, one by one, 48 connections': row(single.inserted),
    'one streaming body': stream === null ? { median: Number.NaN, unit: 'not served (501)' } : row(stream)
  });
  if (stream === null) say('the streaming body is answered 501: left out');
  say(
    `answers at ${BEAT_PER_SECOND} single events a second: p50 ${rounded(single.p50)} ms, p99 ${rounded(single.p99)} ms`
  );
  say(
    `memory: ${rounded(identityMb)} MB for ${identities} identities; a restarted process has ${rounded(grownMb)} MB more than an empty one`
  );
  console.table(
    Object.fromEntries([
      ['ingest, all threads (clock of the kernel)', { 'µs an event': rounded(median(measured, 'ingestCpu')) }],
      ['ClickHouse', { 'µs an event': rounded(median(measured, 'clickhouseCpu')) }],
      ['ingest just restarted, profiled, all threads', { 'µs an event': rounded(profile.used) }],
      ...[...profile.byStage]
        .filter(([, us]) => us >= 0.05)
        .map(([stage, us]) => [`… of it (share of samples): ${stage}`, { 'µs an event': rounded(us) }] as const)
    ])
  );
  const result = {
    batch_ratio: rounded(batch / median(measured, 'direct'), 3),
    bulk_ratio: rounded(batch / median(measured, 'bulk'), 3),
    single_per_s: Math.round(single.served),
    single_direct_per_s: Math.round(Math.max(single.gathered, single.inserted)),
    ack_p99_ms: rounded(single.p99),
    stream_per_s: stream === null ? null : Math.round(stream),
    memory_mb_per_million: rounded((identityMb / identities) * 1e6, 2),
    history
  };
  say(JSON.stringify(result));
}

async function main(dataDir: string): Promise<void> {
  const load = loadavg()[0] ?? 0;
  const shares = watchProcessors();
  const embedded = await startEmbedded({ dataDir, log: silentLog });
  try {
    const address = await migrated(embedded.address);
    const other = await migrated({ ...embedded.address, database: 'straight' });
    const events = history + rounds * (requests * REQUEST_EVENTS + BULK_INSERTS * BULK_ROWS) + 1_000_000;
    const numbers = new Numbers(startFor(events, Date.now()));
    const found = await measure({ embedded, address, other, dataDir, numbers });
    const { others } = shares();
    say(
      `processors: others used ${Math.round(others * 100)} % of the machine; load average ${rounded(load)} before, ${rounded(loadavg()[0] ?? 0)} after`
    );
    report(found);
  } finally {
    await embedded.stop();
  }
}

const dataDir = await mkdtemp(join(tmpdir(), 'pulso-bench-ingest-'));
try {
  await main(dataDir);
} finally {
  await rm(dataDir, { recursive: true, force: true });
}
