/** The ingest service in one piece: serves at once, takes events as soon as journal and identities are there. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { Doorbell, type Beat } from '#ingest/doorbell/doorbell.ts';
import { createMetrics, type Levels } from '#ingest/http/metrics.ts';
import { startServer } from '#ingest/http/server.ts';
import { Keyring } from '#ingest/keys/keyring.ts';
import { openKeyStore } from '#ingest/keys/key-store.ts';
import { registerSilence } from '#ingest/sources/silence-metric.ts';
import { openSourceStore } from '#ingest/sources/source-store.ts';
import { Sources } from '#ingest/sources/sources.ts';
import { createFollowingWriter } from '#ingest/shipper/following-writer.ts';
import type { ClickHouseAddress } from '#sql/interface.server.ts';
import { openCore, type OpenCore } from './core.ts';
import { Failures } from './failures.ts';
import { CLICKHOUSE_WELL_MS, readFlow } from './flow.ts';

/** Together below the 7 s that the supervisor gives. */
const REQUESTS_END_WITHIN_MS = 1_000;
const SHIP_WITHIN_MS = 3_000;

export interface IngestOptions {
  readonly host: string;
  /** 0: any free port */
  readonly port: number;
  readonly dataDir: string;
  readonly internalToken: string;
  readonly apiKey?: string | undefined;
  readonly journalBytesMax: number;
  /** where ClickHouse is now; null: nowhere. Asked again after each failure */
  readonly findClickHouse: () => ClickHouseAddress | null;
  /** this run of the machine, see shipper/boot-id.ts */
  readonly bootId: string;
  readonly log: Logger;
  /** epoch ms */
  readonly now: () => number;
  readonly random: () => number;
}

export interface Ingest {
  readonly port: number;
  /** when events are taken; rejects when the journal cannot be trusted */
  readonly ready: Promise<void>;
  /** Takes nothing new, lets running requests end, ships what it can, within 7 s in all. */
  stop(): Promise<void>;
}

const NOTHING_YET = (startedAt: number): Levels => ({
  journalBytes: 0,
  acknowledged: 0,
  visible: 0,
  // what an earlier run left is not counted yet: that it may be there is said
  waitingSince: startedAt,
  identities: 0,
  identityBytes: 0,
  openQuarantine: 0
});

async function beatOf(writer: ReturnType<typeof createFollowingWriter>, levels: () => Levels): Promise<Beat> {
  const clickhouse_ok = await writer.isWell(CLICKHOUSE_WELL_MS);
  const { acknowledged, visible, waitingSince } = levels();
  return {
    kind: 'beat',
    acknowledged_seq: acknowledged,
    visible_seq: visible,
    waiting_since: waitingSince,
    clickhouse_ok
  };
}

/** @returns when it listens. @throws when the port is taken or the key file cannot be opened */
export async function startIngest(options: IngestOptions): Promise<Ingest> {
  const { log, now, random, dataDir, internalToken } = options;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const startedAt = now();
  const stopping = new AbortController();
  let core: OpenCore | null = null;
  const levels = (): Levels => core?.levels() ?? NOTHING_YET(startedAt);

  const keyStore = openKeyStore(join(dataDir, 'ingest.sqlite'));
  if (options.apiKey !== undefined && !keyStore.adopt(options.apiKey, now()))
    log.warn('INGEST_API_KEY was revoked, or rotated and is past its end, and opens nothing: set another one');
  const onBusy = (err: unknown): void => log.warn({ err }, 'the key file is busy; trying again');
  const keyring = new Keyring(keyStore, now, onBusy);
  const sources = new Sources(openSourceStore(join(dataDir, 'ingest.sqlite')), now, onBusy);
  const writer = createFollowingWriter(options.findClickHouse, now);
  const { journalBytesMax } = options;
  const metrics = createMetrics(levels, { now, dataDir, journalBytesMax });
  const failures = new Failures();
  registerSilence(metrics.registry, sources);
  const doorbell = new Doorbell(() => beatOf(writer, levels));
  const flow = () => readFlow({ dataDir, journalBytesMax, writer, failures, core: () => core, startedAt, now });
  const server = await startServer(
    { keyring, sources, doorbell, metrics, internalToken, log, now, core: () => core, flow },
    options
  );

  const ring = doorbell.ring.bind(doorbell);
  const ready = openCore({
    dataDir,
    journalBytesMax,
    writer,
    findClickHouse: options.findClickHouse,
    metrics,
    failures,
    log,
    now,
    random,
    complete: (source, event) => sources.complete(source, event),
    ring,
    bootId: options.bootId,
    signal: stopping.signal
  }).then((opened) => {
    core = opened;
    log.info({ port: server.port, position: opened.levels().acknowledged }, 'taking events');
  });
  // whoever waits for it sees it
  ready.catch(() => {});

  return {
    port: server.port,
    ready,
    async stop() {
      stopping.abort();
      doorbell.close();
      await server.close(REQUESTS_END_WITHIN_MS);
      await ready.catch(() => {});
      await core?.close(SHIP_WITHIN_MS);
      keyring.close();
      sources.close();
      await writer.close();
    }
  };
}
