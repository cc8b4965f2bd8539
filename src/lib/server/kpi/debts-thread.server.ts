/** Debts of the past in a thread of their own: whoever looks at the past must not hold up what is live. */
import { Worker } from 'node:worker_threads';
import type * as z from 'zod';
import { fail, type Result } from '#lib/contracts/result.ts';
import type { ClickHouseAddress, ClickHouseFailure } from '#sql/interface.server.ts';
import { DebtDaysReply, DebtsReply, type DebtsQuestion } from './debts-question.server.ts';
import type { PastDebts } from './debts.server.ts';

/** Two cores carry one beside everything else. */
const TIMEOUT_MS = 120_000;

type Answer<T> = Result<T, ClickHouseFailure>;
type Reply<T> = z.ZodType<Answer<T>>;

const failed = (kind: ClickHouseFailure['kind'], code: string, message: string): Answer<never> =>
  fail({ kind, retryable: true, code, message });

/** @param find where ClickHouse is; null: nowhere */
export function debtsInThread(find: () => ClickHouseAddress | null): PastDebts {
  /** one after the other: each holds all events of its moment in memory */
  const oneByOne = () => {
    let last: Promise<unknown> = Promise.resolve();
    return <T>(reply: Reply<T>, question: (address: ClickHouseAddress) => DebtsQuestion): Promise<Answer<T>> => {
      const next = last.then(() => {
        const address = find();
        return address === null
          ? failed('unreachable', 'NO_ADDRESS', 'ClickHouse is not running')
          : ask(question(address), reply);
      });
      last = next;
      return next;
    };
  };
  const moments = oneByOne();
  // weeks of closings take long: who asks for one moment does not wait for them
  const days = oneByOne();
  return {
    debtsAt: (as_of, paid_since) => moments(DebtsReply, (address) => ({ kind: 'moment', address, as_of, paid_since })),
    debtDays: (ends) => days(DebtDaysReply, (address) => ({ kind: 'days', address, ends: [...ends] }))
  };
}

/** Never rejects: a thread that breaks is a failure like any other. */
function ask<T>(question: DebtsQuestion, replySchema: Reply<T>): Promise<Answer<T>> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL('debts-worker.server.ts', import.meta.url), { workerData: question });
    const timer = setTimeout(() => end(failed('timeout', 'DEADLINE', 'the past took too long')), TIMEOUT_MS);
    const end = (answer: Answer<T>): void => {
      clearTimeout(timer);
      resolve(answer);
      void worker.terminate();
    };
    worker.once('message', (message: unknown) => {
      const reply = replySchema.safeParse(message);
      end(reply.success ? reply.data : failed('invalid_row', 'INVALID_REPLY', 'a thread answered something else'));
    });
    worker.once('error', (error) =>
      end(failed('rejected', 'THREAD', error instanceof Error ? error.message : 'thread'))
    );
    worker.once('exit', () => end(failed('rejected', 'THREAD', 'a thread ended without an answer')));
  });
}
