/** The past of what has state: read from the events and effects known at a moment, once a request however many figures need it. */
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import type { Result } from '#lib/contracts/result.ts';
import type { ClickHouseFailure, Reader } from '#sql/interface.server.ts';
import type { Debts, DebtsAt } from './debts.server.ts';
import type { BusinessTime, Moment } from './moment.server.ts';
import { stockSkusAt, type SkuRow } from './queries/stock.server.ts';
import { toEvent, type StoredRow } from './queries/stored-event.server.ts';

/** Decoding so many rows takes ≈ 10 ms; then others get their turn. */
const ROWS_A_TURN = 1_000;
export const VELOCITY_DAYS = 28;
const DAY_MS = 86_400_000;

type Asked<T> = Promise<Result<T, ClickHouseFailure>>;
export interface Past {
  /** with the payments of this day and the one before */
  debts(): Asked<Debts>;
  skus(): Asked<SkuRow[]>;
}

export const velocityWindow = (asOf: number): { velocity_from: number; as_of: number } => ({
  velocity_from: asOf - VELOCITY_DAYS * DAY_MS,
  as_of: asOf
});

/** Rows to events without holding the event loop for long. */
export async function toEvents(rows: readonly StoredRow[]): Promise<AcceptedEvent[]> {
  const events: AcceptedEvent[] = [];
  for (let start = 0; start < rows.length; start += ROWS_A_TURN) {
    if (start > 0) await new Promise<void>((resolve) => setImmediate(resolve));
    events.push(...rows.slice(start, start + ROWS_A_TURN).map(toEvent));
  }
  return events;
}

export interface PastContext {
  readonly reader: Reader;
  readonly time: BusinessTime;
  readonly debtsAt: DebtsAt;
}

export function createPast({ reader, time, debtsAt }: PastContext, moment: Moment): Past {
  let debts: Asked<Debts> | undefined;
  let skus: Asked<SkuRow[]> | undefined;
  return {
    debts: () => (debts ??= debtsAt(moment.as_of, time.dayStart(moment, -1))),
    skus: () => (skus ??= reader.read(stockSkusAt, velocityWindow(moment.as_of)))
  };
}
