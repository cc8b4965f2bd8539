/** Accepted events into a real ClickHouse as the shipper does it: raw rows, then the derived data of the batch, under its tokens. */
import { streamOf, type AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { fail } from '#lib/contracts/result.ts';
import { toEventRow } from '#ingest/decode/rows.ts';
import { createDeriver, type Deriver } from '#ingest/derive/deriver.ts';
import { makeSureOfRaw } from '#ingest/shipper/raw-landed.ts';
import type { Writer } from '#sql/interface.server.ts';

/** The raw row of an event, as the journal holds it. */
export const rawRow = (event: AcceptedEvent): string => {
  const usable = {
    kind: 'usable',
    event,
    stream: streamOf(event.type),
    data: JSON.stringify(event.data),
    content: 0,
    unknownKeys: 0
  } as const;
  return `{"seq":${event.seq}${toEventRow(usable)}`;
};

export interface Shipping {
  /** sizes of the batches, used in turn, over and over */
  readonly batches: readonly number[];
  /** before these batches ingest was started anew: nothing is remembered */
  readonly restarts?: readonly number[];
  /** these batches are derived twice, as after a crash before their position was saved */
  readonly repeats?: readonly number[];
  /** in these batches the derived insert of that number fails at first, and the same deriver is asked again */
  readonly stumbles?: readonly { readonly batch: number; readonly insert: number }[];
}

/** Fails the n-th insert from now on, once. */
interface Stumbling extends Writer {
  failAt(insert: number): void;
}
function stumbling(writer: Writer): Stumbling {
  let left = Number.POSITIVE_INFINITY;
  return {
    ...writer,
    failAt: (insert) => void (left = insert),
    insert(table, rows, options) {
      if (left-- !== 0) return writer.insert(table, rows, options);
      left = Number.POSITIVE_INFINITY;
      return Promise.resolve(fail({ kind: 'timeout', retryable: true, code: 'TIMEOUT', message: 'as asked' }));
    }
  };
}

/**
 * @param events in journal order, positions without gaps
 * @throws when ClickHouse refuses anything
 */
export async function ship(
  writer: Writer,
  events: readonly AcceptedEvent[],
  { batches, restarts = [], repeats = [], stumbles = [] }: Shipping
): Promise<void> {
  const weak = stumbling(writer);
  let deriver = await startDeriver(weak);
  let done = 0;
  for (let index = 0; done < events.length; index++) {
    const size = batches[index % batches.length] ?? events.length;
    const batch = events.slice(done, done + size);
    done += batch.length;
    if (restarts.includes(index)) deriver = await startDeriver(weak);
    const stumble = stumbles.find((one) => one.batch === index);
    if (stumble) weak.failAt(stumble.insert + 1);
    await shipBatch(weak, deriver, batch);
    weak.failAt(Number.POSITIVE_INFINITY);
    if (!repeats.includes(index)) continue;
    deriver = await startDeriver(weak);
    await shipBatch(weak, deriver, batch, true);
  }
}

/** One that remembers nothing, as after a start. */
export async function startDeriver(writer: Writer): Promise<Deriver> {
  const deriver = createDeriver({ writer, tokenPrefix: 'journal' });
  const warmed = await deriver.warm();
  if (!warmed.ok) throw new Error(warmed.failure.message);
  return deriver;
}

/** @param isRepeated as after a crash: it may have been shipped before, in part */
export async function shipBatch(
  writer: Writer,
  deriver: Deriver,
  events: readonly AcceptedEvent[],
  isRepeated = false
): Promise<void> {
  const from = events[0]?.seq ?? 0;
  const through = events.at(-1)?.seq ?? 0;
  const rows = Buffer.from(events.map(rawRow).join('\n'));
  const token = `journal:${from}-${through}:events_raw_v1`;
  const raw = await writer.insert('events_raw_v1', rows, { token });
  if (!raw.ok) throw new Error(raw.failure.message);
  const sure = isRepeated ? await makeSureOfRaw(writer, rows, token) : raw;
  if (!sure.ok) throw new Error(sure.failure.message);
  for (let attempt = 0; ; attempt++) {
    const batch = { from, through, events, isRepeated: isRepeated || attempt > 0 };
    const derived = await deriver.derive(batch, () => undefined);
    if (derived.ok) return;
    if (attempt > 0 || derived.failure.message !== 'as asked') throw new Error(derived.failure.message);
  }
}
