/** The faults of a run: as many of each kind, in an order that the seed gives, each until it bit. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom, type Random } from '#ingest/simulator/random.ts';
import { FAULTS } from './faults.ts';
import { EVIDENCE, KINDS, type Kind, type Lane, type Storm } from './kinds.ts';

const PAUSE_MAX_MS: Readonly<Record<Lane, number>> = { process: 250, wire: 2_500, body: 2_500 };
const LANES: readonly Lane[] = ['process', 'wire', 'body'];
/** A kind that does not bite comes again at the end, and not for ever. */
const TRIES_A_FAULT = 3;
/** A run of so many is one that says something: then each kind must have been there often, and all within the time. */
const WHOLE_RUN = 200;
const EACH_MIN = 20;
/** of the usual 300 */
const USUAL_RUN = 300;
const USUAL_RUN_MAX_MS = 10 * 60_000;

const isWhole = (faults: number): boolean => faults >= WHOLE_RUN;

export interface Made {
  readonly wanted: number;
  tries: number;
  /** those that bit */
  faults: number;
  evidence: number;
}

function eachOf(faults: number): number {
  const each = Math.ceil(faults / Object.values(KINDS).flat().length);
  return isWhole(faults) ? Math.max(EACH_MIN, each) : each;
}

function plan(lane: Lane, each: number, random: Random): Kind[] {
  return KINDS[lane]
    .flatMap((kind) => Array.from({ length: each }, () => ({ kind, place: random.next() })))
    .sort((a, b) => a.place - b.place)
    .map(({ kind }) => kind);
}

/** @param tell what each did, as it is done */
export async function rage(
  storm: Storm,
  { seed, faults }: { readonly seed: string; readonly faults: number },
  tell: (line: string) => void
): Promise<Map<Kind, Made>> {
  const each = eachOf(faults);
  const made = new Map<Kind, Made>();
  const run = async (lane: Lane): Promise<void> => {
    const random = createRandom(`${seed}/${lane}`);
    const kinds = plan(lane, each, random);
    for (const kind of kinds) {
      const sum = made.get(kind) ?? { wanted: each, tries: 0, faults: 0, evidence: 0 };
      made.set(kind, sum);
      const began = performance.now();
      // of its own, so that what it draws does not hang on what those before it met
      const evidence = await FAULTS[kind](storm, random.fork(`${kind} ${sum.tries}`));
      sum.tries++;
      sum.evidence += evidence;
      if (evidence > 0) sum.faults++;
      else if (sum.tries < TRIES_A_FAULT * each) kinds.push(kind);
      const tookMs = Math.round(performance.now() - began);
      tell(`${(began / 1_000).toFixed(1)} s: ${kind}, ${tookMs} ms; ${evidence} ${EVIDENCE[kind]}`);
      await sleep(random.int(0, PAUSE_MAX_MS[lane]));
    }
  };
  await Promise.all(LANES.map(run));
  return made;
}

/** @returns in what the run was less than it says */
export function shortcomings(made: ReadonlyMap<Kind, Made>, faults: number, tookMs: number): string[] {
  const found: string[] = [];
  for (const [kind, { wanted, tries, faults: bit }] of made)
    if (bit < wanted) found.push(`${kind} bit ${bit} times of ${tries}, and should have ${wanted} times`);
  const bit = [...made.values()].reduce((sum, { faults: count }) => sum + count, 0);
  if (isWhole(faults) && bit < WHOLE_RUN) found.push(`only ${bit} faults bit`);
  if (isWhole(faults) && tookMs >= USUAL_RUN_MAX_MS * Math.max(1, faults / USUAL_RUN))
    found.push(`${Math.round(tookMs / 1_000)} s are too long for ${faults} faults`);
  return found;
}

export const tableOf = (made: ReadonlyMap<Kind, Made>): object =>
  Object.fromEntries(
    [...made]
      .sort()
      .map(([kind, { faults, tries, evidence }]) => [kind, { faults, tries, evidence, of: EVIDENCE[kind] }])
  );
