/** Debts of the past in a thread of their own: whoever looks at the past must not hold up what is live. */
import { Worker } from 'node:worker_threads';
import { fail, type Result } from '#lib/contracts/result.ts';
import type { ClickHouseAddress, ClickHouseFailure } from '#sql/interface.server.ts';
import { DebtsReply, type DebtsQuestion } from './debts-question.server.ts';
import type { Debts, DebtsAt } from './debts.server.ts';

/** Two cores carry one beside everything else. */
const TIMEOUT_MS = 120_000;

const failed = (kind: ClickHouseFailure['kind'], code: string, message: string): Result<Debts, ClickHouseFailure> =>
  fail({ kind, retryable: true, code, message });

/** @param find where ClickHouse is; null: nowhere */
export function debtsInThread(find: () => ClickHouseAddress | null): DebtsAt {
  // one after the other: each holds all events of its moment in memory
  let last: Promise<unknown> = Promise.resolve();
  return (as_of, paid_since) => {
    const next = last.then(() => {
      const address = find();
      return address === null
        ? failed('unreachable', 'NO_ADDRESS', 'ClickHouse is not running')
        : ask({ address, as_of, paid_since });
    });
    last = next;
    return next;
  };
}

/** Never rejects: a thread that breaks is a failure like any other. */
function ask(question: DebtsQuestion): Promise<Result<Debts, ClickHouseFailure>> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL('debts-worker.server.ts', import.meta.url), { workerData: question });
    const timer = setTimeout(() => end(failed('timeout', 'DEADLINE', 'the past took too long')), TIMEOUT_MS);
    const end = (answer: Result<Debts, ClickHouseFailure>): void => {
      clearTimeout(timer);
      resolve(answer);
      void worker.terminate();
    };
    worker.once('message', (message: unknown) => {
      const reply = DebtsReply.safeParse(message);
      end(reply.success ? reply.data : failed('invalid_row', 'INVALID_REPLY', 'a thread answered something else'));
    });
    worker.once('error', (error) =>
      end(failed('rejected', 'THREAD', error instanceof Error ? error.message : 'thread'))
    );
    worker.once('exit', () => end(failed('rejected', 'THREAD', 'a thread ended without an answer')));
  });
}
