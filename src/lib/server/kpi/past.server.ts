/** The past of what has state: read from the events and effects known at a moment, once a request however many figures need it. */
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { ok, type Result } from '#lib/contracts/result.ts';
import { receivables, type Receivables } from '#lib/domain/receivables.ts';
import type { ClickHouseFailure, Reader } from '#sql/interface.server.ts';
import type { Moment } from './moment.server.ts';
import { receivableEventsAt } from './queries/receivables.server.ts';
import { stockSkusAt, type SkuRow } from './queries/stock.server.ts';
import { toEvent, type StoredRow } from './queries/stored-event.server.ts';

/** Decoding so many rows takes ≈ 10 ms; then others get their turn. */
const ROWS_A_TURN = 1_000;
export const VELOCITY_DAYS = 28;
const DAY_MS = 86_400_000;

type Asked<T> = Promise<Result<T, ClickHouseFailure>>;
export interface Past {
  receivables(): Asked<Receivables>;
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

async function receivablesAt(reader: Reader, asOf: number): Asked<Receivables> {
  const rows = await reader.read(receivableEventsAt, { as_of: asOf });
  return rows.ok ? ok(receivables(await toEvents(rows.value))) : rows;
}

export function createPast(reader: Reader, moment: Moment): Past {
  let debts: Asked<Receivables> | undefined;
  let skus: Asked<SkuRow[]> | undefined;
  return {
    receivables: () => (debts ??= receivablesAt(reader, moment.as_of)),
    skus: () => (skus ??= reader.read(stockSkusAt, velocityWindow(moment.as_of)))
  };
}
