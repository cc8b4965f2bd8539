import { expect, it } from 'vitest';
import { bucketOf, overdueThrough } from './ageing.ts';
import { addDays, businessCalendar } from './calendar.ts';

const br = businessCalendar('BR');
const age = (dueDate: string, today: string) =>
  bucketOf({ dueDate, effectiveDueDate: br.effectiveDueDate(dueDate), today });

it('is not overdue on its effective due date, and counts from the original one once missed', () => {
  expect(age('2026-02-14', '2026-02-18')).toEqual({ bucket: 'not_due', daysOverdue: 0 });
  expect(age('2026-02-14', '2026-02-19')).toEqual({ bucket: '1_30', daysOverdue: 5 });
});

it.each([
  [0, 'not_due'],
  [1, '1_30'],
  [30, '1_30'],
  [31, '31_60'],
  [60, '31_60'],
  [61, '61_90'],
  [90, '61_90'],
  [91, 'over_90'],
  [4000, 'over_90']
])('%i days overdue is in %s', (days, bucket) => {
  const dueDate = '2026-03-03';
  const today = addDays(dueDate, days);
  expect(bucketOf({ dueDate, effectiveDueDate: dueDate, today })).toEqual({ bucket, daysOverdue: days });
});

it.each(['BR', 'none'] as const)('one due date splits overdue from not overdue on every day (%s)', (name) => {
  const calendar = businessCalendar(name);
  for (let today = '2023-11-01'; today < '2026-12-31'; today = addDays(today, 1)) {
    const through = overdueThrough(calendar, today);
    for (let offset = -12; offset <= 3; offset++) {
      const due = addDays(today, offset);
      expect(due <= through, `${due} on ${today}`).toBe(calendar.effectiveDueDate(due) < today);
    }
  }
});
