/** Carries the world's events to the ingest API, as any producer would: gzipped NDJSON, a few requests in flight. */
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { post, type Target } from '#ingest/importer/post.ts';
import type { Emission } from './kernel.ts';

const compress = promisify(gzip);
const BATCH_EVENTS = 2000;
const LANES = 4;

export interface Tally {
  readonly sent: number;
  readonly stored: number;
  readonly duplicate: number;
}
export const NOTHING_SENT: Tally = { sent: 0, stored: 0, duplicate: 0 };

/** What the API could not use. The generator tells only what the contract allows: this is a fault of ours, and nothing to go on from. */
export class UnusableEvents extends Error {
  override readonly name = 'UnusableEvents';
}

/**
 * Sends one batch and waits for its answer, repeating it while the API is away.
 * @throws UnusableEvents; ImportFault when the API refuses the request or stays away; the reason of the target's signal once aborted
 */
export async function deliver(batch: readonly Emission[], target: Target): Promise<Tally> {
  const text = batch.map(({ event }) => JSON.stringify(event)).join('\n');
  const answer = await post(target, await compress(text, { level: constants.Z_BEST_SPEED }));
  const unusable = answer.items.find(({ status }) => status !== 'duplicate');
  if (unusable !== undefined) {
    const { event } = batch[unusable.index] ?? {};
    throw new UnusableEvents(
      `${unusable.status} ${unusable.code}: ${String(event?.type)} ${String(event?.id)} ${unusable.path} ${unusable.message}`
    );
  }
  return { sent: batch.length, stored: answer.stored, duplicate: answer.duplicate };
}

/**
 * Sends all of them. The events are made while the API is at work on the ones before.
 * @param onProgress after each answer
 * @throws as deliver; what was in flight then may or may not be stored
 */
export async function load(
  emissions: Iterator<Emission, void, void>,
  target: Target,
  onProgress: (tally: Tally, reached: number) => void
): Promise<Tally> {
  let total = NOTHING_SENT;
  const stop = new AbortController();
  const laneTarget = { ...target, signal: AbortSignal.any([target.signal, stop.signal]) };
  const lane = async (): Promise<void> => {
    for (let batch = take(emissions, BATCH_EVENTS); batch.length > 0; batch = take(emissions, BATCH_EVENTS)) {
      const { sent, stored, duplicate } = await deliver(batch, laneTarget);
      total = { sent: total.sent + sent, stored: total.stored + stored, duplicate: total.duplicate + duplicate };
      onProgress(total, batch.at(-1)?.at ?? 0);
    }
  };
  const lanes = Array.from({ length: LANES }, () =>
    lane().catch((error: unknown) => {
      // the first failure stops the others, whose reason it then is
      stop.abort(error);
    })
  );
  await Promise.all(lanes);
  stop.signal.throwIfAborted();
  return total;
}

function take(emissions: Iterator<Emission, void, void>, count: number): Emission[] {
  const taken: Emission[] = [];
  while (taken.length < count) {
    const next = emissions.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}
