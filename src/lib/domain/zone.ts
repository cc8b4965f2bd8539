/**
 * Day edges of a time zone, by Intl alone: browser-safe, without the weight of a Temporal polyfill.
 * Valid from 1970 on for zones whose offset changes at most once in a UTC day, which is all of them.
 */
import type { EpochMs, LocalDate } from '#lib/contracts/time.ts';
import { addDays, dateOfDay, dayNumber } from './calendar.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** About a century of days: the cache starts anew beyond it. */
const CACHED_DAYS_MAX = 40_000;

export interface ZonedDay {
  readonly zone: string;
  /** the local date at an instant */
  dateOf(ms: EpochMs): LocalDate;
  /** the first instant of a local day: where midnight is skipped (a DST gap), the first one after the gap */
  startOf(date: LocalDate): EpochMs;
  /** the first instant of the month of a local date */
  startOfMonth(date: LocalDate): EpochMs;
  /** the instant of a local clock time, ms after the day's 00:00 reading; a skipped clock time moves on, of two the earlier */
  at(date: LocalDate, timeOfDayMs: number): EpochMs;
  /** the instant with the same clock time so many calendar days earlier; a skipped clock time moves on, of two the earlier */
  sameClock(ms: EpochMs, daysBack: number): EpochMs;
  /** the local hour, 0..23 */
  hourOf(ms: EpochMs): number;
}

function askIntl(zone: string): (ms: EpochMs) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric'
  });
  return (ms) => {
    const second = Math.floor(ms / 1000) * 1000;
    const field: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(second)) field[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second: s = 0 } = field;
    return Date.UTC(year, month - 1, day, hour, minute, s) - second;
  };
}

/** Milliseconds to add to UTC for local time; a UTC day with one offset at both ends is asked once. */
function cachedOffset(zone: string): (ms: EpochMs) => number {
  const ask = askIntl(zone);
  const byDay = new Map<number, number | 'changes'>();
  return (ms) => {
    const day = Math.floor(ms / DAY_MS);
    let known = byDay.get(day);
    if (known === undefined) {
      const first = ask(day * DAY_MS);
      known = first === ask((day + 1) * DAY_MS - 1) ? first : 'changes';
      if (byDay.size >= CACHED_DAYS_MAX) byDay.clear();
      byDay.set(day, known);
    }
    return known === 'changes' ? ask(ms) : known;
  };
}

/** The first instant in (low, high] that has the offset of `high`. */
function firstWithOffsetOf(high: EpochMs, low: EpochMs, offsetAt: (ms: EpochMs) => number): EpochMs {
  const wanted = offsetAt(high);
  let before = low;
  let after = high;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (offsetAt(middle) === wanted) after = middle;
    else before = middle;
  }
  return after;
}

/**
 * @param zone an IANA name such as `America/Sao_Paulo`
 * @throws RangeError for a zone that Intl does not know
 */
export function zonedDay(zone: string): ZonedDay {
  const offsetAt = cachedOffset(zone);
  const local = (ms: EpochMs): number => ms + offsetAt(ms);
  /** instants whose local reading is `reading` (epoch ms as if UTC), the earlier first; none inside a gap */
  const instantsOf = (reading: number): EpochMs[] => {
    const offsets = new Set([offsetAt(reading - DAY_MS), offsetAt(reading + DAY_MS)]);
    return [...offsets]
      .map((offset) => reading - offset)
      .filter((ms) => local(ms) === reading)
      .sort((a, b) => a - b);
  };
  const dateOf = (ms: EpochMs): LocalDate => dateOfDay(Math.floor(local(ms) / DAY_MS));
  const startOf = (date: LocalDate): EpochMs => {
    const midnight = dayNumber(date) * DAY_MS;
    const [first] = instantsOf(midnight);
    return first ?? firstWithOffsetOf(midnight + DAY_MS, midnight - DAY_MS, offsetAt);
  };
  const at = (date: LocalDate, timeOfDayMs: number): EpochMs => {
    const reading = dayNumber(date) * DAY_MS + timeOfDayMs;
    const [first] = instantsOf(reading);
    return first ?? reading - offsetAt(reading - DAY_MS);
  };
  return {
    zone,
    dateOf,
    startOf,
    at,
    startOfMonth: (date) => startOf(`${date.slice(0, 8)}01`),
    sameClock: (ms, daysBack) => {
      const date = addDays(dateOf(ms), -daysBack);
      return at(date, ((local(ms) % DAY_MS) + DAY_MS) % DAY_MS);
    },
    hourOf: (ms) => Math.floor((((local(ms) % DAY_MS) + DAY_MS) % DAY_MS) / HOUR_MS)
  };
}
