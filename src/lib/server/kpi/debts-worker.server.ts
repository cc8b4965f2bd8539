/** The thread of debts-thread.server.ts: one question, one answer, gone. */
import { parentPort, workerData } from 'node:worker_threads';
import { createReader } from '#sql/gateway.server.ts';
import { debtsFrom } from './debts.server.ts';
import { DebtsQuestion } from './debts-question.server.ts';

const question = DebtsQuestion.parse(workerData);
const reader = createReader(question.address);
const { debtsAt, debtDays } = debtsFrom(reader);
parentPort?.postMessage(
  question.kind === 'moment' ? await debtsAt(question.as_of, question.paid_since) : await debtDays(question.ends)
);
await reader.close();
