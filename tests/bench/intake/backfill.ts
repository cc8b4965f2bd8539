/**
 * A backfill as fast as it is taken, in a thread of its own: what its bodies cost to make must not count as waiting of others.
 * workerData: {url, key, start, first, events, connections}. Runs until told to stop, then tells how many events were taken.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { eventsFrom } from './mix.ts';

const { url, key, start, first, events, connections } = z
  .object({ url: z.string(), key: z.string(), start: z.int(), first: z.int(), events: z.int(), connections: z.int() })
  .parse(workerData);
let next = first;
let taken = 0;
let isStopped = false;

async function lane(): Promise<void> {
  while (!isStopped) {
    const body = JSON.stringify(eventsFrom(next, events, start));
    next += events;
    const response = await fetch(`${url}/v1/events?backfill=true`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body
    });
    await response.arrayBuffer();
    if (response.ok) taken += events;
    else if (response.status !== 503) throw new Error(`a backfill was answered ${response.status}`);
  }
}

const lanes = Array.from({ length: connections }, lane);
parentPort?.on('message', (ask: unknown) => {
  if (ask === 'taken') return parentPort?.postMessage(taken);
  isStopped = true;
  return void Promise.all(lanes).then(() => parentPort?.close());
});
