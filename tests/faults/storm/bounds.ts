/** What one attacker may cost while all is calm: memory by bombs, time by connections that dawdle. */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '#ingest/simulator/random.ts';
import { quantile } from '../../support/quantile.ts';
import { DAWDLED, dawdled } from './bodies.ts';
import type { Load } from './load.ts';
import type { Service } from './place.ts';
import { dawdle, meet, type Raw } from './wire.ts';

const MIB = 1024 * 1024;
/** by one bomb, and by all of them together once they are over */
const BOMB_MIB_MAX = 64;
/** A reset may overtake an answer now and then, not each time. */
const MEETINGS_MAX = 3;
const LORISES = 200;
export const LORIS_CLOSED_WITHIN_MS = 15_000;
const P99_RATIO_MAX = 2;
/** Beyond it the machine is busy with something else: a ratio of such times says nothing. */
const CALM_P99_MAX_MS = 50;
const SAMPLES_MIN = 1_000;
/** 1,080 of them while those who dawdle are open: the service lets none of them go before 10 s */
const PROBES_PER_SECOND = 120;
const PROBE_MS = 9_000;
const WARM_UP_MS = 3_000;
/** judged, and tried for that: others use the machine too */
const JUDGED = 5;
const ATTEMPTS_MAX = 8;

const statusBytes = (pid: number, field: 'VmRSS' | 'VmHWM'): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN) *
  1024;

export interface Cost {
  readonly words: string;
  readonly complaints: readonly string[];
}

/** Memory beyond what the process held before, of each bomb, one at a time, and after all of them. */
export async function bombMemory(service: Service, bombs: readonly Raw[]): Promise<Cost> {
  const complaints: string[] = [];
  let most = 0;
  let first = Number.NaN;
  for (const [index, bomb] of [...bombs, ...bombs, ...bombs].entries()) {
    // the first of each warms the program up: what it keeps of that it keeps once
    if (index === bombs.length) first = statusBytes(service.pid, 'VmRSS');
    // resets the high-water mark (proc(5))
    writeFileSync(`/proc/${service.pid}/clear_refs`, '5');
    const before = statusBytes(service.pid, 'VmRSS');
    let met = await meet(service.port, bomb);
    for (let more = 1; met === 'closed' && more < MEETINGS_MAX; more++) met = await meet(service.port, bomb);
    if (met !== 413) complaints.push(`while all was calm a bomb met ${met}`);
    await sleep(300);
    most = Math.max(most, (statusBytes(service.pid, 'VmHWM') - before) / MIB);
  }
  const grown = (statusBytes(service.pid, 'VmRSS') - first) / MIB;
  if (!(most <= BOMB_MIB_MAX)) complaints.push(`a bomb cost ${most} MiB`);
  if (!(grown <= BOMB_MIB_MAX)) complaints.push(`${bombs.length * 2} bombs left ${grown} MiB behind`);
  const words = `a bomb costs at most ${most.toFixed(1)} MiB; ${bombs.length * 2} of them leave ${grown.toFixed(1)} MiB`;
  return { words, complaints };
}

interface Attempt {
  /** of the connections that dawdle */
  readonly opened: number;
  readonly openThroughout: number;
  /** ms until the last of them was closed */
  readonly closedMs: number;
  /** of the others' answers, ms */
  readonly calmP99: number;
  readonly attackedP99: number;
  /** answers on the side with the fewest */
  readonly samples: number;
  /** requests of others that were not taken meanwhile */
  readonly refused: number;
}
type Probed = Awaited<ReturnType<Load['probe']>>;

