/** Times that platforms write without a zone. */
import { zonedDay, type ZonedDay } from '#lib/domain/zone.ts';

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATE_TIME = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}):(\d{2}):(\d{2})$/;

/** Is it a day of the calendar? 31 February is none. */
const isReal = (text: string): boolean => {
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
};

/**
 * @param text `2024-06-12 16:45:03`, or a date alone: its first moment
 * @returns RFC 3339 in UTC; undefined when it is no such time
 */
export function instantIn(zone: ZonedDay, text: string): string | undefined {
  if (DATE.test(text)) return isReal(text) ? new Date(zone.startOf(text)).toISOString() : undefined;
  const match = DATE_TIME.exec(text);
  if (!match) return undefined;
  const [, date = '', hour = '', minute = '', second = ''] = match;
  if (!isReal(date) || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const ms = ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1_000;
  return new Date(zone.at(date, ms)).toISOString();
}

export const secondsToInstant = (seconds: number): string => new Date(seconds * 1_000).toISOString();

/** Where the platforms of Brazil keep their clocks. */
export const SAO_PAULO = zonedDay('America/Sao_Paulo');
