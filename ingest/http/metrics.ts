/** What Prometheus sees, by its naming conventions. */
import { statfs } from 'node:fs/promises';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Sources come from producers: beyond this many they are counted together. */
export const SOURCES_MAX = 200;

type Outcome = 'stored' | 'duplicate' | 'quarantined' | 'rejected';
type IngestStage = 'decode' | 'fsync' | 'acknowledge' | 'wait' | 'ship' | 'derive' | 'visible';

/** Read at each scrape. */
export interface Levels {
  readonly journalBytes: number;
  readonly acknowledged: number;
  readonly visible: number;
  /** epoch ms; null: nothing waits */
  readonly waitingSince: number | null;
  readonly identities: number;
  readonly identityBytes: number;
  readonly openQuarantine: number;
}

export interface Metrics {
  readonly registry: Registry;
  count(outcome: Outcome, source: string, code: string, events: number): void;
  /** What an earlier run has stored: without it a source that fell silent before a restart would not be missed. @param at epoch ms */
  lastStored(source: string, at: number): void;
  countUnknownKeys(keys: number): void;
  countRequest(status: number): void;
  countDelivery(platform: string, outcome: string): void;
  countFailure(step: string): void;
  observe(stage: IngestStage, seconds: number): void;
}

export interface MetricsOptions {
  /** epoch ms */
  readonly now: () => number;
  /** whose disk is looked at, at each scrape */
  readonly dataDir: string;
  readonly journalBytesMax: number;
}

function registerLevels(
  registry: Registry,
  levels: () => Levels,
  { now, journalBytesMax }: Pick<MetricsOptions, 'now' | 'journalBytesMax'>
): void {
  const gauge = (name: string, help: string, read: (levels: Levels) => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read(levels()));
      }
    });
  };
  gauge('pulso_ingest_journal_bytes', 'Bytes of the journal on disk', ({ journalBytes }) => journalBytes);
  gauge('pulso_ingest_journal_bytes_max', 'Beyond so many bytes of the journal events get 503', () => journalBytesMax);
  gauge(
    'pulso_ingest_acknowledged_position',
    'Newest acknowledged journal position',
    ({ acknowledged }) => acknowledged
  );
  gauge('pulso_ingest_visible_position', 'Newest position visible in every figure', ({ visible }) => visible);
  gauge(
    'pulso_ingest_lag_seconds',
    'Age of the oldest acknowledged event that is not visible yet',
    ({ waitingSince }) => (waitingSince === null ? 0 : Math.max(0, now() - waitingSince) / 1_000)
  );
  gauge('pulso_ingest_identities', 'Identities remembered', ({ identities }) => identities);
  gauge('pulso_ingest_identity_bytes', 'Memory of the remembered identities', ({ identityBytes }) => identityBytes);
  gauge('pulso_ingest_quarantine_open', 'Identities that wait in quarantine', ({ openQuarantine }) => openQuarantine);
}

function registerDisk(registry: Registry, dataDir: string): void {
  new Gauge({
    name: 'pulso_ingest_disk_free_bytes',
    help: 'Bytes left on the disk of the journal',
    registers: [registry],
    async collect() {
      try {
        const { bavail, bsize } = await statfs(dataDir);
        this.set(bavail * bsize);
      } catch {
        // not known: no number, and the others are told all the same
        this.remove();
      }
    }
  });
}

function registerCounters(registers: Registry[]) {
  const events = new Counter({
    name: 'pulso_ingest_events_total',
    help: 'Events by what became of them; code is empty for stored ones',
    labelNames: ['outcome', 'code', 'source'],
    registers
  });
  const unknownKeys = new Counter({
    name: 'pulso_ingest_unknown_keys_total',
    help: 'Keys in data that no schema knows',
    registers
  });
  const requests = new Counter({
    name: 'pulso_ingest_requests_total',
    help: 'Requests for events by status',
    labelNames: ['status'],
    registers
  });
  const deliveries = new Counter({
    name: 'pulso_ingest_webhooks_total',
    help: 'Calls of platforms by what became of them',
    labelNames: ['platform', 'outcome'],
    registers
  });
  const failures = new Counter({
    name: 'pulso_ingest_ship_failures_total',
    help: 'Failed attempts to deliver to ClickHouse, each repeated',
    labelNames: ['step'],
    registers
  });
  const stages = new Histogram({
    name: 'pulso_ingest_stage_seconds',
    help:
      'decode: a request, or a block of a stream; fsync: a group commit; of the oldest event of each batch acknowledge: receipt to disk, wait: disk to shipper, ' +
      'ship: to the raw tables, derive: to the last figure, visible: all of them together',
    labelNames: ['stage'],
    buckets: SECONDS,
    registers
  });
  const lastReceived = new Gauge({
    name: 'pulso_ingest_source_last_received_timestamp_seconds',
    help: 'When a source last sent an event that was stored',
    labelNames: ['source'],
    registers
  });
  return { events, unknownKeys, requests, failures, stages, lastReceived, deliveries };
}

export function createMetrics(levels: () => Levels, options: MetricsOptions): Metrics {
  const { now, dataDir } = options;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  registerLevels(registry, levels, options);
  registerDisk(registry, dataDir);
  const { events, unknownKeys, requests, failures, stages, lastReceived, deliveries } = registerCounters([registry]);
  const sources = new Set<string>();
  const newest = new Map<string, number>();
  const label = (source: string): string => {
    if (sources.size < SOURCES_MAX) sources.add(source);
    return sources.has(source) ? source : 'other';
  };
  const lastStored = (source: string, at: number): void => {
    const name = label(source);
    const last = Math.max(at, newest.get(name) ?? at);
    newest.set(name, last);
    lastReceived.set({ source: name }, last / 1_000);
  };
  return {
    registry,
    lastStored,
    count(outcome, source, code, count) {
      events.inc({ outcome, code, source: label(source) }, count);
      if (outcome === 'stored') lastStored(source, now());
    },
    countUnknownKeys: (keys) => unknownKeys.inc(keys),
    countRequest: (status) => requests.inc({ status }),
    countDelivery: (platform, outcome) => deliveries.inc({ platform, outcome }),
    countFailure: (step) => failures.inc({ step }),
    observe: (stage, seconds) => stages.observe({ stage }, seconds)
  };
}
