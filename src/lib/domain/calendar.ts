/**
 * Business days as Brazilian banks count them (domain.md section 5: Res. CMN 4.880), and arithmetic on calendar dates.
 * Pure and browser-safe: a date here is a `YYYY-MM-DD` string without a time or a zone.
 */
import type { LocalDate } from '#lib/contracts/time.ts';

const DAY_MS = 86_400_000;
/** Zumbi became a national holiday by Lei 14.759/2023. */
const ZUMBI_FROM_YEAR = 2024;
const FIXED_HOLIDAYS = ['01-01', '04-21', '05-01', '09-07', '10-12', '11-02', '11-15', '12-25'];
/** Days from Easter Sunday: Carnival Monday and Tuesday, Good Friday, Corpus Christi. */
const EASTER_OFFSETS = [-48, -47, -2, 60];

/** Days since 1970-01-01 of a valid `YYYY-MM-DD`. */
export const dayNumber = (date: LocalDate): number =>
  Date.UTC(Number(date.slice(0, 4)), Number(date.slice(5, 7)) - 1, Number(date.slice(8, 10))) / DAY_MS;

/** The date of a day number; years 0000..9999. */
export const dateOfDay = (day: number): LocalDate => new Date(day * DAY_MS).toISOString().slice(0, 10);

/** Calendar days, any sign of `n`. */
export const addDays = (date: LocalDate, n: number): LocalDate => dateOfDay(dayNumber(date) + n);

/** Calendar days from `from` to `to`; negative when `to` is earlier. */
export const daysBetween = (from: LocalDate, to: LocalDate): number => dayNumber(to) - dayNumber(from);

/** The first of the month so many months later; any sign of `n`. */
export function addMonths(date: LocalDate, n: number): LocalDate {
  const months = Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) - 1 + n;
  return `${String(Math.floor(months / 12)).padStart(4, '0')}-${String((months % 12) + 1).padStart(2, '0')}-01`;
}

/** Six weeks from Sunday on that hold the month of `date`: a calendar's page, always of one size. */
export function monthPage(date: LocalDate): readonly LocalDate[] {
  const first = dayNumber(`${date.slice(0, 7)}-01`);
  // 1970-01-01 was a Thursday
  const sunday = first - ((first + 4) % 7);
  return Array.from({ length: 42 }, (_, index) => dateOfDay(sunday + index));
}

/** Easter Sunday of a Gregorian year (the anonymous computus of Meeus, Jones and Butcher). */
export function easter(year: number): LocalDate {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const d = b % 4;
  const e = Math.floor((8 * b + 13) / 25);
  const epact = (19 * a + b - Math.floor(b / 4) - e + 15) % 30;
  const weekday = (32 + 2 * d + 2 * Math.floor(c / 4) - epact - (c % 4)) % 7;
  const m = Math.floor((a + 11 * epact + 19 * weekday) / 433);
  const month = Math.floor((epact + weekday - 7 * m + 90) / 25);
  const day = (epact + weekday - 7 * m + 33 * month + 19) % 32;
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

function bankHolidays(year: number): ReadonlySet<LocalDate> {
  const y = String(year).padStart(4, '0');
  const days = FIXED_HOLIDAYS.map((monthDay) => `${y}-${monthDay}`);
  if (year >= ZUMBI_FROM_YEAR) days.push(`${y}-11-20`);
  const sunday = easter(year);
  for (const offset of EASTER_OFFSETS) days.push(addDays(sunday, offset));
  return new Set(days);
}

/** `BR`: the banks' national calendar. `none`: every day is a business day, `extraHolidays` too. */
export type CalendarName = 'BR' | 'none';

export interface BusinessCalendar {
  readonly name: CalendarName;
  /** a bank holiday or an extra one; weekends are none */
  isHoliday(date: LocalDate): boolean;
  isBusinessDay(date: LocalDate): boolean;
  /** the date itself if a business day, else the next one: until then a payment is on time. Never decreases as `date` grows. */
  effectiveDueDate(date: LocalDate): LocalDate;
  /** the n-th business day after `date` (before it when n < 0); n = 0: `date` itself, whatever day it is */
  addBusinessDays(date: LocalDate, n: number): LocalDate;
}

/** 1970-01-01 was a Thursday: day numbers 2 and 3 (mod 7) are Saturday and Sunday. */
const isWeekend = (day: number): boolean => {
  const weekday = ((day % 7) + 7) % 7;
  return weekday === 2 || weekday === 3;
};

/**
 * @param extraHolidays local days on which the business's banks are closed too (`BR` only)
 */
export function businessCalendar(name: CalendarName, extraHolidays: readonly LocalDate[] = []): BusinessCalendar {
  const extra = new Set(extraHolidays);
  const byYear = new Map<number, ReadonlySet<LocalDate>>();
  const holidaysOf = (year: number): ReadonlySet<LocalDate> => {
    const known = byYear.get(year);
    if (known !== undefined) return known;
    const holidays = bankHolidays(year);
    byYear.set(year, holidays);
    return holidays;
  };
  const isHoliday = (date: LocalDate): boolean =>
    name === 'BR' && (extra.has(date) || holidaysOf(Number(date.slice(0, 4))).has(date));
  const isBusinessDay = (date: LocalDate): boolean =>
    name === 'none' || (!isWeekend(dayNumber(date)) && !isHoliday(date));
  const effectiveDueDate = (date: LocalDate): LocalDate => {
    let effective = date;
    while (!isBusinessDay(effective)) effective = addDays(effective, 1);
    return effective;
  };
  const addBusinessDays = (date: LocalDate, n: number): LocalDate => {
    const step = Math.sign(n);
    let reached = date;
    for (let left = Math.abs(n); left > 0;) {
      reached = addDays(reached, step);
      if (isBusinessDay(reached)) left -= 1;
    }
    return reached;
  };
  return { name, isHoliday, isBusinessDay, effectiveDueDate, addBusinessDays };
}
