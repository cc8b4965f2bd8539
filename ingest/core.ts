/** Everything behind the HTTP server, opened in order: journal, identities; then, when ClickHouse answers, what ships. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { rebuild, type Rebuilt } from '#ingest/derive/rebuild.ts';
import type { Core } from '#ingest/http/context.ts';
import type { Levels } from '#ingest/http/metrics.ts';
import { prepare, takeIn } from '#ingest/http/intake.ts';
import { createReceive } from '#ingest/http/receive.ts';
import { Identities } from '#ingest/identity/identities.ts';
import { loadIdentities, readPositionsUsed } from '#ingest/identity/load.ts';
import type { Frame } from '#ingest/journal/frame.ts';
import type { JournalFailure } from '#ingest/journal/group.ts';
import { Journal } from '#ingest/journal/journal.ts';
import { probeRoom } from '#ingest/journal/room.ts';
import type { Freed } from '#ingest/journal/state.ts';
import { quarantinedRows } from '#ingest/journal/rows.ts';
import { createDesk } from '#ingest/quarantine/desk.ts';
import { OpenQuarantine } from '#ingest/quarantine/open-quarantine.ts';
import { Timeline } from '#ingest/shipper/timeline.ts';
import { needsRewind } from '#ingest/shipper/rewind.ts';
import type { CoreOptions, Parts } from './core-options.ts';
import { Frugality } from './frugality.ts';
import { patiently, waitForSchema } from './patience.ts';
import { createReadiness } from './readiness.ts';
import { startShipping, type Shipping } from './start-shipping.ts';

const SEGMENT_BYTES_MAX = 64 * 1024 * 1024;
/** The newest segment stays, so it must be a small part of the bound. */
const SEGMENTS_MIN = 8;
const SHIPPED_LOOK_MS = 20;
const MEMORY_BYTES = 8 * 1024 * 1024;

interface JournalRefusal {
  readonly kind: JournalFailure['kind'];
  /** epoch ms */
  readonly at: number;
}

export interface OpenCore extends Core {
  levels(): Levels;
  /** false: over its bound, or the disk refuses even what takes back a failed write */
  isWritable(): boolean;
  /** the last time events could not be written, when none was taken since; null: no such time */
  refused(): JournalRefusal | null;
  /** Ships what it can until the deadline and closes the journal. */
  close(withinMs: number): Promise<void>;
}

function timelineOf({ now, metrics, failures }: CoreOptions): Timeline {
  return new Timeline({
    now,
    onStage(stage, seconds) {
      metrics.observe(stage, seconds);
      if (stage === 'visible') failures.end();
    }
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
    else opened?.reclaim(frame.entries);
    // what ClickHouse refused of this frame; a frame behind it may hold the event again, corrected
    for (const { position, identity } of freed)
      if (frame.first <= position && position <= frame.through) opened?.release(identity);
    for (const row of quarantinedRows(frame)) quarantine.add(row);
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
    async () => {
      await waitForSchema(options);
      return patiently(options, 'positions', () => readPositionsUsed(writer));
    }
  );
  if (journal.tornBytes > 0)
    log.warn({ bytes: journal.tornBytes }, 'cut a torn tail off the journal: nothing of it was acknowledged');
  const began = performance.now();
  const identities = await opening.promise;
  // only what neither runs nor journal hold: nothing, unless the runs are lost or ClickHouse is older than this journal
  if (identities.covered + 1 < journal.oldest) {
    await waitForSchema(options);
    await patiently(options, 'identities', () => loadIdentities(writer, identities));
  }
  identities.settle(Buffer.alloc(0), journal.acknowledged);
  log.info({ identities: identities.size, ms: Math.round(performance.now() - began) }, 'identities are loaded');
  const timeline = timelineOf(options);
  journal.onDurable(() => timeline.durable(journal.acknowledged));
  return { journal, identities, quarantine, timeline, frugality: new Frugality() };
}

async function rebuildNow(options: CoreOptions, { shipper, deriver }: Shipping): Promise<Rebuilt | null> {
  const { writer, log, ring } = options;
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
    const { code, message: reason } = rebuilt.failure;
    log.error({ code, reason }, 'the rebuild was refused; the old tables stay in use');
    return null;
  }
  // new tables, of which the disk may have nothing yet
  await patiently(options, 'sync', () => writer.command('sync', 'SYSTEM SYNC FILE CACHE'));
  ring({ kind: 'rebuilt', seq: rebuilt.value.seq });
  return rebuilt.value;
}

