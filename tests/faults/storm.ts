/**
 * Faults of every kind while producers never stop: processes killed and frozen, the disk full, the connection to ClickHouse cut and slow,
 * the journal's tail torn, the clock wrong, bodies that no producer means. In the end every promise is kept, once, in every figure.
 * usage: node tests/faults/storm.ts [--seed N] [--now MS] [--faults 300] [--port 4500] [--no-bounds] [--verbose]
 * The seed and `now` make the same events, the same faults in the same order with the same luck, and each lane's sizes and encodings
 * again. Which events a request carries hangs on the answers, and what is under way when a fault strikes on the machine: they do not return.
 * Tables for people; the last line is one JSON object. Exit 1 when anything is not as promised.
 */
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom, type Random } from '#ingest/simulator/random.ts';
import { shipped } from '../support/ingest.ts';
import { freePort } from '../support/pulso.ts';
import { balance, rowsAreRight, type Balance } from './storm/account.ts';
import { DAWDLED, makeBombs } from './storm/bodies.ts';
import { dealBodies, sendDawdlers } from './storm/body-faults.ts';
import { bombMemory, dawdlers, LORIS_CLOSED_WITHIN_MS } from './storm/bounds.ts';
import { compareFigures } from './storm/figures.ts';
import type { Kind, Storm } from './storm/kinds.ts';
import { Ledger } from './storm/ledger.ts';
import { Load, makeEvents } from './storm/load.ts';
import { openPlace, type Place } from './storm/place.ts';
import type { Raw } from './storm/wire.ts';
import { rage, shortcomings, tableOf, type Made } from './storm/rage.ts';

/** half as much again as was seen: 363 to 400 MB */
const MEMORY_MB_MAX = 600;
const FINISH_MAX_MS = 60_000;
const VISIBLE_MAX_MS = 120_000;
const COPIES_AT_END = 3_000;
const BACKFILLS_MAX = 20;

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
const [seed, now, faults] = [values.seed, Number(values.now), Number(values.faults)];
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Killed services let go at once; the one that runs now must do so by its own bounds, also of those that came last. */
async function awaitDawdlers({ dawdlers: all, complaints }: Storm): Promise<void> {
  const over = sleep(LORIS_CLOSED_WITHIN_MS, { ms: Number.POSITIVE_INFINITY, isClosedByIt: false });
  const ended = await Promise.all(all.map((dawdler) => Promise.race([dawdler, over])));
  const late = ended.filter(({ ms }) => ms > LORIS_CLOSED_WITHIN_MS);
  const closedByIt = ended.filter(({ isClosedByIt }) => isClosedByIt);
  if (late.length > 0)
    complaints.push(`${late.length} connections that dawdled were open for longer than ${LORIS_CLOSED_WITHIN_MS} ms`);
  const longestMs = Math.max(...closedByIt.map(({ ms }) => ms));
  say(
    `connections that dawdled: ${ended.length}; the service closed ${closedByIt.length} of them, the last after ${(longestMs / 1_000).toFixed(1)} s`
  );
}

/** Amid the faults a backfill waits in vain and is then taken whole: only where nothing else goes wrong a kill comes between its parts. */
async function breakBackfills({ place: { service }, load, ledger, complaints }: Storm, random: Random): Promise<void> {
  for (let tries = 0; ledger.takenInPart === 0; tries++) {
    if (tries === BACKFILLS_MAX) return void complaints.push('no backfill failed with a part of it taken');
    const luck = random.fork(`backfill ${tries}`);
    // a live request, so that the next goes beside it
    await load.repeat(1, luck);
    const sending = load.backfill(luck);
    await sleep(luck.int(10, 250));
    await service.kill();
    await sending;
    service.start();
    await service.ready();
    await load.finish(luck, FINISH_MAX_MS);
    await shipped(service.url, VISIBLE_MAX_MS);
  }
}

/** All is mended, all is told again, and a service that has just started knows it all. */
async function settle(storm: Storm, random: Random): Promise<void> {
  const { place, load } = storm;
  const { service, cable, disk } = place;
  service.setClock(0);
  cable.mend();
  cable.delay(0);
  disk.free();
  await service.ready();
  await load.stop();
  await sendDawdlers(storm, [...DAWDLED, ...DAWDLED]);
  await load.finish(random, FINISH_MAX_MS);
  await shipped(service.url, VISIBLE_MAX_MS);
  // before the kills, which would close them all
  await awaitDawdlers(storm);
  await breakBackfills(storm, random);
  await service.kill();
  service.start();
  await service.ready();
  await load.repeat(COPIES_AT_END, random);
  await shipped(service.url, VISIBLE_MAX_MS);
}

