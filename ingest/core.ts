/** Everything behind the HTTP server, opened in order: tables, journal, identities, quarantine, shipper. */
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { DoorbellMessage } from '#lib/contracts/internal.ts';
import type { Result } from '#lib/contracts/result.ts';
import { deriverInThread } from '#ingest/derive/deriver-in-thread.ts';
import { rebuild } from '#ingest/derive/rebuild.ts';
import type { Core } from '#ingest/http/context.ts';
import type { Levels, Metrics } from '#ingest/http/metrics.ts';
import { createReceive } from '#ingest/http/receive.ts';
import { Identities } from '#ingest/identity/identities.ts';
import { loadIdentities, readPositionsUsed, readWatermarks } from '#ingest/identity/load.ts';
import type { Frame } from '#ingest/journal/frame.ts';
import { Journal } from '#ingest/journal/journal.ts';
import type { Freed } from '#ingest/journal/state.ts';
import { quarantinedIdentities } from '#ingest/journal/rows.ts';
import { OpenQuarantine } from '#ingest/quarantine/open-quarantine.ts';
import { needsRewind, rewind } from '#ingest/shipper/rewind.ts';
import { untilDone } from '#ingest/shipper/retry.ts';
import { Shipper, toWatermarks } from '#ingest/shipper/shipper.ts';
import { schemaIsCurrent } from '#sql/migrate.server.ts';
import type { ClickHouseAddress, ClickHouseFailure, Writer } from '#sql/interface.server.ts';

const SEGMENT_BYTES_MAX = 64 * 1024 * 1024;
/** The newest segment stays, so it must be a small part of the bound. */
const SEGMENTS_MIN = 8;
const MEMORY_BYTES = 24 * 1024 * 1024;

export interface CoreOptions {
  readonly dataDir: string;
  readonly journalBytesMax: number;
  readonly writer: Writer;
  /** where ClickHouse is now; null: nowhere */
  readonly findClickHouse: () => ClickHouseAddress | null;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** epoch ms */
  readonly now: () => number;
  readonly random: () => number;
  readonly ring: (message: DoorbellMessage) => void;
  /** this run of the machine, see shipper/boot-id.ts */
  readonly bootId: string;
  /** aborted: stop waiting for ClickHouse */
  readonly signal: AbortSignal;
}

export interface OpenCore extends Core {
  levels(): Levels;
  /** Ships what it can until the deadline and closes the journal. */
  close(withinMs: number): Promise<void>;
}

interface Parts {
  readonly journal: Journal;
  readonly identities: Identities;
  readonly quarantine: OpenQuarantine;
}

const logFailure =
  ({ log, metrics }: Pick<CoreOptions, 'log' | 'metrics'>) =>
  (step: string, { kind, code, message }: ClickHouseFailure, attempt: number): void => {
    metrics.countFailure(step);
    // an outage of hours must not fill the log: the first attempts, then one in 30 (about a minute)
    if (attempt > 2 && attempt % 30 !== 0) return;
    log.warn({ step, kind, code, attempt, reason: message }, 'ClickHouse does not take it yet; trying again');
  };

class Stopped extends Error {}

/** @throws Stopped when the service is told to stop before ClickHouse answers */
async function patiently<T>(
  options: CoreOptions,
  what: string,
  step: () => Promise<Result<T, ClickHouseFailure>>
): Promise<T> {
  const onFailure = logFailure(options);
  const done = await untilDone(step, {
    signal: options.signal,
    random: options.random,
    onFailure: (failure, attempt) => onFailure(what, failure, attempt)
  });
  if (!done) throw new Stopped(`stopped while waiting for ClickHouse: ${what}`);
  return done.value;
}

async function waitForSchema(options: CoreOptions): Promise<void> {
  await patiently(options, 'schema', async () => {
    if (await schemaIsCurrent(options.writer)) return { ok: true, value: undefined };
    const message = 'the tables are not there, or not those of this build (npm run db:migrate)';
    return { ok: false, failure: { kind: 'rejected', retryable: true, code: 'SCHEMA', message } };
  });
}

