/**
 * Faults of every kind while producers never stop: processes killed and frozen, the disk full, the connection to ClickHouse cut and slow,
 * the journal's tail torn, the clock wrong, bodies that no producer means. In the end every promise is kept, once, in every figure.
 * usage: node tests/faults/storm.ts [--seed N] [--now MS] [--faults 300] [--port 4500] [--no-bounds] [--verbose]
 * Tables for people; the last line is one JSON object. Exit 1 when anything is not as promised.
 */
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom, type Random } from '#ingest/simulator/random.ts';
import { shipped } from '../support/ingest.ts';
import { freePort } from '../support/pulso.ts';
import { balance, rowsAreRight, type Balance } from './storm/account.ts';
import { makeBombs } from './storm/bodies.ts';
import { BOMB_MIB_MAX, bombMemory, dawdled, isBorne, LORIS_CLOSED_WITHIN_MS } from './storm/bounds.ts';
import { compareFigures } from './storm/figures.ts';
import { FAULTS, KINDS, type Kind, type Lane, type Storm } from './storm/faults.ts';
import { Ledger } from './storm/ledger.ts';
import { Load, makeEvents } from './storm/load.ts';
import { openPlace } from './storm/place.ts';

/** a full batch of 40,000 events, its subjects' histories with it, is what costs most: 0.6 to 1 GB were seen */
const MEMORY_MB_MAX = 1_280;
const FINISH_MAX_MS = 60_000;
const VISIBLE_MAX_MS = 120_000;
const COPIES_AT_END = 3_000;
const PAUSE_MAX_MS: Readonly<Record<Lane, number>> = { process: 250, wire: 2_500, body: 2_500 };
const LANES: readonly Lane[] = ['process', 'wire', 'body'];

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    // when the world ends whose events are told; epoch ms
    now: { type: 'string', default: String(Date.now() - 1_000) },
    faults: { type: 'string', default: '300' },
    port: { type: 'string' },
    'no-bounds': { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false }
  }
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** As many of each kind, in an order that the seed gives. */
function plan(lane: Lane, faults: number, random: Random): Kind[] {
  const kinds = Object.values(KINDS).flat();
  const each = Math.ceil(faults / kinds.length);
  return KINDS[lane]
    .flatMap((kind) => Array.from({ length: each }, () => ({ kind, place: random.next() })))
    .sort((a, b) => a.place - b.place)
    .map(({ kind }) => kind);
}

/** @returns how many of each kind were made */
async function rage(storm: Storm, seed: string, faults: number): Promise<Map<Kind, number>> {
  const made = new Map<Kind, number>();
  const run = async (lane: Lane): Promise<void> => {
    const random = createRandom(`${seed}/${lane}`);
    for (const kind of plan(lane, faults, random)) {
      const began = performance.now();
      await FAULTS[kind](storm, random);
      if (values.verbose)
        say(
          `${(began / 1_000).toFixed(1)} s: ${kind}, ${Math.round(performance.now() - began)} ms; service at most ${Math.round(storm.place.service.peakBytes / 1e6)} MB`
        );
      made.set(kind, (made.get(kind) ?? 0) + 1);
      await sleep(random.int(0, PAUSE_MAX_MS[lane]));
    }
  };
  await Promise.all(LANES.map(run));
  return made;
}

/** All is mended, all is told again, and a service that has just started knows it all. */
async function settle({ place, load, lorises, complaints }: Storm, random: Random): Promise<void> {
  const { service, cable, disk } = place;
  service.setClock(0);
  cable.mend();
  cable.delay(0);
  disk.free();
  await service.ready();
  await load.stop();
  await load.finish(random, FINISH_MAX_MS);
  await shipped(service.url, VISIBLE_MAX_MS);
  await service.kill();
  service.start();
  await service.ready();
  await load.repeat(COPIES_AT_END, random);
  await shipped(service.url, VISIBLE_MAX_MS);
  // killed services let go at once, the last one by its own bounds
  const late = await Promise.all(
    lorises.map(({ closed }) => Promise.race([closed, sleep(LORIS_CLOSED_WITHIN_MS, Number.POSITIVE_INFINITY)]))
  );
  const open = late.filter((ms) => !Number.isFinite(ms)).length;
  if (open > 0) complaints.push(`${open} connections that dawdled were never closed`);
}

