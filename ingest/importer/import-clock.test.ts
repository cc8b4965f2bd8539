import { describe, expect, it } from 'vitest';
import { zonedDay } from '#lib/domain/zone.ts';
import { createImportClock, weeksToNow } from './import-clock.ts';

const london = zonedDay('Europe/London');
const written = (date: string, time_of_day = 0) => ({ date, time_of_day, offset: null });
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

describe('the clock of an import', () => {
  it('reads clock times in the zone, in winter and in summer', () => {
    const clock = createImportClock(london, 0);
    expect(clock.instant(written('2011-01-10', 8 * HOUR_MS))).toBe(Date.UTC(2011, 0, 10, 8));
    expect(clock.instant(written('2011-07-10', 8 * HOUR_MS))).toBe(Date.UTC(2011, 6, 10, 7));
  });

  it('keeps weekday and clock time when it moves by weeks across a change of the clocks', () => {
    const clock = createImportClock(london, 26);
    expect(clock.instant(written('2011-01-10', 8 * HOUR_MS))).toBe(Date.UTC(2011, 6, 11, 7));
    expect(clock.date(written('2011-01-10'))).toBe('2011-07-11');
  });

  it('remembers the newest thing that happened, not the dates that lie ahead', () => {
    const clock = createImportClock(london, 0);
    clock.instant(written('2011-03-01'));
    clock.instant(written('2011-02-01'));
    clock.date(written('2012-01-01'));
    clock.moment(written('2013-01-01'));
    expect(clock.newest).toEqual(written('2011-03-01'));
  });
});

describe('weeks to now', () => {
  it.each([
    ['2011-12-09', 12.5 * HOUR_MS],
    ['2011-07-09', 0],
    ['2026-11-24', 12 * HOUR_MS],
    ['2027-03-30', 1 * HOUR_MS]
  ])('bring %s to the latest moment that is not ahead', (date, timeOfDay) => {
    for (let day = 0; day < 400; day++) {
      const now = Date.UTC(2026, 10, 24, 12) + day * DAY_MS;
      const newest = written(date, timeOfDay);
      const weeks = weeksToNow(newest, london, now);
      expect(createImportClock(london, weeks).instant(newest)).toBeLessThanOrEqual(now);
      expect(createImportClock(london, weeks + 1).instant(newest)).toBeGreaterThan(now);
    }
  });
});
