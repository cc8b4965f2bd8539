/** The faults, by kind: what each does, and by what it shows that it bit. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '#ingest/simulator/random.ts';
import { eventually } from '../../support/eventually.ts';
import { slowLoris } from './body-faults.ts';
import { note, type Fault, type Kind, type Storm } from './kinds.ts';
import { tear } from './tail.ts';

const CLICKHOUSE_BACK_MAX_MS = 60_000;
/** killed every few seconds, the service may have no insert answered for long */
const ANSWER_TO_LOSE_MAX_MS = 5 * 60_000;
/** until a fault that lasts has something to bite */
const BITES_MAX_MS = 2_000;
const LOOK_EVERY_MS = 20;
const MINUTE_MS = 60_000;
const OFFSETS_MS = [-26 * 60, -3 * 60, -7, -1, 2, 20, 5 * 60, 40 * 24 * 60].map((minutes) => minutes * MINUTE_MS);
/** no file may grow beyond it: state and keys fit, segments do not */
const FILE_KIB = 256;

/** A moment with something under way, when there is one soon. */
async function amid({ load }: Storm, random: Random): Promise<void> {
  await sleep(random.int(0, 300));
  for (let looks = 0; load.inFlight === 0 && looks < 40; looks++) await sleep(5);
}

async function clickhousePid({ place }: Storm): Promise<number> {
  return eventually('ClickHouse to be back', CLICKHOUSE_BACK_MAX_MS, () => place.clickhouse.pid());
}

/**
 * Often when all is well again, sometimes while it is only starting.
 * @returns what a kill would now catch: requests, or a start
 */
async function somewhen(storm: Storm, random: Random): Promise<() => number> {
  const { load, place } = storm;
  if (random.chance(0.25)) await sleep(random.int(0, 1_200));
  else {
    await place.service.ready();
    await amid(storm, random);
  }
  return () => load.inFlight + (place.service.isReady ? 0 : 1);
}

/** Goes on with a fault that lasts, when it has lasted, until something shows that it bites. */
async function untilItBites(evidence: () => number | Promise<number>): Promise<number> {
  for (const deadline = performance.now() + BITES_MAX_MS; ; await sleep(LOOK_EVERY_MS)) {
    const bites = await evidence();
    if (bites > 0 || performance.now() > deadline) return bites;
  }
}

/** @returns what `caught` said when it was killed */
async function killClickHouse(storm: Storm, caught: () => number): Promise<number> {
  const pid = await clickhousePid(storm);
  const count = caught();
  process.kill(pid, 'SIGKILL');
  // until its supervisor knows
  await eventually('ClickHouse to be gone', CLICKHOUSE_BACK_MAX_MS, () => storm.place.clickhouse.pid() !== pid);
  return count;
}

async function fillDisk(storm: Storm, random: Random): Promise<number> {
  const { disk, service } = storm.place;
  await service.ready();
  const before = storm.load.outcomes['503'] ?? 0;
  const refused = (): number => (storm.load.outcomes['503'] ?? 0) - before;
  if (disk.isOwn) {
    disk.fill();
    await sleep(random.int(200, 900));
    await untilItBites(refused);
    disk.free();
  } else {
    await service.kill();
    service.start(FILE_KIB);
    await service.ready();
    await sleep(random.int(200, 900));
    await untilItBites(refused);
    await service.kill();
    service.start();
  }
  return refused();
}

async function tearTail(storm: Storm, random: Random): Promise<number> {
  const { service } = storm.place;
  await somewhen(storm, random);
  await service.kill();
  await storm.load.drained();
  const torn = tear(service.journalDir, random, (source, id) => {
    const entry = storm.ledger.find(source, id);
    return entry?.isPromised === true || entry?.isQuarantined === true;
  });
  note(storm, `tails torn: ${torn?.kind ?? 'nothing there'}`);
  service.start();
  return torn?.bytes ?? 0;
}

async function skewClock({ place: { service }, load }: Storm, random: Random): Promise<number> {
  await service.ready();
  const answered = (): number => (load.outcomes['200'] ?? 0) + (load.outcomes['207'] ?? 0);
  service.setClock(random.pick(OFFSETS_MS));
  const before = answered();
  await sleep(random.int(200, 700));
  const meanwhile = await untilItBites(() => answered() - before);
  // or it stays wrong through what comes next
  if (random.chance(0.6)) service.setClock(0);
  return meanwhile;
}

export const FAULTS: Readonly<Record<Kind, Fault>> = {
  async 'kill ingest'(storm, random) {
    const { service } = storm.place;
    const caught = (await somewhen(storm, random))();
    await service.kill();
    service.start();
    return caught;
  },
  async 'kill ClickHouse'(storm, random) {
    await somewhen(storm, random);
    return killClickHouse(storm, () => storm.load.inFlight);
  },
  async 'kill both'(storm, random) {
    const { service } = storm.place;
    const caught = (await somewhen(storm, random))();
    await Promise.all([service.kill(), killClickHouse(storm, () => 0)]);
    service.start();
    return caught;
  },
  async 'freeze ingest'(storm, random) {
    const { service } = storm.place;
    await service.ready();
    await amid(storm, random);
    const caught = storm.load.inFlight;
    service.freeze();
    await sleep(random.int(50, 900));
    service.thaw();
    return caught;
  },
  async 'freeze ClickHouse'(storm, random) {
    const { service } = storm.place;
    await service.ready();
    await amid(storm, random);
    const pid = await clickhousePid(storm);
    process.kill(pid, 'SIGSTOP');
    await sleep(random.int(50, 900));
    const waited = await untilItBites(() => service.unshipped());
    process.kill(pid, 'SIGCONT');
    return waited;
  },
  'torn journal tail': tearTail,
  'full disk': fillDisk,
  'clock skew': skewClock,
  async 'cut connection'({ place: { cable, service } }, random) {
    cable.cut();
    await sleep(random.int(20, 600));
    const waited = await untilItBites(() => service.unshipped());
    cable.mend();
    return waited;
  },
  async 'slow connection'({ place: { cable, service } }, random) {
    cable.delay(random.int(10, 200));
    await sleep(random.int(200, 900));
    const waited = await untilItBites(() => service.unshipped());
    cable.delay(0);
    return waited;
  },
  async 'lost answers'(storm, random) {
    const { cable } = storm.place;
    const before = cable.lost;
    cable.loseAnswers(random.int(1, 3));
    await eventually('an answer to lose', ANSWER_TO_LOSE_MAX_MS, () => cable.lost > before);
    return cable.lost - before;
  },
  'malformed body': (storm, random) => storm.bodies.malformed(storm, random),
  'giant body': (storm, random) => storm.bodies.giant(storm, random),
  bomb: (storm, random) => storm.bodies.bomb(storm, random),
  'slow loris': slowLoris
};
