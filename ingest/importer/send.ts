/** Sends the batches of an import, a few in flight, and keeps what was acknowledged. */
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { BatchAnswer } from '#lib/contracts/ingest.ts';
import type { Batch } from './batches.ts';
import { post, type Target } from './post.ts';
import type { Listed, Progress, Totals } from './progress-state.ts';

const compress = promisify(gzip);
const LANES = 4;
/** So many events that did not go in as new are kept for the report; all are counted. */
const LISTED_MAX = 1000;

export interface Sending {
  readonly batches: AsyncGenerator<Batch>;
  readonly target: Target;
  /** events a second; null: as fast as the API takes them */
  readonly rate: number | null;
  readonly progress: Progress;
  /** events acknowledged in an earlier run that go again to see whether this server knows them; 0: none */
  readonly probeThrough: number;
  /** after each acknowledgement, one call at a time */
  readonly onProgress: (progress: Progress, share: number) => Promise<void>;
}
/** `other_server`: what an earlier run had acknowledged is not there */
export type SendOutcome =
  | { readonly kind: 'done'; readonly firstSentAt: number; readonly lastAnsweredAt: number }
  | { readonly kind: 'other_server' };

function listedOf(batch: Batch, answer: BatchAnswer): Listed[] {
  return answer.items.flatMap(({ index, status, code, path, message }) => {
    const origin = batch.origins[index];
    if (origin === undefined || code === 'duplicate') return [];
    return [{ ...origin, status, code, detail: [path, message].filter(Boolean).join(' ') }];
  });
}

function added(totals: Totals, answer: BatchAnswer): Totals {
  const differs = answer.items.filter(({ code }) => code === 'duplicate_differs').length;
  return {
    stored: totals.stored + answer.stored,
    duplicate: totals.duplicate + answer.duplicate - differs,
    duplicate_differs: totals.duplicate_differs + differs,
    quarantined: totals.quarantined + answer.quarantined,
    rejected: totals.rejected + answer.rejected
  };
}

/** Puts acknowledgements, which come in any order, behind each other: only what has no gap before it counts. */
function createLedger(start: Progress) {
  const waiting = new Map<number, { readonly batch: Batch; readonly answer: BatchAnswer }>();
  let progress = start;
  let share = 0;
  return {
    acknowledge(batch: Batch, answer: BatchAnswer): void {
      waiting.set(batch.from, { batch, answer });
      for (let next = waiting.get(progress.through); next !== undefined; next = waiting.get(progress.through)) {
        waiting.delete(progress.through);
        const listed = [...progress.listed, ...listedOf(next.batch, next.answer)].slice(0, LISTED_MAX);
        const totals = added(progress.totals, next.answer);
        progress = {
          ...progress,
          last_from: next.batch.from,
          through: next.batch.from + next.batch.origins.length,
          totals,
          listed
        };
        share = next.batch.share;
      }
    },
    get progress() {
      return progress;
    },
    get share() {
      return share;
    }
  };
}

/** Lets `rate` events a second go. */
function createPace(rate: number | null, signal: AbortSignal): (events: number) => Promise<void> {
  let due = performance.now();
  return async (events) => {
    if (rate === null) return;
    const wait = due - performance.now();
    due = Math.max(due, performance.now()) + (events / rate) * 1000;
    if (wait > 0) await sleep(wait, undefined, { signal });
  };
}

const postBatch = async (batch: Batch, target: Target): Promise<BatchAnswer> =>
  post(target, await compress(batch.text, { level: constants.Z_BEST_SPEED }));

/** Sends again what an earlier run had acknowledged last. @returns whether this server knows it */
async function probe(batch: Batch, target: Target): Promise<boolean> {
  const answer = await postBatch(batch, target);
  return answer.stored === 0;
}

/**
 * @throws ImportFault when the API refuses or stays away; everything acknowledged until then is in the progress
 */
export async function send({
  batches,
  target,
  rate,
  progress,
  probeThrough,
  onProgress
}: Sending): Promise<SendOutcome> {
  const ledger = createLedger(progress);
  const pace = createPace(rate, target.signal);
  let firstSentAt = 0;
  let lastAnsweredAt = 0;
  if (probeThrough > 0) {
    const first = await batches.next();
    if (first.done !== true && !(await probe(first.value, target))) return { kind: 'other_server' };
  }
  let saving = Promise.resolve();
  const stop = new AbortController();
  const laneTarget = { ...target, signal: AbortSignal.any([target.signal, stop.signal]) };
  const lane = async (): Promise<void> => {
    for (let next = await batches.next(); next.done !== true; next = await batches.next()) {
      const batch = next.value;
      await pace(batch.origins.length);
      firstSentAt ||= performance.now();
      const answer = await postBatch(batch, laneTarget);
      lastAnsweredAt = performance.now();
      ledger.acknowledge(batch, answer);
      saving = saving.then(() => onProgress(ledger.progress, ledger.share));
      await saving;
    }
  };
  const lanes = Array.from({ length: LANES }, () =>
    lane().catch((error: unknown) => {
      // the first failure stops the other lanes; what they throw then is the same reason
      stop.abort(error);
      throw error;
    })
  );
  const settled = await Promise.allSettled(lanes);
  const failure = settled.find((result) => result.status === 'rejected');
  if (failure !== undefined) {
    await batches.return(undefined);
    throw stop.signal.reason;
  }
  return { kind: 'done', firstSentAt, lastAnsweredAt };
}
