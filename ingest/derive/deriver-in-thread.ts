/** A deriver in a thread of its own: recomputing subjects must hold up neither producers nor the beat of the doorbell. */
import { Worker } from 'node:worker_threads';
import { fail, ok, type Result } from '#lib/contracts/result.ts';
import type { FactGroup } from '#lib/contracts/streams.ts';
import type { ClickHouseAddress, ClickHouseFailure } from '#sql/interface.server.ts';
import type { Deriver } from './deriver.ts';
import { ThreadReply, type ThreadAsk } from './thread-messages.ts';

export interface ThreadOptions {
  /** where ClickHouse is now; null: nowhere. Asked before each call */
  readonly find: () => ClickHouseAddress | null;
  readonly tokenPrefix: string;
}
/** A batch, its events as rows of the journal: bytes go to the thread, and events are made there. */
export interface RowBatch {
  readonly from: number;
  readonly through: number;
  /** NDJSON of events_raw_v1 */
  readonly rows: Buffer;
  /** little is remembered from now on, see Frugality */
  readonly isFrugal: boolean;
  /** see Batch */
  readonly isRepeated: boolean;
}
export interface DeriverThread extends Omit<Deriver, 'derive' | 'beFrugal'> {
  derive(batch: RowBatch, ring: (groups: readonly FactGroup[]) => void): ReturnType<Deriver['derive']>;
  close(): Promise<void>;
}

interface OpenCall {
  readonly ring: (groups: readonly FactGroup[]) => void;
  readonly settle: (result: Result<void, ClickHouseFailure>) => void;
}

type Question =
  | { readonly ask: 'warm' }
  | { readonly ask: 'clear' }
  | Omit<Extract<ThreadAsk, { ask: 'derive' }>, 'call' | 'address'>;

/** A thread that broke is started anew by the next call: what it forgot is in ClickHouse, and a repeated batch counts once. */
export function deriverInThread({ find, tokenPrefix }: ThreadOptions): DeriverThread {
  const open = new Map<number, OpenCall>();
  let calls = 0;
  let worker: Worker | null = null;

  const lose = (lost: Worker, message: string): void => {
    // an error is followed by an exit, when a new thread may be at work already
    if (worker !== lost) return;
    worker = null;
    const failure = { kind: 'rejected', retryable: true, code: 'THREAD', message } as const;
    for (const { settle } of open.values()) settle(fail(failure));
    open.clear();
  };
  const start = (): Worker => {
    const started = new Worker(new URL('deriver-thread.ts', import.meta.url), { workerData: { tokenPrefix } });
    started.on('message', (message: unknown) => {
      const reply = ThreadReply.parse(message);
      const call = open.get(reply.call);
      if (reply.reply === 'ring') return call?.ring(reply.groups);
      open.delete(reply.call);
      return call?.settle(reply.failure ? fail(reply.failure) : ok(undefined));
    });
    started.on('error', (error) => lose(started, error instanceof Error ? error.message : 'the deriving thread broke'));
    started.on('exit', () => lose(started, 'the deriving thread ended'));
    return started;
  };
  const ask = (
    question: Question,
    ring: OpenCall['ring'] = () => undefined
  ): Promise<Result<void, ClickHouseFailure>> =>
    new Promise((settle) => {
      worker ??= start();
      const call = ++calls;
      open.set(call, { ring, settle });
      worker.postMessage({ ...question, call, address: find() });
    });

  return {
    warm: () => ask({ ask: 'warm' }),
    derive: (batch, ring) => ask({ ask: 'derive', batch }, ring),
    clear: () => void ask({ ask: 'clear' }),
    async close() {
      await worker?.terminate();
    }
  };
}
