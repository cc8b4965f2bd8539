import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import { zonedDay } from './zone.ts';

const ZONES = [
  'America/Sao_Paulo',
  'Europe/London',
  'UTC',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'America/Noronha',
  'America/St_Johns'
];
const zoned = (ms: number, zone: string) => Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone);
const at = (text: string) => Temporal.Instant.from(text).epochMilliseconds;
/** Any time of 1990..2035, and often one within 3 h of a change of the clocks in Brazil, Britain or Newfoundland. */
const nearChange = fc
  .tuple(
    fc.constantFrom(
      '2017-10-15T03:00Z',
      '2018-02-18T02:00Z',
      '2018-11-04T03:00Z',
      '2019-02-17T02:00Z',
      '2026-03-29T01:00Z',
      '2026-10-25T01:00Z',
      '2010-11-07T02:31Z'
    ),
    fc.integer({ min: -10_800_000, max: 10_800_000 })
  )
  .map(([change, by]) => at(change) + by);
const instant = fc.oneof(fc.integer({ min: at('1990-01-01T00:00Z'), max: at('2035-01-01T00:00Z') }), nearChange);

describe.each(ZONES)('%s', (zone) => {
  const day = zonedDay(zone);

  it('reads date, hour and day edges as Temporal does', () => {
    fc.assert(
      fc.property(instant, (ms) => {
        const theirs = zoned(ms, zone);
        expect(day.dateOf(ms)).toBe(theirs.toPlainDate().toString());
        expect(day.hourOf(ms)).toBe(theirs.hour);
        const date = day.dateOf(ms);
        expect(day.startOf(date)).toBe(theirs.startOfDay().epochMilliseconds);
        expect(day.startOfMonth(date)).toBe(theirs.with({ day: 1 }).startOfDay().epochMilliseconds);
        expect(day.startOf(date)).toBeLessThanOrEqual(ms);
      }),
      { numRuns: 600 }
    );
  });

  it('finds the same clock time of earlier days as Temporal does', () => {
    fc.assert(
      fc.property(instant, fc.constantFrom(0, 1, 7), (ms, back) => {
        const theirs = zoned(ms, zone);
        const wall = theirs.toPlainDateTime().subtract({ days: back });
        expect(day.sameClock(ms, back)).toBe(wall.toZonedDateTime(zone).epochMilliseconds);
      }),
      { numRuns: 600 }
    );
  });
});

describe('a midnight that the clocks skip or repeat', () => {
  const day = zonedDay('America/Sao_Paulo');

  it('2017-10-15 began at 01:00: the day has 23 hours', () => {
    expect(day.startOf('2017-10-15')).toBe(at('2017-10-15T03:00Z'));
    expect(day.startOf('2017-10-16') - day.startOf('2017-10-15')).toBe(23 * 3_600_000);
    expect(day.dateOf(at('2017-10-15T02:59:59.999Z'))).toBe('2017-10-14');
  });

  it('2018-02-17 had its last hour twice: the day has 25 hours', () => {
    expect(day.startOf('2018-02-18')).toBe(at('2018-02-18T03:00Z'));
    expect(day.startOf('2018-02-18') - day.startOf('2018-02-17')).toBe(25 * 3_600_000);
    expect(day.hourOf(at('2018-02-18T02:30Z'))).toBe(23);
  });

  it('refuses a zone nobody knows', () => {
    expect(() => zonedDay('America/Sao_Tome_do_Sul')).toThrow(RangeError);
  });
});
