/** Days as whole numbers (days since 1970-01-01) in the business's zone, with what the plans of a day ask for, cached. */
import { businessCalendar, dateOfDay, dayNumber, type CalendarName } from '#lib/domain/calendar.ts';
import { zonedDay } from '#lib/domain/zone.ts';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export interface Almanac {
  /** the local day of an instant */
  dayOf(ms: number): number;
  /** local midnight of a day, epoch ms */
  startOf(day: number): number;
  /** an instant of a day by its local clock, in hours (14.5 = 14:30); right on days without a change of offset */
  at(day: number, hours: number): number;
  /** local hours since midnight, with fraction */
  hours(ms: number): number;
  /** `YYYY-MM-DD` */
  date(day: number): string;
  dayOfMonth(day: number): number;
  /** 0 = Sunday */
  weekday(day: number): number;
  isHoliday(day: number): boolean;
  isBusiness(day: number): boolean;
  /** the day itself if a business day, else the next one */
  business(day: number): number;
  /** the n-th business day after */
  afterBusiness(day: number, n: number): number;
}

function cached<T>(make: (day: number) => T): (day: number) => T {
  const known = new Map<number, T>();
  return (day) => {
    const hit = known.get(day);
    if (hit !== undefined) return hit;
    const value = make(day);
    known.set(day, value);
    return value;
  };
}

/** @throws RangeError for a zone that Intl does not know */
export function createAlmanac(timezone: string, calendarName: CalendarName): Almanac {
  const zone = zonedDay(timezone);
  const calendar = businessCalendar(calendarName);
  const date = cached(dateOfDay);
  const startOf = cached((day) => zone.startOf(date(day)));
  const isBusiness = cached((day) => calendar.isBusinessDay(date(day)));
  const business = (day: number): number => {
    let reached = day;
    while (!isBusiness(reached)) reached++;
    return reached;
  };
  const dayOf = (ms: number): number => {
    // a guess by the offset of Brazil, then corrected: Intl is asked once a day, not once an event
    let day = Math.floor((ms - 3 * HOUR) / DAY);
    while (startOf(day) > ms) day--;
    while (startOf(day + 1) <= ms) day++;
    return day;
  };
  return {
    dayOf,
    startOf,
    at: (day, hours) => Math.round(startOf(day) + hours * HOUR),
    hours: (ms) => (ms - startOf(dayOf(ms))) / HOUR,
    date,
    dayOfMonth: (day) => Number(date(day).slice(8)),
    weekday: (day) => (((day + 4) % 7) + 7) % 7,
    isHoliday: cached((day) => calendar.isHoliday(date(day))),
    isBusiness,
    business,
    afterBusiness: (day, n) => {
      let reached = day;
      for (let left = n; left > 0; left--) reached = business(reached + 1);
      return reached;
    }
  };
}

export { dayNumber };
