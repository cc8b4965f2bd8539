/** Whether the chain behind every figure is healthy: ClickHouse answers, ingest speaks, and what it acknowledged is visible. */
import type { DoorbellMessage } from '#lib/contracts/internal.ts';
import type { Reason } from '#lib/contracts/kpi.ts';

/** Unhealthy for so long: tiles are stale (design.md section 3). */
export const STALE_AFTER_MS = 2_500;

type Beat = Extract<DoorbellMessage, { kind: 'beat' }>;

export interface Health {
  clickhouseAnswered(at: number): void;
  beat(message: Beat, at: number): void;
  /** why the chain is not healthy at `now`, or null */
  fault(now: number): Reason | null;
  /** the last moment up to which everything acknowledged is known to be visible; null: never yet */
  confirmedAt(): number | null;
  /** ClickHouse is not missed */
  isClickhouseThere(now: number): boolean;
}

/** @param startedAt until 2.5 s after it nobody is missed */
export function createHealth(startedAt: number): Health {
  let answeredAt: number | null = null;
  let beatAt: number | null = null;
  let waitingSince: number | null = null;
  const isMissing = (last: number | null, now: number): boolean => now - (last ?? startedAt) >= STALE_AFTER_MS;
  return {
    clickhouseAnswered(at) {
      answeredAt = Math.max(answeredAt ?? at, at);
    },
    beat(message, at) {
      beatAt = at;
      waitingSince = message.waiting_since;
    },
    fault(now) {
      if (isMissing(answeredAt, now)) return 'clickhouse_unreachable';
      if (isMissing(beatAt, now)) return 'ingest_unreachable';
      if (waitingSince !== null && now - waitingSince >= STALE_AFTER_MS) return 'not_yet_visible';
      return null;
    },
    confirmedAt() {
      if (answeredAt === null || beatAt === null) return null;
      return Math.min(answeredAt, beatAt, waitingSince ?? Infinity);
    },
    isClickhouseThere: (now) => !isMissing(answeredAt, now)
  };
}
