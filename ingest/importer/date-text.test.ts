import { describe, expect, it } from 'vitest';
import { detectDateStyle, parseDateStyle, readTime } from './date-text.ts';
import { faultOf } from './test-conversion.ts';

const style = (text: string) => parseDateStyle(text);

describe('a date as text', () => {
  it.each([
    ['2011-12-09 12:50:00', 'ISO', '2011-12-09', 46_200_000],
    ['1/15/2013', 'M/D/YYYY', '2013-01-15', 0],
    ['15/1/2013', 'D/M/YYYY', '2013-01-15', 0],
    ['15.01.2013 9:05', 'DD.MM.YYYY', '2013-01-15', 32_700_000],
    ['12/1/2010 8:26 PM', 'M/D/YYYY', '2010-12-01', 73_560_000],
    ['12/1/2010 12:26 AM', 'M/D/YYYY', '2010-12-01', 1_560_000],
    ['20130115', 'YYYYMMDD', '2013-01-15', 0],
    ['15/01/13', 'D/M/YY', '2013-01-15', 0],
    ['2024-02-29', 'ISO', '2024-02-29', 0]
  ])('reads %s as %s', (text, format, date, timeOfDay) => {
    expect(readTime(text, style(format))).toEqual({ date, time_of_day: timeOfDay, offset: null });
  });

  it('keeps the zone a text names', () => {
    expect(readTime('2026-11-24T14:05:00.250-03:00', style('ISO'))).toEqual({
      date: '2026-11-24',
      time_of_day: 50_700_250,
      offset: -10_800_000
    });
    expect(readTime('2026-11-24T14:05:00Z', style('ISO'))?.offset).toBe(0);
  });

  it.each([
    ['2/30/2013', 'M/D/YYYY'],
    ['13/1/2013', 'M/D/YYYY'],
    ['2023-02-29', 'ISO'],
    ['1900-02-29', 'ISO'],
    ['2013-01-15 24:00', 'ISO'],
    ['1/15-2013', 'M/D/YYYY'],
    ['15/01/13', 'D/M/YYYY'],
    ['2013-01-15x', 'ISO'],
    ['', 'ISO']
  ])('refuses %s as %s', (text, format) => {
    expect(readTime(text, style(format))).toBeUndefined();
  });
});

describe('the order of day and month', () => {
  it.each([
    [['2/1/2013', '1/15/2013'], 'mdy'],
    [['2/1/2013', '15/1/2013'], 'dmy'],
    [['2013-01-02'], 'ymd'],
    [['1/1/2013', '2/2/2013'], 'dmy']
  ])('is proven by the values %j', (values, order) => {
    expect(detectDateStyle(values, 'x.csv')).toEqual({ order, shortYear: false });
  });

  it('is refused with a remedy when every value could be either', () => {
    const fault = faultOf(() => detectDateStyle(['2/1/2013', '3/4/2013'], 'x.csv, Data'));
    expect(fault.place).toBe('x.csv, Data');
    expect(fault.remedy).toContain('could be either; tell --date-format');
  });

  it('is refused when values contradict each other, or when years are short', () => {
    expect(() => detectDateStyle(['13/1/2013', '1/13/2013'], 'x.csv')).toThrow('another order');
    expect(() => detectDateStyle(['13/1/13'], 'x.csv')).toThrow('two digits');
  });

  it('as told must be a format', () => {
    expect(faultOf(() => parseDateStyle('month first')).place).toBe('--date-format');
  });
});
