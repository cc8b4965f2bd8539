/** The faults, by kind: what each does, and when it counts as having happened. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '#ingest/simulator/random.ts';
import { eventually } from '../../support/eventually.ts';
import { abuseAtRandom, BROKEN, dawdle, GIANT, meet, type Loris, type Met, type Raw } from './bodies.ts';
import type { Ledger } from './ledger.ts';
import type { Load } from './load.ts';
import type { Place } from './place.ts';
import { tear } from './tail.ts';

export const KINDS = {
  process: [
    'kill ingest',
    'kill ClickHouse',
    'kill both',
    'freeze ingest',
    'freeze ClickHouse',
    'torn journal tail',
    'full disk',
    'clock skew'
  ],
  wire: ['cut connection', 'slow connection', 'lost answers'],
  body: ['malformed body', 'giant body', 'bomb', 'slow loris']
} as const;
export type Lane = keyof typeof KINDS;
export type Kind = (typeof KINDS)[Lane][number];

const CLICKHOUSE_BACK_MAX_MS = 60_000;
const LISTENS_MAX_MS = 60_000;
/** killed every few seconds, the service may have no insert answered for long */
const ANSWER_TO_LOSE_MAX_MS = 5 * 60_000;
const LORISES_AT_ONCE = 3;
const BODY_AGAIN_MS = 50;
const MINUTE_MS = 60_000;
const OFFSETS_MS = [-26 * 60, -3 * 60, -7, -1, 2, 20, 5 * 60, 40 * 24 * 60].map((minutes) => minutes * MINUTE_MS);
/** no file may grow beyond it: state and keys fit, segments do not */
const FILE_KIB = 256;

export interface Storm {
  readonly place: Place;
  readonly load: Load;
  readonly ledger: Ledger;
  readonly bombs: readonly Raw[];
  readonly lorises: Loris[];
  readonly complaints: string[];
  /** what was seen, for the table */
  readonly notes: Record<string, number>;
}

const note = ({ notes }: Storm, what: string, by = 1): void => void (notes[what] = (notes[what] ?? 0) + by);

/** A moment with something under way, when there is one soon. */
async function amid({ load }: Storm, random: Random): Promise<void> {
  await sleep(random.int(0, 300));
  for (let looks = 0; load.inFlight === 0 && looks < 40; looks++) await sleep(5);
}

async function clickhousePid({ place }: Storm): Promise<number> {
  return eventually('ClickHouse to be back', CLICKHOUSE_BACK_MAX_MS, () => place.clickhouse.pid());
}

/** Often when all is well again, sometimes while it is only starting. */
async function somewhen(storm: Storm, random: Random): Promise<void> {
  if (random.chance(0.25)) await sleep(random.int(0, 1_200));
  else {
    await storm.place.service.ready();
    await amid(storm, random);
  }
  note(storm, 'requests in flight at kills', storm.load.inFlight);
}

async function killClickHouse(storm: Storm): Promise<void> {
  const pid = await clickhousePid(storm);
  process.kill(pid, 'SIGKILL');
  // until its supervisor knows
  await eventually('ClickHouse to be gone', CLICKHOUSE_BACK_MAX_MS, () => storm.place.clickhouse.pid() !== pid);
}

async function freeze(stop: () => void, go: () => void, random: Random): Promise<void> {
  stop();
  await sleep(random.int(50, 900));
  go();
}

async function fillDisk(storm: Storm, random: Random): Promise<void> {
  const { disk, service } = storm.place;
  await service.ready();
  const before = storm.load.outcomes['503'] ?? 0;
  if (disk.isOwn) {
    disk.fill();
    await sleep(random.int(200, 900));
    disk.free();
  } else {
    await service.kill();
    service.start(FILE_KIB);
    await service.ready();
    await sleep(random.int(200, 900));
    await service.kill();
    service.start();
  }
  note(storm, 'requests refused by full disks', (storm.load.outcomes['503'] ?? 0) - before);
}

