/** Dates as files write them: the order of day, month and year told or proven by the values, never guessed. */
import type { LocalDate } from '#lib/contracts/time.ts';
import { ImportFault } from './fault.ts';

type DateOrder = 'ymd' | 'dmy' | 'mdy';
/** `shortYear`: two digits, of this century */
export interface DateStyle {
  readonly order: DateOrder;
  readonly shortYear: boolean;
}
/** A date as written. `time_of_day` in ms; `offset` in ms to UTC when the text names its zone, else null: the business's clock. */
export interface WrittenTime {
  readonly date: LocalDate;
  readonly time_of_day: number;
  readonly offset: number | null;
}

const PATTERN =
  /^(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})(?:(?:[Tt]|,? +)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?: ?([AaPp])\.?[Mm]\.?)?(?: ?([Zz]|UTC|[+-]\d{2}:?\d{2}))?)?$/;
const COMPACT = /^(\d{4})(\d{2})(\d{2})$/;
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** The calendar date, or undefined for 30 February and the like. */
function calendarDate(year: number, month: number, day: number): LocalDate | undefined {
  const longest = DAYS[month - 1];
  if (longest === undefined || day < 1 || day > longest) return undefined;
  if (month === 2 && day === 29 && (year % 4 !== 0 || (year % 100 === 0 && year % 400 !== 0))) return undefined;
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

function timeOfDay(match: RegExpExecArray): number | undefined {
  const [, , , , , hours, minutes, seconds = '0', fraction = '', half] = match;
  if (hours === undefined || minutes === undefined) return 0;
  let hour = Number(hours);
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return undefined;
    hour = (hour % 12) + (half.toLowerCase() === 'p' ? 12 : 0);
  }
  if (hour > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  return ((hour * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0'));
}

function zoneOffset(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (!/^[+-]/.test(text)) return 0;
  const digits = text.replace(':', '');
  const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3, 5));
  return (digits.startsWith('-') ? -minutes : minutes) * 60_000;
}

/** @returns undefined when the text is no date of this style, or no real date */
export function readTime(text: string, style: DateStyle): WrittenTime | undefined {
  const compact = style.order === 'ymd' ? COMPACT.exec(text) : null;
  if (compact !== null) {
    const date = calendarDate(Number(compact[1]), Number(compact[2]), Number(compact[3]));
    return date === undefined ? undefined : { date, time_of_day: 0, offset: null };
  }
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const [, first = '', , second = '', third = ''] = match;
  const [year, month, day] =
    style.order === 'ymd'
      ? [first, second, third]
      : style.order === 'dmy'
        ? [third, second, first]
        : [third, first, second];
  if (year.length !== (style.shortYear ? 2 : 4) || month.length > 2 || day.length > 2) return undefined;
  const date = calendarDate(style.shortYear ? 2000 + Number(year) : Number(year), Number(month), Number(day));
  const time_of_day = timeOfDay(match);
  return date === undefined || time_of_day === undefined
    ? undefined
    : { date, time_of_day, offset: zoneOffset(match[10]) };
}

/**
 * A style as told: `D/M/YYYY`, `MM/DD/YYYY HH:mm`, `YYYY-MM-DD`, `DD.MM.YY`, `ISO`. Separators and a time of day are read as they come.
 * @throws ImportFault for anything else
 */
export function parseDateStyle(text: string): DateStyle {
  const upper = text.trim().toUpperCase();
  if (/^(ISO|YYYYMMDD)/.test(upper)) return { order: 'ymd', shortYear: false };
  const match =
    /^(?:(YYYY|YY)[-/.]MM?[-/.]DD?|(DD?)[-/.]MM?[-/.](YYYY|YY)|(MM?)[-/.]DD?[-/.](YYYY|YY))(?:[ T].*)?$/.exec(upper);
  if (match === null)
    throw new ImportFault(
      '--date-format',
      `"${text}" is no date format`,
      'tell one such as D/M/YYYY, M/D/YYYY, YYYY-MM-DD or ISO'
    );
  const [, iso, dmy, dmyYear, , mdyYear] = match;
  const order = iso !== undefined ? 'ymd' : dmy !== undefined ? 'dmy' : 'mdy';
  return { order, shortYear: (iso ?? dmyYear ?? mdyYear) === 'YY' };
}

/**
 * The one order all values of some columns agree on. A value such as 13/1/2013 proves its order; 2/1/2013 alone proves nothing.
 * @param place names file and columns in the refusal
 * @throws ImportFault when values contradict each other, when none is proof, or when years have two digits
 */
export function detectDateStyle(values: Iterable<string>, place: string): DateStyle {
  let found: DateOrder | undefined;
  let example: string | undefined;
  let harmless = false;
  for (const value of values) {
    const match = PATTERN.exec(value);
    let proven: DateOrder | undefined;
    if (COMPACT.test(value)) proven = 'ymd';
    else if (match !== null) {
      const [, first = '', , second = '', third = ''] = match;
      if (first.length === 4) proven = 'ymd';
      else if (third.length !== 4)
        throw new ImportFault(place, `"${value}" has a year of two digits`, 'tell --date-format, such as D/M/YY');
      else if (Number(first) > 12) proven = 'dmy';
      else if (Number(second) > 12) proven = 'mdy';
      // 1/1/2013 reads the same either way
      else if (first === second) harmless = true;
      else example ??= value;
    }
    if (proven === undefined) continue;
    if (found !== undefined && found !== proven)
      throw new ImportFault(
        place,
        `"${value}" has another order of day and month than the values before it`,
        'make the file uniform, or tell --date-format'
      );
    found = proven;
  }
  if (found !== undefined) return { order: found, shortYear: false };
  if (example === undefined) return { order: harmless ? 'dmy' : 'ymd', shortYear: false };
  throw new ImportFault(
    place,
    `"${example}" could be either day/month or month/day, and no value decides it`,
    'could be either; tell --date-format D/M/YYYY or M/D/YYYY'
  );
}
