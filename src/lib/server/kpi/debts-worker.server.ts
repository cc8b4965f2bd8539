/** The thread of debts-thread.server.ts: one question, one answer, gone. */
import { parentPort, workerData } from 'node:worker_threads';
import { createReader } from '#sql/gateway.server.ts';
import { debtsFrom } from './debts.server.ts';
import { DebtsQuestion } from './debts-question.server.ts';

const { address, as_of, paid_since } = DebtsQuestion.parse(workerData);
const reader = createReader(address);
parentPort?.postMessage(await debtsFrom(reader)(as_of, paid_since));
await reader.close();
