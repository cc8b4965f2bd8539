import type { Logger } from 'pino';
import type { DoorbellMessage } from '#lib/contracts/internal.ts';
import type { Failures } from './failures.ts';
import type { Frugality } from './frugality.ts';
import type { Metrics } from '#ingest/http/metrics.ts';
import type { Identities } from '#ingest/identity/identities.ts';
import type { Journal } from '#ingest/journal/journal.ts';
import type { OpenQuarantine } from '#ingest/quarantine/open-quarantine.ts';
import type { Timeline } from '#ingest/shipper/timeline.ts';
import type { ClickHouseAddress, Writer } from '#sql/interface.server.ts';

export interface CoreOptions {
  readonly dataDir: string;
  readonly journalBytesMax: number;
  readonly writer: Writer;
  /** where ClickHouse is now; null: nowhere */
  readonly findClickHouse: () => ClickHouseAddress | null;
  readonly metrics: Metrics;
  readonly failures: Failures;
  readonly log: Logger;
  /** epoch ms */
  readonly now: () => number;
  readonly random: () => number;
  /** an event of quarantine with what its source's settings say by now, see Sources.complete */
  readonly complete: (source: string, event: unknown) => unknown;
  readonly ring: (message: DoorbellMessage) => void;
  /** this run of the machine, see shipper/boot-id.ts */
  readonly bootId: string;
  /** aborted: stop waiting for ClickHouse */
  readonly signal: AbortSignal;
}

/** What taking events needs; none of it needs ClickHouse once it was there before. */
export interface Parts {
  readonly journal: Journal;
  readonly identities: Identities;
  readonly quarantine: OpenQuarantine;
  readonly timeline: Timeline;
  readonly frugality: Frugality;
}
