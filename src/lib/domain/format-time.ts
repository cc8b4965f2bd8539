/** How times and ages read (look.md section 12). Pure and browser-safe; every function names its zone and its now. */
import type { EpochMs, LocalDate } from '#lib/contracts/time.ts';
import { addDays, dayNumber } from './calendar.ts';
import type { Language } from './format.ts';

const WEEKDAYS = {
  'pt-BR': ['dom', 'seg', 'ter', 'qua', 'qui', 'sex', 'sáb'],
  en: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
} as const;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

interface LocalTime {
  readonly date: LocalDate;
  /** `14:05:32` */
  readonly time: string;
}
const formats = new Map<string, Intl.DateTimeFormat>();
function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  // sv-SE writes `2026-11-24 14:05:32`
  const made = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
  formats.set(zone, made);
  return made;
}
function localTime(ms: EpochMs, zone: string): LocalTime {
  const [date = '', time = ''] = formatOf(zone).format(ms).split(' ');
  return { date, time };
}
export const localDate = (ms: EpochMs, zone: string): LocalDate => localTime(ms, zone).date;

/** `14:05`, or `14:05:32`. */
export const clock = (ms: EpochMs, zone: string, seconds = false): string =>
  localTime(ms, zone).time.slice(0, seconds ? 8 : 5);

/** `24/11/2026`; English `24 Nov 2026`. */
export function longDate(date: LocalDate, language: Language): string {
  const [year = '', month = '', day = ''] = date.split('-');
  return language === 'en' ? `${Number(day)} ${MONTHS[Number(month) - 1] ?? ''} ${year}` : `${day}/${month}/${year}`;
}
/** `24/11/26`, as tables show it; English `24 Nov 26`. */
export function shortDate(date: LocalDate, language: Language): string {
  const [year = '', month = '', day = ''] = date.split('-');
  return language === 'en'
    ? `${day} ${MONTHS[Number(month) - 1] ?? ''} ${year.slice(2)}`
    : `${day}/${month}/${year.slice(2)}`;
}
/** `24/11`; English `24 Nov`. */
export function dayMonth(date: LocalDate, language: Language): string {
  const [, month = '', day = ''] = date.split('-');
  return language === 'en' ? `${Number(day)} ${MONTHS[Number(month) - 1] ?? ''}` : `${day}/${month}`;
}
/** `ter`; English `Tue`. 1970-01-01 was a Thursday. */
export const weekday = (date: LocalDate, language: Language): string =>
  WEEKDAYS[language][(((dayNumber(date) + 4) % 7) + 7) % 7] ?? '';

/** `ter, 24/11/2026`. */
export const longDay = (date: LocalDate, language: Language): string =>
  `${weekday(date, language)}, ${longDate(date, language)}`;

/** `24/11/2026 14:05`. */
export const dateTime = (ms: EpochMs, zone: string, language: Language): string =>
  `${longDate(localDate(ms, zone), language)} ${clock(ms, zone)}`;

/** `hoje 10:42`, `ontem 16:20`, before that `20/11`, of another year `20/11/25`. */
export function moment(ms: EpochMs, now: EpochMs, zone: string, language: Language): string {
  const date = localDate(ms, zone);
  const today = localDate(now, zone);
  if (date === today) return `${language === 'en' ? 'today' : 'hoje'} ${clock(ms, zone)}`;
  if (date === addDays(today, -1)) return `${language === 'en' ? 'yesterday' : 'ontem'} ${clock(ms, zone)}`;
  return date.slice(0, 4) === today.slice(0, 4) ? dayMonth(date, language) : shortDate(date, language);
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const ago = (text: string, language: Language): string => (language === 'en' ? `${text} ago` : `há ${text}`);

/** `há 12 s`, `há 3 min`, `há 2 h`, `há 2 d`; nothing below 10 s. */
export function age(ageMs: number, language: Language): string {
  if (ageMs < 10 * SECOND) return '';
  if (ageMs < MINUTE) return ago(`${Math.floor(ageMs / SECOND)} s`, language);
  if (ageMs < HOUR) return ago(`${Math.floor(ageMs / MINUTE)} min`, language);
  if (ageMs < DAY) return ago(`${Math.floor(ageMs / HOUR)} h`, language);
  return ago(`${Math.floor(ageMs / DAY)} d`, language);
}
/** To the second, for banners: `há 3 min 12 s`, `há 2 h 5 min`; from 1 s on. */
export function exactAge(ageMs: number, language: Language): string {
  const seconds = Math.max(0, Math.floor(ageMs / SECOND));
  if (seconds < 60) return ago(`${seconds} s`, language);
  if (seconds < 3600) return ago(`${Math.floor(seconds / 60)} min ${seconds % 60} s`, language);
  return ago(`${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`, language);
}

/** What people call the zone's time: `Brasília`, `Amazonas`; where nobody does, its city. */
export function zoneName(zone: string, language: Language): string {
  const parts = new Intl.DateTimeFormat(language, { timeZone: zone, timeZoneName: 'longGeneric' }).formatToParts(0);
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, told] = /^Horário (?:Padrão )?d[aeo]s? (.+)$/.exec(name) ?? /^(.+?)(?: Standard)? Time$/.exec(name) ?? [];
  return told ?? zone.split('/').at(-1)?.replaceAll('_', ' ') ?? zone;
}
/** `novembro de 2026`, `November 2026`. */
export const monthYear = (date: LocalDate, language: Language): string =>
  new Intl.DateTimeFormat(language, { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(Date.parse(date));
/** `outubro`, `October`. */
export const monthName = (date: LocalDate, language: Language): string =>
  new Intl.DateTimeFormat(language, { month: 'long', timeZone: 'UTC' }).format(Date.parse(date));