async function openParts(options: CoreOptions): Promise<Parts> {
  const { writer, metrics, log } = options;
  const quarantine = new OpenQuarantine();
  const opening = Promise.withResolvers<Identities>();
  let opened: Identities | null = null;
  let freed: readonly Freed[] = [];
  const remember = (frame: Frame): void => {
    if (opened && frame.through > opened.covered) opened.recall(frame.entries);
    // what ClickHouse refused of this frame; a frame behind it may hold the event again, corrected
    for (const { position, identity } of freed)
      if (frame.first <= position && position <= frame.through) opened?.release(identity);
    for (const identity of quarantinedIdentities(frame)) quarantine.add(identity);
  };
  const journal = await Journal.open(
    {
      dir: join(options.dataDir, 'journal'),
      bytesMax: options.journalBytesMax,
      segmentBytes: Math.min(SEGMENT_BYTES_MAX, options.journalBytesMax / SEGMENTS_MIN),
      memoryBytes: MEMORY_BYTES,
      bootId: options.bootId,
      onOpening: async (state) => {
        opened = await Identities.open({
          dir: join(options.dataDir, 'identities'),
          journalId: state.journal_id,
          onTrouble: (err) => log.error({ err }, 'identities could not be written; they stay in memory')
        });
        freed = state.freed;
        for (const { identity } of freed) opened.release(identity);
        opening.resolve(opened);
      },
      onFrame: remember,
      onCommit: (frames, seconds) => {
        for (const { entries, through } of frames) opened?.settle(entries, through);
        metrics.observe('fsync', seconds);
      }
    },
    () => patiently(options, 'positions', () => readPositionsUsed(writer))
  );
  if (journal.tornBytes > 0)
    log.warn({ bytes: journal.tornBytes }, 'cut a torn tail off the journal: nothing of it was acknowledged');
  if (needsRewind(journal.state, options.bootId)) {
    const { synced, shipped } = journal.state;
    log.warn(
      { from: synced, shipped },
      'the machine stopped without warning: shipping again what ClickHouse may have lost'
    );
    await rewind(journal, writer, async (run) => {
      await patiently(options, 'rewind', run);
    });
  }
  const began = performance.now();
  const identities = await opening.promise;
  // only what neither runs nor journal hold: nothing, unless the runs are lost or ClickHouse is older than this journal
  if (identities.covered + 1 < journal.oldest)
    await patiently(options, 'identities', () => loadIdentities(writer, identities));
  identities.settle(Buffer.alloc(0), journal.acknowledged);
  await patiently(options, 'quarantine', () => quarantine.load(writer));
  log.info({ identities: identities.size, ms: Math.round(performance.now() - began) }, 'identities are loaded');
  return { journal, identities, quarantine };
}

async function startShipper(options: CoreOptions, { journal, quarantine, identities }: Parts) {
  const { writer, metrics, log, now, random, ring } = options;
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
    now,
    random,
    onCommitted: (groups, seq) =>
      ring({ kind: 'committed', groups: [...groups], seq, watermarks: toWatermarks(watermarks) }),
    onRefused(event, identity) {
      identities.release(identity);
      quarantine.add(event);
      metrics.count('quarantined', event.source, 'unstorable', 1);
      log.warn({ position: event.seq }, 'ClickHouse does not take this event: it is in quarantine, the others go on');
    },
    onFailure: logFailure(options),
    onTrouble: (err) => log.error({ err }, 'shipping stumbled; trying again'),
    onStage: (stage, seconds) => metrics.observe(stage, seconds)
  });
  shipper.start();
  return { shipper, deriver };
}

/**
 * Waits for ClickHouse as long as it takes: without its identities no event could be told from a duplicate.
 * @throws when the journal cannot be trusted, or the service is told to stop meanwhile
 */
export async function openCore(options: CoreOptions): Promise<OpenCore> {
  const { writer, metrics, log, now, ring } = options;
  await waitForSchema(options);
  const parts = await openParts(options);
  const { journal, identities, quarantine } = parts;
  const { shipper, deriver } = await startShipper(options, parts);

  return {
    receive: createReceive({ journal, identities, quarantine, metrics, now }),
    backlog: () => journal.acknowledged - shipper.visible,
    fill: () => journal.bytes / options.journalBytesMax,
    isWritable: () => journal.isWritable,
    isSchemaCurrent: () => schemaIsCurrent(writer),
    async rebuild() {
      const rebuilt = await rebuild({
        writer,
        exclusive: (last) =>
          shipper.exclusive(async () => {
            const result = await last();
            deriver.clear();
            return result;
          })
      });
      if (!rebuilt.ok) {
        log.error(
          { code: rebuilt.failure.code, reason: rebuilt.failure.message },
          'the rebuild was refused; the old tables stay in use'
        );
        return null;
      }
      // new tables, of which the disk may have nothing yet
      await patiently(options, 'sync', () => writer.command('sync', 'SYSTEM SYNC FILE CACHE'));
      ring({ kind: 'rebuilt', seq: rebuilt.value.seq });
      return rebuilt.value;
    },
    levels: () => ({
      journalBytes: journal.bytes,
      acknowledged: journal.acknowledged,
      visible: shipper.visible,
      waitingSince: shipper.waitingSince,
      identities: identities.size,
      identityBytes: identities.bytes,
      openQuarantine: quarantine.size
    }),
    async close(withinMs) {
      await shipper.stop(withinMs);
      await deriver.close();
      await journal.close();
      await identities.close();
    }
  };
}
