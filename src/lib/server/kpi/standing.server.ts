/** In what state a figure is, how fresh, and why: design.md section 3. Pure. */
import type { Stream } from '#lib/contracts/streams.ts';
import type { Figure } from './figure.server.ts';
import { STALE_AFTER_MS, type Health } from './health.server.ts';
import type { PartStatus } from './loader.server.ts';
import type { Standing } from './tiles.server.ts';

/** Newest event time by stream, epoch ms. */
export type Watermarks = Partial<Record<Stream, number>>;

/** A query has failed for good when it failed so often in a row while ClickHouse answered. */
const FAILURES = 2;

interface PartStanding extends PartStatus {
  /** read after every commit that concerns it; others lag by design and say nothing of freshness */
  readonly isLive: boolean;
  /** what its last load had covered */
  readonly watermarks: Watermarks;
}

export interface StandingFacts {
  readonly now: number;
  readonly startedAt: number;
  readonly health: Health;
  readonly figure: Figure | null;
  readonly parts: readonly PartStanding[];
  readonly streams: readonly Stream[];
  /** as_of never goes back */
  readonly previousAsOf: number;
}

export function standingOf(facts: StandingFacts): Standing {
  const { now, startedAt, health, figure, parts, streams, previousAsOf } = facts;
  const live = parts.filter((part) => part.isLive);
  const fault = health.fault(now);
  const dirtySince = Math.min(...live.map((part) => part.dirtySince ?? Infinity));
  const loadedAt = Math.min(...live.map((part) => part.loadedAt ?? startedAt));
  const confirmedAt = Math.min(health.confirmedAt() ?? loadedAt, dirtySince);
  // read again while acknowledged events are not visible, a value is newer and yet holds for no later moment
  const readAt = fault === 'not_yet_visible' && previousAsOf > 0 ? 0 : loadedAt;
  const at = { as_of: Math.max(readAt, confirmedAt, previousAsOf), watermark: watermarkOf(live, streams) };

  const hasFailed = parts.some((part) => part.failures >= FAILURES);
  if (hasFailed && fault !== 'clickhouse_unreachable') return { ...at, state: 'failed', reason: 'query_failed' };
  if (figure === null) return { ...at, state: 'failed', reason: fault ?? 'starting' };
  if (figure.value === null) return { ...at, state: 'empty', reason: figure.reason };
  if (fault !== null) return { ...at, state: 'stale', reason: fault };
  if (now - dirtySince >= STALE_AFTER_MS) return { ...at, state: 'stale', reason: 'not_yet_visible' };
  return { ...at, state: 'live' };
}

/** The newest event of the figure's streams that all its parts have read. */
function watermarkOf(parts: readonly PartStanding[], streams: readonly Stream[]): number | null {
  const times = streams.flatMap((stream) => {
    const oldest = Math.min(...parts.map((part) => part.watermarks[stream] ?? -Infinity));
    return Number.isFinite(oldest) ? [oldest] : [];
  });
  return times.length === 0 ? null : Math.max(...times);
}
