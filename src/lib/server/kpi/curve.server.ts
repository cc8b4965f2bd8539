/** How a past day's sums grew: loaded once, stepped here, so that time passing alone asks ClickHouse nothing. */
import type { CurveRow } from './queries/cash.server.ts';

const MINUTE_MS = 60_000;
export const SLOT_MS = 1_800_000;

export interface Curve {
  readonly label: 'yesterday' | '7d';
  readonly days_back: 1 | 7;
  readonly day_start: number;
  readonly day_end: number;
  readonly rows: readonly CurveRow[];
  /** for a past as_of: the sums at exactly the same clock time */
  readonly exact?: { readonly as_of: number; readonly rows: readonly SlotSum[] } | undefined;
}
/** A row of sums as the half-hour questions answer it. */
export interface SlotSum {
  readonly measure: string;
  readonly flow?: string;
  readonly currency: string;
  readonly slot: number;
  readonly amount_minor: number;
  readonly counted: number;
}
/** Reads one number out of a row: which rows count and with which sign. */
export type Pick = (row: {
  readonly measure: string;
  readonly flow?: string;
  readonly amount_minor: number;
  readonly counted: number;
}) => number;
export type Point = [number, number | null];

const sum = <R>(rows: readonly R[], of: (row: R) => number): number => rows.reduce((total, row) => total + of(row), 0);

/**
 * The day's figure at the same clock time.
 * @param sameClock the same clock time on the curve's day, epoch ms
 * @returns the figure as of the last whole minute before (as_of tells which), or exactly then for a past as_of
 */
export function compareAt(
  curve: Curve,
  pick: Pick,
  currency: string | null,
  sameClock: number
): { as_of: number; value: number } {
  if (curve.exact !== undefined) {
    const rows = curve.exact.rows.filter((row) => currency === null || row.currency === currency);
    return { as_of: curve.exact.as_of, value: sum(rows, pick) };
  }
  const minute = Math.floor(sameClock / MINUTE_MS) * MINUTE_MS;
  return {
    as_of: Math.max(minute - 1, curve.day_start),
    value: sum(curve.rows, (row) => (row.minute < minute ? pick(row) : 0))
  };
}

/** The whole past day, cumulative, a point every half hour from its midnight to the next. Times are that day's. */
export function dayPoints(curve: Curve, pick: Pick): Point[] {
  const points: Point[] = [];
  let next = 0;
  let total = 0;
  for (let at = curve.day_start; at <= curve.day_end; at += SLOT_MS) {
    for (let row = curve.rows[next]; row !== undefined && row.minute < at; row = curve.rows[++next]) total += pick(row);
    points.push([at, total]);
  }
  return points;
}

/** Today, cumulative by effect time: a point every half hour since midnight and one at `now`. */
export function todayPoints(slots: readonly SlotSum[], pick: Pick, dayStart: number, now: number): Point[] {
  const bySlot = slotSums(slots, pick);
  const points: Point[] = [];
  let total = 0;
  for (let slot = 0; dayStart + slot * SLOT_MS <= now; slot++) {
    points.push([dayStart + slot * SLOT_MS, total]);
    total += bySlot.get(slot) ?? 0;
  }
  if (points.at(-1)?.[0] === now) points.pop();
  points.push([now, total]);
  return points;
}

export function slotSums(rows: readonly (SlotSum | CurveRow)[], pick: Pick): Map<number, number> {
  const sums = new Map<number, number>();
  for (const row of rows) {
    const amount = pick(row);
    if (amount !== 0) sums.set(row.slot, (sums.get(row.slot) ?? 0) + amount);
  }
  return sums;
}

/**
 * Sums by local hour 0..23; a repeated hour (DST) adds up.
 * @param until hours that begin later are null: not yet
 */
export function hourSums(
  sums: ReadonlyMap<number, number>,
  dayStart: number,
  until: number,
  hourOf: (ms: number) => number
): (number | null)[] {
  const hours: (number | null)[] = Array.from({ length: 24 }, () => null);
  for (let slot = 0; slot < 50 && dayStart + slot * SLOT_MS <= until; slot++) {
    const hour = hourOf(dayStart + slot * SLOT_MS);
    // the next day's first hour, on a day of 23 or 24 hours
    if (slot > 24 && hour === 0) break;
    hours[hour] = (hours[hour] ?? 0) + (sums.get(slot) ?? 0);
  }
  return hours;
}