async function attack(storm: Storm, random: Random): Promise<void> {
  const { service } = storm.place;
  const bombMib = await bombMemory(service, storm.bombs);
  say(`a bomb costs at most ${bombMib.toFixed(1)} MiB`);
  if (!(bombMib <= BOMB_MIB_MAX)) storm.complaints.push(`a bomb cost ${bombMib} MiB`);
  const borne = await dawdled(service, storm.load, random);
  const { closedMs, calmP99, attackedP99, refused } = borne;
  say(
    `200 connections that dawdle: the last closed after ${(closedMs / 1_000).toFixed(1)} s; others' answers p99 ${attackedP99.toFixed(1)} ms, calm ${calmP99.toFixed(1)} ms; ${refused} of others refused`
  );
  if (!isBorne(borne)) storm.complaints.push('connections that dawdle were not borne');
}

function report(storm: Storm, made: ReadonlyMap<Kind, number>, found: Balance): void {
  console.table(Object.fromEntries([...made].sort().map(([kind, faults]) => [kind, { faults }])));
  for (const [what, count] of Object.entries(storm.notes).sort()) say(`${what}: ${count}`);
  const { service } = storm.place;
  say(
    `requests: ${JSON.stringify(storm.load.outcomes)}; ${found.quarantined} events waited in quarantine for a right clock`
  );
  say(
    `service: ${service.starts} starts, ${Math.round(service.peakBytes / 1e6)} MB at most; ended by itself ${service.fell.length} times`
  );
  const { stored, unanswered, halfTaken, changed } = found;
  say(
    `stored: ${stored}; without an answer and not sent again: ${unanswered.stored} stored, ${unanswered.absent} not; taken though refused: ${halfTaken}; changed: ${changed}`
  );
  for (const line of [...storm.complaints, ...storm.ledger.complaints, ...found.examples]) say(`! ${line}`);
}

async function main(): Promise<number> {
  const { seed } = values;
  const now = Number(values.now);
  say(`again: node tests/faults/storm.ts --seed ${seed} --now ${now} --faults ${values.faults}`);
  const startedAt = performance.now();
  const place = await openPlace(values.port === undefined ? await freePort() : Number(values.port));
  // a disk of our own must not stay mounted
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => void place.close().finally(() => process.exit(130)));
  try {
    const random = createRandom(`${seed}/harness`);
    const ledger = new Ledger(makeEvents(seed, now), random.fork('ledger'));
    const load = new Load(place.service.url, ledger);
    const storm: Storm = { place, load, ledger, bombs: makeBombs(), lorises: [], complaints: [], notes: {} };
    await place.service.ready();
    if (!values['no-bounds']) await attack(storm, random);
    load.start(seed);
    const made = await rage(storm, seed, Number(values.faults));
    await settle(storm, random);
    const found = await balance(place.reader, ledger);
    const isRight = await rowsAreRight(place.clickhouse.address, place.disk.dir);
    load.close();
    if (!isRight) storm.complaints.push('derived rows differ from the oracle');
    const figures = await compareFigures(place.reader, found.truth, { now, random });
    say(`figures: ${figures.compared} compared with the oracle, ${figures.differences.length} differ`);
    storm.complaints.push(...figures.differences);
    if (found.openQuarantine > 0)
      storm.complaints.push(`${found.openQuarantine} rows are still open in quarantine though their events are stored`);
    for (const words of place.service.fell) storm.complaints.push(`the service ended by itself: ${words}`);
    if (ledger.isExhausted) storm.complaints.push('the events ran out before the faults did');
    if (place.service.peakBytes > MEMORY_MB_MAX * 1e6) storm.complaints.push(`memory grew beyond ${MEMORY_MB_MAX} MB`);
    report(storm, made, found);
    say(`${Math.round((performance.now() - startedAt) / 1_000)} s`);
    const faults = [...made.values()].reduce((sum, count) => sum + count, 0);
    const lost = found.lost + ledger.forgotten;
    const doubled = found.doubled + ledger.doubled;
    say(
      JSON.stringify({
        seed: Number(seed),
        faults,
        sent: ledger.sent,
        acknowledged: ledger.acknowledged,
        lost,
        doubled
      })
    );
    const isKept = lost === 0 && doubled === 0 && found.halfTaken === 0 && found.changed === 0;
    return isKept && storm.complaints.length === 0 && ledger.complaints.length === 0 ? 0 : 1;
  } catch (error) {
    say(`last words:\n${place.lastWords()}`);
    throw error;
  } finally {
    await place.close();
  }
}

process.exitCode = await main();
