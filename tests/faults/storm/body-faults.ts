/** Faults that come in by the front door. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '#ingest/simulator/random.ts';
import { eventually } from '../../support/eventually.ts';
import { abuse, MALFORMED, WAYS_TO_CLOSE } from '../../support/malformed.ts';
import { BROKEN, DAWDLED, dawdled, GIANT } from './bodies.ts';
import { note, type Fault, type Storm } from './kinds.ts';
import type { Service } from './place.ts';
import { dawdle, meet, type Raw } from './wire.ts';

const LISTENS_MAX_MS = 60_000;
const HEALTHY_MAX_MS = 5_000;
const AGAIN_MS = 50;
/** A reset may overtake the answer now and then, not each time. */
const CLOSINGS_MAX = 3;
const DAWDLERS_AT_ONCE = 3;
/** malformed bodies a fault: there are many */
const CARDS_A_FAULT = 4;
const ABUSES = 3;
const BROKEN_STREAMS = 2;

/**
 * Sent again when a kill ended it, and when a service that is only starting refuses everything: so that it is met as a body.
 * @returns bodies judged
 */
async function meetAll(storm: Storm, what: string, raw: Raw, allowed: readonly number[]): Promise<number> {
  const { service } = storm.place;
  const deadline = performance.now() + LISTENS_MAX_MS;
  for (let closings = 0; ; await sleep(AGAIN_MS)) {
    if (performance.now() > deadline) {
      // one that hangs is ended by a kill each time
      storm.complaints.push(`${what} were not answered for ${LISTENS_MAX_MS} ms`);
      return 0;
    }
    await eventually('a service to meet a body', LISTENS_MAX_MS, () => service.isReady);
    const { ends } = service;
    const met = await meet(service.port, raw);
    if (met === 'refused' || met === 503) continue;
    if (met === 'closed') {
      if (service.ends !== ends && raw.waits) return 0;
      if (service.ends !== ends) continue;
      if (!raw.mayBeClosed && ++closings < CLOSINGS_MAX) continue;
    }
    note(storm, `${what}: ${met}`);
    if (met === 'hung') storm.complaints.push(`${what} were neither answered nor closed`);
    else if (met === 'closed' && !raw.mayBeClosed) storm.complaints.push(`${what} were closed without an answer`);
    // answered and taken is the one thing that must not be
    else if (met !== 'closed' && !allowed.includes(met)) storm.complaints.push(`${what} were answered ${met}`);
    return 1;
  }
}

/** Asked again until then: fetch may take a connection that it keeps to a process that was killed long ago. */
const isHealthy = ({ url }: Service): Promise<boolean> =>
  eventually('an answer', HEALTHY_MAX_MS, () =>
    fetch(`${url}/healthz`, { signal: AbortSignal.timeout(HEALTHY_MAX_MS) }).then(
      ({ status }) => status === 200,
      () => false
    )
  ).catch(() => false);

/** Scanners and broken proxies. The service that met them answers on. @returns 0: it was killed meanwhile */
async function abuseOnce(storm: Storm, random: Random): Promise<number> {
  const { service } = storm.place;
  await service.ready();
  const { ends } = service;
  await abuse(service.port, random.pick(Object.values(MALFORMED)), random.pick(WAYS_TO_CLOSE));
  const answers = await isHealthy(service);
  if (service.ends !== ends) return 0;
  if (!answers) storm.complaints.push('after a malformed request the service answered nothing');
  note(storm, 'malformed requests borne');
  return 1;
}

/** @returns 0: it did not get to the service */
async function breakStream({ place, load }: Storm, random: Random): Promise<number> {
  await place.service.ready();
  return (await load.breakOff(random)) ? 1 : 0;
}

/** @param parts one of them a connection */
export async function sendDawdlers(storm: Storm, parts: readonly (typeof DAWDLED)[number][]): Promise<number> {
  const { service } = storm.place;
  for (let count = 0; count < parts.length;) {
    const { raw, part } = dawdled(parts[count] ?? 'body');
    const { ends, frozenMs } = service;
    const loris = await dawdle(service.port, raw, part);
    if (loris === null) await sleep(AGAIN_MS);
    else {
      count++;
      storm.dawdlers.push(
        loris.closed.then((ms) => ({ ms: ms - (service.frozenMs - frozenMs), isClosedByIt: service.ends === ends }))
      );
    }
  }
  return parts.length;
}

const MALFORMED_CARDS: readonly Fault[] = [
  ...BROKEN.map(
    (recipe): Fault =>
      (storm, random) =>
        meetAll(storm, 'malformed bodies', recipe(random), [400, 401, 408, 415])
  ),
  ...Array.from({ length: ABUSES }, () => abuseOnce),
  ...Array.from({ length: BROKEN_STREAMS }, () => breakStream)
];
const GIANT_CARDS = GIANT.map(
  (recipe): Fault =>
    (storm, random) =>
      meetAll(storm, 'giant bodies', recipe(random), [400, 413])
);

/** Body faults from decks, so that within a run each body comes. @param random shuffles */
export function dealBodies(bombs: readonly Raw[], random: Random): Record<'malformed' | 'giant' | 'bomb', Fault> {
  const deal = (name: string, cards: readonly Fault[]): Fault => {
    const luck = random.fork(name);
    const deck = cards.map((card) => ({ card, place: luck.next() })).sort((a, b) => a.place - b.place);
    let next = 0;
    return (storm, own) => deck[next++ % deck.length]?.card(storm, own) ?? Promise.resolve(0);
  };
  const malformed = deal('malformed', MALFORMED_CARDS);
  return {
    async malformed(storm, own) {
      let judged = 0;
      for (let card = 0; card < CARDS_A_FAULT; card++) judged += await malformed(storm, own);
      return judged;
    },
    giant: deal('giant', GIANT_CARDS),
    bomb: deal(
      'bomb',
      bombs.map(
        (raw): Fault =>
          (storm) =>
            meetAll(storm, 'bombs', raw, [413])
      )
    )
  };
}

export const slowLoris: Fault = (storm, random) => {
  const part = random.pick(DAWDLED);
  return sendDawdlers(
    storm,
    Array.from({ length: DAWDLERS_AT_ONCE }, () => part)
  );
};
