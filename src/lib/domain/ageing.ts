/** How late a debt is (domain.md sections 4 and 5). Pure and browser-safe. */
import type { Bucket } from '#lib/contracts/kpi.ts';
import type { LocalDate } from '#lib/contracts/time.ts';
import { addDays, daysBetween, type BusinessCalendar } from './calendar.ts';

/** The last day of each overdue bucket; beyond the last one: `over_90` (BCB: "superior a 90 dias"). */
const BUCKET_ENDS = [
  ['1_30', 30],
  ['31_60', 60],
  ['61_90', 90]
] as const satisfies readonly (readonly [Bucket, number])[];

export interface Age {
  readonly bucket: Bucket;
  /** from the original due date, 0 while not overdue: a missed debt pays for the weekend too (REsp 1.954.924) */
  readonly daysOverdue: number;
}

/**
 * The bucket of an open instalment on the local date `today`: overdue once its effective due date is past,
 * then by the days since its original one.
 */
export function bucketOf(instalment: {
  readonly dueDate: LocalDate;
  readonly effectiveDueDate: LocalDate;
  readonly today: LocalDate;
}): Age {
  if (instalment.effectiveDueDate >= instalment.today) return { bucket: 'not_due', daysOverdue: 0 };
  const daysOverdue = daysBetween(instalment.dueDate, instalment.today);
  const found = BUCKET_ENDS.find(([, end]) => daysOverdue <= end);
  return { bucket: found === undefined ? 'over_90' : found[0], daysOverdue };
}

/**
 * The latest due date that is overdue on `today`: what was due on it or earlier is, what was due later is not.
 * One date decides because effective due dates never decrease as due dates grow: SQL compares due dates with it
 * and needs no calendar.
 */
export function overdueThrough(calendar: BusinessCalendar, today: LocalDate): LocalDate {
  let due = addDays(today, -1);
  while (calendar.effectiveDueDate(due) >= today) due = addDays(due, -1);
  return due;
}
