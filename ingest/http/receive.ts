/** From a body to an answer, for a key: within its rate and its sources. */
import type { BatchAnswer, RejectCode } from '#lib/contracts/ingest.ts';
import { fail, ok, type Result } from '#lib/contracts/result.ts';
import type { Fault } from '#ingest/decode/fault.ts';
import { noJson, readItems, type BodyFault, type BodyFormat, type Items } from '#ingest/decode/items.ts';
import type { JournalFailure } from '#ingest/journal/group.ts';
import type { KeyNow } from '#ingest/keys/keyring.ts';
import type { RateAnswer } from '#ingest/keys/rate-limit.ts';
import {
  decodeAll,
  KEY_ENDED,
  takeIn,
  takeInParts,
  type IntakeOptions,
  type KeyEnded,
  type Prepared
} from './intake.ts';

export type ReceiveFault =
  | BodyFault
  | JournalFailure
  | KeyEnded
  | { readonly kind: 'source_forbidden'; readonly retryable: false }
  | { readonly kind: 'over_rate'; readonly retryable: true; readonly rate: RateAnswer };

export interface Received {
  readonly answer: BatchAnswer;
  /** null: the key has no rate */
  readonly rate: RateAnswer | null;
}

/** How a backfill goes beside live requests. */
export interface Beside {
  /** it is taken in parts, each when its turn has come, see takeInParts */
  readonly turn: () => Promise<number>;
  /** between two stretches of decoding */
  readonly giveWay: () => Promise<void>;
}

export interface Receive {
  /**
   * A whole body: the answer once all of it is on disk, or why nothing of the request is acknowledged.
   * @param key asked again before each part is taken
   * @param more.faults by place in the body: why an item cannot be used, found before it was made into an event
   * @param more.beside it is a backfill beside live requests; left out: it is one of these
   */
  body(
    body: Buffer,
    format: BodyFormat,
    key: KeyNow,
    more?: { readonly faults?: ReadonlyMap<number, Fault>; readonly beside?: Beside }
  ): Promise<Result<Received, ReceiveFault>>;
  /** Some lines of a stream; its rate is the caller's to keep, as lines wait where requests are refused. */
  lines(items: Items, key: KeyNow): Promise<Result<BatchAnswer, JournalFailure | KeyEnded>>;
}

export function createReceive(options: IntakeOptions): Receive {
  return {
    async body(body, format, keyNow, { faults, beside } = {}) {
      const key = keyNow();
      if (!key) return KEY_ENDED;
      const began = performance.now();
      const receivedAt = options.now();
      const items = readItems(body, format);
      if (!items.ok) return items;
      const rate = key.limit?.take(items.value.length, receivedAt) ?? null;
      if (rate && !rate.isAllowed) return fail({ kind: 'over_rate', retryable: true, rate });
      const prepared = await decodeAll(items.value, key.allowance, receivedAt, {
        ...(faults && { faults }),
        ...(beside && { giveWay: beside.giveWay })
      });
      options.metrics.observe('decode', (performance.now() - began) / 1_000);
      const refused = (code: RejectCode) => (item: Prepared['items'][number]) =>
        item.kind === 'rejected' && item.code === code;
      if (items.value.isOneText && prepared.items.some(refused('invalid_json'))) return fail(noJson());
      if (prepared.items.length > 0 && prepared.items.every(refused('source_forbidden')))
        return fail({ kind: 'source_forbidden', retryable: false });
      const arrival = { receivedAt, keyId: key.keyId };
      const answer = beside
        ? await takeInParts(options, prepared, arrival, async () => {
            const items = await beside.turn();
            return keyNow() && items;
          })
        : keyNow()
          ? await takeIn(options, prepared, arrival)
          : KEY_ENDED;
      return answer.ok ? ok({ answer: answer.value, rate }) : answer;
    },
    async lines(items, keyNow) {
      const key = keyNow();
      if (!key) return KEY_ENDED;
      const began = performance.now();
      const receivedAt = options.now();
      const prepared = await decodeAll(items, key.allowance, receivedAt);
      options.metrics.observe('decode', (performance.now() - began) / 1_000);
      if (!keyNow()) return KEY_ENDED;
      return takeIn(options, prepared, { receivedAt, keyId: key.keyId });
    }
  };
}
