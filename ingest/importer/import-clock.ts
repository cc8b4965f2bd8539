/** From written dates to instants of the business's zone, moved by whole weeks where asked. */
import { addDays } from '#lib/domain/calendar.ts';
import type { ZonedDay } from '#lib/domain/zone.ts';
import type { EpochMs, LocalDate } from '#lib/contracts/time.ts';
import type { WrittenTime } from './date-text.ts';

const WEEK_DAYS = 7;
const WEEK_MS = WEEK_DAYS * 86_400_000;

export interface ImportClock {
  /** when something happened: shifted, and remembered for `newest` */
  instant(written: WrittenTime): EpochMs;
  /** a moment that may lie ahead, such as when money is expected: shifted only */
  moment(written: WrittenTime): EpochMs;
  /** a calendar date, shifted, that may lie ahead, such as a due date */
  date(written: WrittenTime): LocalDate;
  /** the newest moment told so far, as written; null: none */
  readonly newest: WrittenTime | null;
}

const instantOf = (written: WrittenTime, day: ZonedDay, weeks: number): EpochMs =>
  written.offset === null
    ? day.at(addDays(written.date, weeks * WEEK_DAYS), written.time_of_day)
    : Date.parse(`${written.date}T00:00:00Z`) + written.time_of_day - written.offset + weeks * WEEK_MS;

/** @param weeks whole weeks to add; weekday and clock time stay, across changes of the clocks too */
export function createImportClock(day: ZonedDay, weeks: number): ImportClock {
  let newest: WrittenTime | null = null;
  let newestMs = -Infinity;
  return {
    instant(written) {
      const ms = instantOf(written, day, weeks);
      if (ms > newestMs) {
        newestMs = ms;
        newest = written;
      }
      return ms;
    },
    moment: (written) => instantOf(written, day, weeks),
    date: (written) => (weeks === 0 ? written.date : addDays(written.date, weeks * WEEK_DAYS)),
    get newest() {
      return newest;
    }
  };
}

/** The greatest number of weeks that leaves `newest` at or before `now`; negative when it lies ahead. */
export function weeksToNow(newest: WrittenTime, day: ZonedDay, now: EpochMs): number {
  let weeks = Math.floor((now - instantOf(newest, day, 0)) / WEEK_MS);
  // a change of the clocks in between can move the shifted moment by an hour
  while (instantOf(newest, day, weeks) > now) weeks--;
  while (instantOf(newest, day, weeks + 1) <= now) weeks++;
  return weeks;
}