/** A service that is only starting refuses everything: the body is then sent again, so that it is met as a body. */
async function meetAll(storm: Storm, what: string, raw: Raw, allowed: readonly number[]): Promise<void> {
  const { service } = storm.place;
  const deadline = performance.now() + LISTENS_MAX_MS;
  let met: Met = 'refused';
  while (met === 'refused' || met.status === 503) {
    if (performance.now() > deadline) throw new Error(`${what}: nobody listens`);
    await eventually('a service to meet a body', LISTENS_MAX_MS, () => service.isReady);
    met = await meet(service.port, raw);
    if (met === 'refused' || met.status === 503) await sleep(BODY_AGAIN_MS);
  }
  // answered and taken is the one thing that must not be
  if (met.status !== null && !allowed.includes(met.status))
    storm.complaints.push(`${what} were answered ${met.status}`);
  note(storm, `${what} answered ${met.status ?? 'by closing'}`);
}

async function sendLorises(storm: Storm, random: Random): Promise<void> {
  const part = random.pick(['headers', 'body', 'compressed body'] as const);
  for (let count = 0; count < LORISES_AT_ONCE;) {
    const loris = await dawdle(storm.place.service.port, part);
    if (loris === null) await sleep(50);
    else {
      storm.lorises.push(loris);
      count++;
    }
  }
}

export const FAULTS: Readonly<Record<Kind, (storm: Storm, random: Random) => Promise<void>>> = {
  async 'kill ingest'(storm, random) {
    await somewhen(storm, random);
    await storm.place.service.kill();
    storm.place.service.start();
  },
  async 'kill ClickHouse'(storm, random) {
    await somewhen(storm, random);
    await killClickHouse(storm);
  },
  async 'kill both'(storm, random) {
    await somewhen(storm, random);
    const [killed] = [storm.place.service.kill(), await killClickHouse(storm)];
    await killed;
    storm.place.service.start();
  },
  async 'freeze ingest'(storm, random) {
    const { service } = storm.place;
    await service.ready();
    await amid(storm, random);
    await freeze(
      () => service.signal('SIGSTOP'),
      () => service.signal('SIGCONT'),
      random
    );
  },
  async 'freeze ClickHouse'(storm, random) {
    await storm.place.service.ready();
    await amid(storm, random);
    const pid = await clickhousePid(storm);
    await freeze(
      () => process.kill(pid, 'SIGSTOP'),
      () => process.kill(pid, 'SIGCONT'),
      random
    );
  },
  async 'torn journal tail'(storm, random) {
    const { service } = storm.place;
    await somewhen(storm, random);
    await service.kill();
    await storm.load.drained();
    const torn = tear(service.journalDir, random, (source, id) => {
      const entry = storm.ledger.find(source, id);
      return entry?.isPromised === true || entry?.isQuarantined === true;
    });
    note(storm, `tails torn: ${torn ?? 'nothing there'}`);
    service.start();
  },
  'full disk': fillDisk,
  async 'clock skew'(storm, random) {
    const { service } = storm.place;
    await service.ready();
    service.setClock(random.pick(OFFSETS_MS));
    await sleep(random.int(200, 700));
    // or it stays wrong through what comes next
    if (random.chance(0.6)) service.setClock(0);
  },
  async 'cut connection'({ place }, random) {
    place.cable.cut();
    await sleep(random.int(20, 600));
    place.cable.mend();
  },
  async 'slow connection'({ place }, random) {
    place.cable.delay(random.int(10, 200));
    await sleep(random.int(200, 900));
    place.cable.delay(0);
  },
  async 'lost answers'(storm, random) {
    const { cable } = storm.place;
    const before = cable.lost;
    cable.loseAnswers(random.int(1, 3));
    await eventually('an answer to lose', ANSWER_TO_LOSE_MAX_MS, () => cable.lost > before);
  },
  async 'malformed body'(storm, random) {
    if (random.chance(0.3)) return abuseAtRandom(storm.place.service.port, random);
    return meetAll(storm, 'malformed bodies', random.pick(BROKEN)(random), [400, 401, 408, 415]);
  },
  'giant body': (storm, random) => meetAll(storm, 'giant bodies', random.pick(GIANT)(random), [400, 413]),
  bomb: (storm, random) => meetAll(storm, 'bombs', random.pick(storm.bombs), [413]),
  'slow loris': sendLorises
};
