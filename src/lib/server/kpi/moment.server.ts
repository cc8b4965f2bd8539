/** What a moment means to the business: its day, month and the edges that questions need. Epoch ms throughout. */
import { overdueThrough } from '#lib/domain/ageing.ts';
import { addDays, businessCalendar, type BusinessCalendar, type CalendarName } from '#lib/domain/calendar.ts';
import { zonedDay, type ZonedDay } from '#lib/domain/zone.ts';
import type { LocalDate } from '#lib/contracts/time.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export interface Moment {
  readonly as_of: number;
  /** local date of as_of: "today" */
  readonly date: LocalDate;
  readonly day_start: number;
  readonly month_start: number;
  /** start of as_of's minute */
  readonly minute: number;
  /** whole UTC days within the month so far, [day_from, day_to); equal to month_start when there is none */
  readonly day_from: number;
  readonly day_to: number;
  /** the latest due date that is overdue */
  readonly overdue_through: LocalDate;
}

export interface BusinessTime {
  readonly zone: ZonedDay;
  readonly calendar: BusinessCalendar;
  at(asOf: number): Moment;
  /** the first instant of the local day `days` after the moment's */
  dayStart(moment: Moment, days: number): number;
}

/** @throws RangeError for an unknown time zone */
export function businessTime(timezone: string, calendarName: CalendarName): BusinessTime {
  const zone = zonedDay(timezone);
  const calendar = businessCalendar(calendarName);
  return {
    zone,
    calendar,
    at(asOf) {
      const date = zone.dateOf(asOf);
      const monthStart = zone.startOfMonth(date);
      const firstWholeDay = Math.ceil(monthStart / DAY_MS) * DAY_MS;
      const runningDay = Math.floor(asOf / DAY_MS) * DAY_MS;
      const hasWholeDays = firstWholeDay < runningDay;
      return {
        as_of: asOf,
        date,
        day_start: zone.startOf(date),
        month_start: monthStart,
        minute: Math.floor(asOf / MINUTE_MS) * MINUTE_MS,
        day_from: hasWholeDays ? firstWholeDay : monthStart,
        day_to: hasWholeDays ? runningDay : monthStart,
        overdue_through: overdueThrough(calendar, date)
      };
    },
    dayStart: (moment, days) => zone.startOf(addDays(moment.date, days))
  };
}

export const toRfc3339 = (ms: number): string => new Date(ms).toISOString();
