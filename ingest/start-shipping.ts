/** What comes after taking events: waits for ClickHouse, repairs what a power loss left, and ships. */
import { setTimeout as sleep } from 'node:timers/promises';
import { deriverInThread, type DeriverThread } from '#ingest/derive/deriver-in-thread.ts';
import { SOURCES_MAX } from '#ingest/http/metrics.ts';
import { readLastReceived, readWatermarks } from '#ingest/identity/load.ts';
import { needsRewind, rewind } from '#ingest/shipper/rewind.ts';
import { Shipper } from '#ingest/shipper/shipper.ts';
import { toWatermarks } from '#ingest/shipper/watermarks.ts';
import type { CoreOptions, Parts } from './core-options.ts';
import { logFailure, patiently, Stopped, waitForSchema } from './patience.ts';

const TROUBLE_REST_MS = 5_000;

export interface Shipping {
  readonly shipper: Shipper;
  readonly deriver: DeriverThread;
}

async function repair(options: CoreOptions, { journal }: Parts): Promise<void> {
  const { log, writer, bootId } = options;
  if (!needsRewind(journal.state, bootId)) return;
  const { synced, shipped } = journal.state;
  log.warn(
    { from: synced, shipped },
    'the machine stopped without warning: shipping again what ClickHouse may have lost'
  );
  await rewind(journal, writer, async (run) => {
    await patiently(options, 'rewind', run);
  });
}

/** Only to tell which source is silent: shipping does not wait for it. */
async function recallSources({ writer, metrics, log }: CoreOptions): Promise<void> {
  const last = await readLastReceived(writer, SOURCES_MAX);
  if (last.ok) for (const [source, at] of last.value) metrics.lastStored(source, at);
  else log.warn({ code: last.failure.code }, 'not known when sources last sent: one is missed once it has sent again');
}

async function begin(options: CoreOptions, parts: Parts): Promise<Shipping> {
  const { writer, metrics, failures, log, now, random, ring } = options;
  const { journal, quarantine, identities, timeline, frugality } = parts;
  await waitForSchema(options);
  await repair(options, parts);
  await patiently(options, 'quarantine', () => quarantine.load(writer, journal.state.shipped));
  const watermarks = await patiently(options, 'watermarks', () => readWatermarks(writer));
  const deriver = deriverInThread({ find: options.findClickHouse, tokenPrefix: journal.tokenPrefix });
  const warmed = await deriver.warm();
  if (!warmed.ok)
    log.warn({ code: warmed.failure.code }, 'the first batches will be slower: their subjects could not be read ahead');
  const shipper = new Shipper({
    journal,
    writer,
    deriver,
    quarantine,
    watermarks,
    timeline,
    frugality,
    now,
    random,
    onCommitted: (groups, seq) =>
      ring({ kind: 'committed', groups: [...groups], seq, watermarks: toWatermarks(watermarks) }),
    onRefused(event, identity) {
      identities.release(identity);
      metrics.count('quarantined', event.source, 'unstorable', 1);
      log.warn({ position: event.seq }, 'ClickHouse does not take this event: it is in quarantine, the others go on');
    },
    onFailure: logFailure(options),
    // a start must find them without ClickHouse
    onLeaving: () => identities.keep(),
    onTrouble(err) {
      failures.note('trouble', '', now());
      log.error({ err }, 'shipping stumbled; trying again');
    }
  });
  shipper.start();
  recallSources(options).catch((err: unknown) => log.error({ err }, 'when sources last sent could not be read'));
  return { shipper, deriver };
}

/** @returns null: told to stop before ClickHouse answered */
export async function startShipping(options: CoreOptions, parts: Parts): Promise<Shipping | null> {
  while (!options.signal.aborted) {
    try {
      return await begin(options, parts);
    } catch (error) {
      if (error instanceof Stopped) return null;
      // the state cannot be written, or an answer is not as promised: events are taken all the same, and it is tried again
      options.log.error({ err: error }, 'shipping cannot begin; trying again');
      await sleep(TROUBLE_REST_MS, undefined, { signal: options.signal }).catch(() => undefined);
    }
  }
  return null;
}
