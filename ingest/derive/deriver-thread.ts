/** The deriving thread: deriver-in-thread.ts starts it and speaks to it. */
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { createFollowingWriter } from '#ingest/shipper/following-writer.ts';
import type { ClickHouseAddress } from '#sql/interface.server.ts';
import { eventOf, linesOf } from '#ingest/journal/rows.ts';
import { createDeriver, type Batch } from './deriver.ts';
import { ThreadAsk, type ThreadReply } from './thread-messages.ts';

const { tokenPrefix } = z.object({ tokenPrefix: z.string() }).parse(workerData);
let address: ClickHouseAddress | null = null;
const writer = createFollowingWriter(() => address, Date.now);
const deriver = createDeriver({ writer, tokenPrefix });
const tell = (reply: ThreadReply): void => parentPort?.postMessage(reply);

/** The rows were written by this program and checksummed: they are read, and not checked once more. */
function eventsOf({ from, through, rows, isRepeated }: Extract<ThreadAsk, { ask: 'derive' }>['batch']): Batch {
  const bytes = Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength);
  return { from, through, events: Array.from(linesOf(bytes), eventOf), isRepeated };
}

async function answer(ask: ThreadAsk): Promise<void> {
  const { call } = ask;
  if (ask.ask === 'clear') {
    deriver.clear();
    tell({ reply: 'done', call, failure: null });
    return;
  }
  address = ask.address;
  if (ask.ask === 'derive') deriver.beFrugal(ask.batch.isFrugal);
  const result =
    ask.ask === 'warm'
      ? await deriver.warm()
      : await deriver.derive(eventsOf(ask.batch), (groups) => tell({ reply: 'ring', call, groups: [...groups] }));
  tell({ reply: 'done', call, failure: result.ok ? null : result.failure });
}

// one after the other, as they are asked; an exception ends the thread, and with it every open call
let last: Promise<void> = Promise.resolve();
parentPort?.on('message', (message: unknown) => {
  last = last.then(() => answer(ThreadAsk.parse(message)));
});