async function attack(storm: Storm, bombs: readonly Raw[], random: Random): Promise<void> {
  const { service } = storm.place;
  for (const cost of [await bombMemory(service, bombs), await dawdlers(service, storm.load, random.fork('dawdlers'))]) {
    say(cost.words);
    storm.complaints.push(...cost.complaints);
  }
}

function report(storm: Storm, made: ReadonlyMap<Kind, Made>, found: Balance): void {
  console.table(tableOf(made));
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
    `stored: ${stored}; without an answer and not sent again: ${unanswered.stored} stored, ${unanswered.absent} not; taken though refused: ${halfTaken}; changed: ${changed}; backfills taken in part: ${storm.ledger.takenInPart}`
  );
  for (const line of [...storm.complaints, ...storm.ledger.complaints, ...found.examples]) say(`! ${line}`);
}

/** What is stored against all that was sent and promised. */
async function weigh(storm: Storm, random: Random): Promise<Balance> {
  const { place, ledger, complaints } = storm;
  const found = await balance(place.reader, ledger);
  if (!(await rowsAreRight(place.clickhouse.address, place.disk.dir)))
    complaints.push('derived rows differ from the oracle');
  const figures = await compareFigures(place.reader, found.truth, { now, random });
  say(`figures: ${figures.compared} compared with the oracle, ${figures.differences.length} differ`);
  complaints.push(...figures.differences);
  if (found.openQuarantine > 0)
    complaints.push(`${found.openQuarantine} rows are still open in quarantine though their events are stored`);
  for (const words of place.service.fell) complaints.push(`the service ended by itself: ${words}`);
  if (ledger.isExhausted) complaints.push('the events ran out before the faults did');
  if (place.service.peakBytes > MEMORY_MB_MAX * 1e6) complaints.push(`memory grew beyond ${MEMORY_MB_MAX} MB`);
  return found;
}

async function run(place: Place): Promise<number> {
  const startedAt = performance.now();
  const random = createRandom(`${seed}/harness`);
  const ledger = new Ledger(makeEvents(seed, now));
  const load = new Load(place.service.url, ledger);
  const bombs = makeBombs();
  const bodies = dealBodies(bombs, random.fork('bodies'));
  const storm: Storm = { place, load, ledger, bodies, dawdlers: [], complaints: [], notes: {} };
  await place.service.ready();
  if (!values['no-bounds']) await attack(storm, bombs, random);
  load.start(seed);
  const made = await rage(storm, { seed, faults }, values.verbose ? say : () => undefined);
  await settle(storm, random.fork('end'));
  load.close();
  const found = await weigh(storm, random.fork('moments'));
  const tookMs = performance.now() - startedAt;
  storm.complaints.push(...shortcomings(made, faults, tookMs));
  report(storm, made, found);
  say(`${Math.round(tookMs / 1_000)} s`);
  const lost = found.lost + ledger.forgotten;
  const doubled = found.doubled + ledger.doubled;
  const bit = [...made.values()].reduce((sum, kind) => sum + kind.faults, 0);
  const { sent, acknowledged } = ledger;
  say(JSON.stringify({ seed: Number(seed), faults: bit, sent, acknowledged, lost, doubled }));
  const isKept = lost === 0 && doubled === 0 && found.halfTaken === 0 && found.changed === 0;
  return isKept && storm.complaints.length === 0 && ledger.complaints.length === 0 ? 0 : 1;
}

say(`again: node tests/faults/storm.ts --seed ${seed} --now ${now} --faults ${faults}`);
const place = await openPlace(values.port === undefined ? await freePort() : Number(values.port));
// a disk of our own must not stay mounted
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.once(name, () => void place.close().finally(() => process.exit(130)));
try {
  process.exitCode = await run(place);
} catch (error) {
  say(`last words:\n${place.lastWords()}`);
  throw error;
} finally {
  await place.close();
}