/** @param before the calm before it. @returns with the calm behind it */
async function attackOnce(
  { port }: Service,
  probe: () => Promise<Probed>,
  before: Probed
): Promise<{ readonly attempt: Attempt; readonly after: Probed }> {
  const sent = await Promise.all(
    Array.from({ length: LORISES }, (_, n) => {
      const { raw, part } = dawdled(DAWDLED[n % DAWDLED.length] ?? 'body');
      return dawdle(port, raw, part);
    })
  );
  const lorises = sent.filter((loris) => loris !== null);
  let openThroughout = lorises.length;
  const closings = lorises.map(async ({ closed }) => {
    const ms = await Promise.race([closed, sleep(LORIS_CLOSED_WITHIN_MS + 1_000, Number.POSITIVE_INFINITY)]);
    if (isProbing) openThroughout--;
    return ms;
  });
  let isProbing = true;
  const attacked = await probe();
  isProbing = false;
  const closed = await Promise.all(closings);
  for (const loris of lorises) loris.end();
  const after = await probe();
  const attempt = {
    opened: lorises.length,
    openThroughout,
    closedMs: Math.max(...closed),
    calmP99: Math.max(quantile(before.waits, 0.99), quantile(after.waits, 0.99)),
    attackedP99: quantile(attacked.waits, 0.99),
    samples: Math.min(before.waits.length, attacked.waits.length, after.waits.length),
    refused: attacked.refused
  };
  return { attempt, after };
}

const isTelling = ({ calmP99, samples, opened, openThroughout }: Attempt): boolean =>
  calmP99 <= CALM_P99_MAX_MS && samples >= SAMPLES_MIN && openThroughout === opened;
const ratioOf = ({ attackedP99, calmP99 }: Attempt): number => attackedP99 / calmP99;

function judge(attempts: readonly Attempt[]): Cost {
  const complaints: string[] = [];
  const opened = Math.min(...attempts.map((attempt) => attempt.opened));
  const closedMs = Math.max(...attempts.map((attempt) => attempt.closedMs));
  const refused = Math.max(...attempts.map((attempt) => attempt.refused));
  if (opened < LORISES) complaints.push(`only ${opened} of ${LORISES} connections that dawdle were let in`);
  if (!(closedMs <= LORIS_CLOSED_WITHIN_MS))
    complaints.push(`a connection that dawdled was open for ${closedMs} ms and more`);
  if (refused > 0) complaints.push(`${refused} requests of others were refused beside connections that dawdle`);
  const telling = attempts.filter(isTelling).sort((a, b) => ratioOf(a) - ratioOf(b));
  const middle = telling.length < JUDGED ? undefined : telling[Math.floor((telling.length - 1) / 2)];
  const p99s = attempts.map(({ attackedP99, calmP99 }) => `${attackedP99.toFixed(1)}/${calmP99.toFixed(1)}`).join(', ');
  if (!middle)
    complaints.push(
      `cannot say what connections that dawdle cost others: ${telling.length} of ${attempts.length} attempts had a calm p99 of at most ${CALM_P99_MAX_MS} ms, ${SAMPLES_MIN} answers and all connections open`
    );
  else if (!(ratioOf(middle) <= P99_RATIO_MAX))
    complaints.push(`connections that dawdle made others' answers ${ratioOf(middle).toFixed(1)} times slower`);
  const words = `${opened} connections that dawdle: the last closed after ${(closedMs / 1_000).toFixed(1)} s; others' answers p99 beside them and in the calm, ms: ${p99s}; ${refused} of others refused`;
  return { words, complaints };
}

/** Connections that dawdle, and the answers of others before, beside and behind them. */
export async function dawdlers(service: Service, load: Load, random: Random): Promise<Cost> {
  const probe = (): Promise<Probed> => load.probe(PROBES_PER_SECOND, PROBE_MS, random);
  // compilers and caches
  await load.probe(PROBES_PER_SECOND, WARM_UP_MS, random);
  let calm = await probe();
  const attempts: Attempt[] = [];
  while (attempts.length < ATTEMPTS_MAX && attempts.filter(isTelling).length < JUDGED) {
    const { attempt, after } = await attackOnce(service, probe, calm);
    attempts.push(attempt);
    calm = after;
  }
  return judge(attempts);
}
