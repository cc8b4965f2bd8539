/** What one attacker may cost while all is calm: memory by bombs, time by connections that dawdle. */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '#ingest/simulator/random.ts';
import { quantile } from '../../support/quantile.ts';
import { dawdle, meet, type Raw } from './bodies.ts';
import type { Load } from './load.ts';
import type { Service } from './place.ts';

const MIB = 1024 * 1024;
export const BOMB_MIB_MAX = 64;
const LORISES = 200;
export const LORIS_CLOSED_WITHIN_MS = 15_000;
export const P99_RATIO_MAX = 2;
const PROBES_PER_SECOND = 50;
const WARM_UP_MS = 3_000;
const CALM_MS = 6_000;
const ATTACK_MS = 14_000;
/** Others use the machine too: a real fault shows each time. */
const ATTEMPTS_MAX = 3;

const statusBytes = (pid: number, field: 'VmRSS' | 'VmHWM'): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN) *
  1024;

/** @returns MiB beyond what the process held before, at most, over all bombs, one at a time */
export async function bombMemory(service: Service, bombs: readonly Raw[]): Promise<number> {
  let most = 0;
  // the first of each only warms the program up
  for (const bomb of [...bombs, ...bombs]) {
    // resets the high-water mark (proc(5))
    writeFileSync(`/proc/${service.pid}/clear_refs`, '5');
    const before = statusBytes(service.pid, 'VmRSS');
    const met = await meet(service.port, bomb);
    if (met === 'refused' || (met.status !== 413 && met.status !== null))
      throw new Error(`a bomb met ${JSON.stringify(met)}`);
    await sleep(300);
    most = Math.max(most, (statusBytes(service.pid, 'VmHWM') - before) / MIB);
  }
  return most;
}

export interface Dawdled {
  /** ms until the last of them was closed */
  readonly closedMs: number;
  /** of the others' answers, ms */
  readonly calmP99: number;
  readonly attackedP99: number;
  /** requests of others that were not taken meanwhile */
  readonly refused: number;
}

async function attackOnce({ port }: Service, load: Load, random: Random): Promise<Dawdled> {
  const calm = await load.probe(PROBES_PER_SECOND, CALM_MS, random);
  const parts = ['headers', 'body', 'compressed body'] as const;
  const lorises = await Promise.all(
    Array.from({ length: LORISES }, (_, n) => dawdle(port, parts[n % parts.length] ?? 'body'))
  );
  const attacked = await load.probe(PROBES_PER_SECOND, ATTACK_MS, random);
  const closed = await Promise.all(
    lorises.map((loris) => Promise.race([loris?.closed ?? 0, sleep(LORIS_CLOSED_WITHIN_MS, Number.POSITIVE_INFINITY)]))
  );
  for (const loris of lorises) loris?.end();
  const after = await load.probe(PROBES_PER_SECOND, CALM_MS, random);
  return {
    closedMs: Math.max(...closed),
    calmP99: Math.max(quantile(calm.waits, 0.99), quantile(after.waits, 0.99)),
    attackedP99: quantile(attacked.waits, 0.99),
    refused: attacked.refused
  };
}

export const isBorne = ({ closedMs, calmP99, attackedP99, refused }: Dawdled): boolean =>
  closedMs <= LORIS_CLOSED_WITHIN_MS && attackedP99 <= P99_RATIO_MAX * calmP99 && refused === 0;

export async function dawdled(service: Service, load: Load, random: Random): Promise<Dawdled> {
  // compilers and caches
  await load.probe(PROBES_PER_SECOND, WARM_UP_MS, random);
  let found = await attackOnce(service, load, random);
  for (let attempt = 1; attempt < ATTEMPTS_MAX && !isBorne(found); attempt++)
    found = await attackOnce(service, load, random);
  return found;
}
