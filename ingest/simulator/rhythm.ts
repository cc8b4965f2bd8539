/** The rhythm of a day and of a week: how much happens when. Hours are local. */
import type { Almanac } from './almanac.ts';
import type { Random } from './random.ts';

/** Weights of the 24 hours: an office day with its lunch dip, a counter, a web shop, people paying bills. */
export const PROFILES = {
  office: [0, 0, 0, 0, 0, 0, 1, 6, 11, 13, 14, 12, 5, 8, 12, 13, 11, 6, 2, 0, 0, 0, 0, 0],
  counter: [0, 0, 0, 0, 0, 0, 0, 7, 13, 14, 13, 12, 8, 9, 12, 12, 10, 7, 3, 0, 0, 0, 0, 0],
  saturday: [0, 0, 0, 0, 0, 0, 0, 8, 14, 16, 15, 12, 6, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  online: [3, 2, 1, 1, 1, 1, 2, 3, 5, 6, 7, 7, 7, 6, 6, 6, 6, 6, 7, 8, 9, 9, 7, 5],
  paying: [1, 1, 0, 0, 0, 1, 3, 6, 10, 13, 14, 12, 9, 10, 11, 10, 8, 6, 5, 5, 4, 3, 2, 1]
} as const satisfies Record<string, readonly number[]>;
export type Profile = keyof typeof PROFILES;

const WEEKDAY_FACTOR = [0.12, 1.1, 1.06, 1.0, 0.97, 0.95, 0.42];
const HOLIDAY_FACTOR = 0.14;

/** An instant of the day, drawn by its profile. */
export function drawTime(random: Random, almanac: Almanac, day: number, profile: Profile): number {
  const weights = PROFILES[profile];
  let wanted = random.next() * weights.reduce((sum: number, weight) => sum + weight, 0);
  let hour = 0;
  for (const weight of weights) {
    if (wanted < weight) break;
    wanted -= weight;
    hour++;
  }
  return almanac.at(day, Math.min(hour, 23) + random.next());
}

/** Share of a usual day's business that this day has: weekday, holiday, the first days after pay day. */
export function dayFactor(almanac: Almanac, day: number): number {
  const weekday = WEEKDAY_FACTOR[almanac.weekday(day)] ?? 1;
  const base = almanac.isHoliday(day) ? Math.min(HOLIDAY_FACTOR, weekday) : weekday;
  const dayOfMonth = almanac.dayOfMonth(day);
  return base * (dayOfMonth >= 5 && dayOfMonth <= 12 ? 1.08 : dayOfMonth >= 26 ? 0.94 : 1);
}

/** 0 at night to 1 at the busiest hour of a working day. */
export function intensity(almanac: Almanac, ms: number): number {
  const day = almanac.dayOf(ms);
  const open = almanac.isBusiness(day)
    ? PROFILES.office
    : almanac.weekday(day) === 6
      ? PROFILES.saturday
      : PROFILES.online;
  const hours = almanac.hours(ms);
  const hour = Math.min(23, Math.floor(hours));
  const here = open[hour] ?? 0;
  const next = open[(hour + 1) % 24] ?? 0;
  const peak = almanac.isBusiness(day) ? 14 : 18;
  return (here + (next - here) * (hours - hour)) / peak;
}
