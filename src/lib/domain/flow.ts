/**
 * How the flow of events stands, in one word: not known, nothing waits, on the way, late, or failed. Ages are differences of the ingest
 * service's own clock, so no reader's clock can make them wrong.
 */
import type { Flow, FlowAnswer } from '#lib/contracts/flow.ts';

/** From so long a wait on figures are shown as old, too (see kpi/health). */
export const LATE_MS = 2_500;

/** Producers try again much sooner: after so long without a refusal, events may be taken again. */
const REFUSED_MS = 60_000;

interface Waiting {
  readonly events: number;
  /** of the oldest one */
  readonly waitMs: number;
}
export type FlowState =
  /** the ingest service is not heard: what waits there is not known */
  | { readonly kind: 'unreachable' }
  /** it is there and does not tell: a wrong token, another version */
  | { readonly kind: 'refused' }
  /** it has not read its journal yet */
  | { readonly kind: 'starting' }
  | { readonly kind: 'clear' }
  | ({ readonly kind: 'moving' | 'late' } & Waiting)
  /** events are answered 503: the journal is at its bound, its disk has no space, or refuses */
  | ({ readonly kind: 'refusing'; readonly why: 'full' | 'disk_full' | 'broken' } & Waiting)
  /** ClickHouse does not answer; what is acknowledged is kept */
  | ({ readonly kind: 'away'; readonly awayMs: number; readonly fill: number } & Waiting)
  /** ClickHouse answers and does not take what it is brought */
  | ({ readonly kind: 'failing'; readonly step: string; readonly code: string; readonly fill: number } & Waiting);

function stateOf({ at, journal, clickhouse_away_since: awaySince, failures }: Flow): FlowState {
  if (journal === null) return { kind: 'starting' };
  const { acknowledged, visible, waiting_since: since, bytes, bytes_max, is_writable, refused } = journal;
  const waiting: Waiting = {
    events: Math.max(0, acknowledged - visible),
    waitMs: since === null ? 0 : Math.max(0, at - since)
  };
  const fill = bytes / bytes_max;
  if (!is_writable) return { kind: 'refusing', why: fill >= 1 ? 'full' : 'broken', ...waiting };
  if (refused !== null && at - refused.at < REFUSED_MS) return { kind: 'refusing', why: refused.kind, ...waiting };
  if (awaySince !== null) return { kind: 'away', awayMs: Math.max(0, at - awaySince), fill, ...waiting };
  if (waiting.events === 0) return { kind: 'clear' };
  if (waiting.waitMs < LATE_MS) return { kind: 'moving', ...waiting };
  if (failures.since !== null && failures.last !== null)
    return { kind: 'failing', step: failures.last.step, code: failures.last.code, fill, ...waiting };
  return { kind: 'late', ...waiting };
}

export const flowState = ({ flow, failure }: FlowAnswer): FlowState =>
  flow === null ? { kind: failure ?? 'unreachable' } : stateOf(flow);