/** What became of the last rows brought to the journal. */
class Refusals {
  readonly #now: () => number;
  last: JournalRefusal | null = null;
  isDiskFull = false;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param failure null: they are on disk */
  note(failure: JournalFailure | null): void {
    this.last = failure && { kind: failure.kind, at: this.#now() };
    // over the journal's bound nothing was written: that tells nothing of the disk
    if (failure?.kind !== 'full') this.isDiskFull = failure?.kind === 'disk_full';
  }
}

const readinessOf = (
  { dataDir, writer }: CoreOptions,
  journal: Journal,
  refusals: Refusals,
  isShipping: () => boolean
): Core['readiness'] =>
  createReadiness({
    reader: writer,
    isWritable: () => journal.isWritable,
    isDiskFull: () => refusals.isDiskFull,
    hasRoom: probeRoom(join(dataDir, 'journal'), () => performance.now()),
    isShipping
  });

async function untilShipped(journal: Journal, visible: () => number, withinMs: number): Promise<void> {
  const reached = journal.acknowledged;
  const deadline = performance.now() + withinMs;
  while (visible() < reached && performance.now() < deadline) await sleep(SHIPPED_LOOK_MS);
}

/**
 * Takes events as soon as journal and identities are there, also while ClickHouse is away; shipping begins when it answers. Only the very
 * first start, and one that lost its identities, wait for it.
 * @throws when the journal cannot be trusted, or the service is told to stop meanwhile
 */
export async function openCore(options: CoreOptions): Promise<OpenCore> {
  const { writer, metrics, now } = options;
  const parts = await openParts(options);
  const { journal, identities, quarantine } = parts;
  const openedAt = now();
  let shipping: Shipping | null = null;
  const starting = startShipping(options, parts).then((started) => (shipping = started));
  const visible = (): number => {
    if (shipping) return shipping.shipper.visible;
    // after a power loss ClickHouse may lack what was shipped and not synced
    return needsRewind(journal.state, options.bootId) ? journal.state.synced : journal.state.shipped;
  };
  const waitingSince = (): number | null => {
    if (shipping) return shipping.shipper.waitingSince;
    return journal.acknowledged > visible() ? openedAt : null;
  };

  const refusals = new Refusals(now);
  const onJournal = (failure: JournalFailure | null): void => refusals.note(failure);
  const intake = { journal, identities, quarantine, metrics, now, onJournal };

  return {
    frugality: parts.frugality,
    receive: createReceive(intake),
    desk: createDesk({
      writer,
      quarantine,
      complete: options.complete,
      take: (usable) => takeIn(intake, prepare(usable), { receivedAt: now(), keyId: '' }),
      shipped: (withinMs) => untilShipped(journal, visible, withinMs),
      now
    }),
    backlog: () => journal.acknowledged - visible(),
    fill: () => journal.bytes / options.journalBytesMax,
    isWritable: () => journal.isWritable,
    readiness: readinessOf(options, journal, refusals, () => shipping !== null),
    refused: () => refusals.last,
    async rebuild() {
      const started = await starting;
      return started ? rebuildNow(options, started) : null;
    },
    levels: () => ({
      journalBytes: journal.bytes,
      acknowledged: journal.acknowledged,
      visible: visible(),
      waitingSince: waitingSince(),
      identities: identities.size,
      identityBytes: identities.bytes,
      openQuarantine: quarantine.size
    }),
    async close(withinMs) {
      // the signal has ended its waiting
      const started = await starting;
      await started?.shipper.stop(withinMs);
      await started?.deriver.close();
      await journal.close();
      await identities.close();
    }
  };
}
