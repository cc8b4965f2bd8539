import type {
  QuarantineFilter,
  QuarantineReasons,
  QuarantineRows,
  QuarantineTest,
  ReplayAnswer,
  ReplayRequest
} from '#lib/contracts/quarantine.ts';
import type { Result } from '#lib/contracts/result.ts';

export type IngestFailure = { readonly kind: 'unreachable' | 'refused'; readonly retryable: boolean };

/** Quarantine, which the ingest service keeps. */
export interface QuarantineAdmin {
  quarantine(filter: Partial<QuarantineFilter>): Promise<Result<QuarantineRows, IngestFailure>>;
  quarantineReasons(): Promise<Result<QuarantineReasons, IngestFailure>>;
  /** how many wait */
  quarantineOpen(): Promise<Result<number, IngestFailure>>;
  replay(request: ReplayRequest): Promise<Result<ReplayAnswer, IngestFailure>>;
  /** a dry run, and what it would change */
  testReplay(request: ReplayRequest): Promise<Result<QuarantineTest, IngestFailure>>;
}
