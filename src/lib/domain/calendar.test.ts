import Holidays from 'date-holidays';
import { describe, expect, it } from 'vitest';
import { addDays, addMonths, businessCalendar, daysBetween, easter, monthPage } from './calendar.ts';

const br = businessCalendar('BR');
const none = businessCalendar('none');

describe('effective due dates', () => {
  it.each([
    ['2026-02-14', '2026-02-18', 'a Saturday before Carnival'],
    ['2026-04-03', '2026-04-06', 'Good Friday'],
    ['2026-06-04', '2026-06-05', 'Corpus Christi'],
    ['2026-11-20', '2026-11-23', 'Zumbi, a Friday'],
    ['2023-11-20', '2023-11-20', 'Zumbi before it was national'],
    ['2026-12-25', '2026-12-28', 'Christmas on a Friday'],
    ['2025-12-31', '2025-12-31', 'New Year’s Eve is a business day of the calendar'],
    ['2026-02-18', '2026-02-18', 'Ash Wednesday'],
    ['2024-02-29', '2024-02-29', 'a leap day']
  ])('%s moves to %s: %s', (due, effective) => {
    expect(br.effectiveDueDate(due)).toBe(effective);
    expect(none.effectiveDueDate(due)).toBe(due);
  });

  it('never decrease as due dates grow', () => {
    let last = '';
    for (let due = '2020-01-01'; due < '2031-01-01'; due = addDays(due, 1)) {
      const effective = br.effectiveDueDate(due);
      expect(effective >= due && effective >= last && br.isBusinessDay(effective)).toBe(true);
      last = effective;
    }
  });

  it('take local holidays into account, but not under `none`', () => {
    expect(businessCalendar('BR', ['2026-01-26']).effectiveDueDate('2026-01-24')).toBe('2026-01-27');
    expect(businessCalendar('none', ['2026-01-26']).isBusinessDay('2026-01-26')).toBe(true);
  });
});

describe('business days', () => {
  it('are counted after the date, over weekends and holidays, both ways', () => {
    expect(br.addBusinessDays('2026-02-13', 1)).toBe('2026-02-18');
    expect(br.addBusinessDays('2026-02-14', 2)).toBe('2026-02-19');
    expect(br.addBusinessDays('2026-02-18', -1)).toBe('2026-02-13');
    expect(br.addBusinessDays('2026-02-15', 0)).toBe('2026-02-15');
    expect(none.addBusinessDays('2026-02-13', 2)).toBe('2026-02-15');
  });

  it('are not holidays: a weekend alone is none', () => {
    expect(br.isHoliday('2026-02-14')).toBe(false);
    expect(br.isBusinessDay('2026-02-14')).toBe(false);
    expect(br.isHoliday('2026-02-16')).toBe(true);
    expect(none.isHoliday('2026-12-25')).toBe(false);
  });
});

it('dates count over months, leap years and negative distances', () => {
  expect(addDays('2024-02-28', 2)).toBe('2024-03-01');
  expect(addDays('2026-01-01', -1)).toBe('2025-12-31');
  expect(daysBetween('2026-03-01', '2026-02-01')).toBe(-28);
});

describe('the library date-holidays', () => {
  const library = new Holidays('BR', { types: ['public', 'bank', 'optional'] });

  it('agrees on Good Friday, and so on Easter, for 200 years', () => {
    for (let year = 1950; year < 2150; year++) {
      const found = library.getHolidays(year).find(({ rule }) => rule === 'easter -2');
      expect(addDays(easter(year), -2)).toBe(found?.date.slice(0, 10));
    }
  });

  it('knows every bank holiday of ours', () => {
    for (let year = 2024; year <= 2035; year++) {
      const theirs = new Set(library.getHolidays(year).map(({ date }) => date.slice(0, 10)));
      let ours = 0;
      for (let date = `${year}-01-01`; date <= `${year}-12-31`; date = addDays(date, 1)) {
        if (!br.isHoliday(date)) continue;
        ours += 1;
        expect(theirs, date).toContain(date);
      }
      expect(ours).toBe(13);
    }
  });
});

it('a calendar page begins on a Sunday and holds its month', () => {
  const page = monthPage('2026-11-24');
  expect(page).toHaveLength(42);
  expect([page[0], page[41]]).toEqual(['2026-11-01', '2026-12-12']);
  expect(monthPage('2026-08-01')[0]).toBe('2026-07-26');
  expect(monthPage('1970-01-31')[0]).toBe('1969-12-28');
});

it('months are counted over the turn of the year', () => {
  expect(addMonths('2026-11-24', 2)).toBe('2027-01-01');
  expect(addMonths('2026-01-31', -1)).toBe('2025-12-01');
});
