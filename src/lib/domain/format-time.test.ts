import { describe, expect, it } from 'vitest';
import {
  age,
  clock,
  dateTime,
  dayMonth,
  exactAge,
  longDay,
  moment,
  shortDate,
  weekday,
  zoneName
} from './format-time.ts';

const SP = 'America/Sao_Paulo';
const at = (text: string): number => Date.parse(text);

describe('times', () => {
  it('reads an instant in the zone of the business', () => {
    expect(clock(at('2026-11-24T17:05:32Z'), SP)).toBe('14:05');
    expect(clock(at('2026-11-24T17:05:32Z'), SP, true)).toBe('14:05:32');
    expect(dateTime(at('2026-11-24T02:30:00Z'), SP, 'pt-BR')).toBe('23/11/2026 23:30');
    expect(dateTime(at('2026-11-24T03:00:00Z'), SP, 'pt-BR')).toBe('24/11/2026 00:00');
  });
  it('writes days the Brazilian and the English way', () => {
    expect(longDay('2026-11-24', 'pt-BR')).toBe('ter, 24/11/2026');
    expect(longDay('2026-11-24', 'en')).toBe('Tue, 24 Nov 2026');
    expect(shortDate('2026-08-12', 'pt-BR')).toBe('12/08/26');
    expect(dayMonth('2026-08-02', 'en')).toBe('2 Aug');
    expect(weekday('1969-12-28', 'pt-BR')).toBe('dom');
  });
  it('says today and yesterday by the local calendar, then the day, then the year', () => {
    const now = at('2026-11-24T03:10:00Z');
    expect(moment(at('2026-11-24T03:05:00Z'), now, SP, 'pt-BR')).toBe('hoje 00:05');
    expect(moment(at('2026-11-24T02:59:00Z'), now, SP, 'pt-BR')).toBe('ontem 23:59');
    expect(moment(at('2026-11-22T12:00:00Z'), now, SP, 'pt-BR')).toBe('22/11');
    expect(moment(at('2025-11-22T12:00:00Z'), now, SP, 'pt-BR')).toBe('22/11/25');
  });
});

describe('ages', () => {
  it('says nothing below 10 s, then the coarsest unit that fits', () => {
    expect(age(9_999, 'pt-BR')).toBe('');
    expect(age(12_400, 'pt-BR')).toBe('há 12 s');
    expect(age(192_000, 'pt-BR')).toBe('há 3 min');
    expect(age(7_260_000, 'en')).toBe('2 h ago');
    expect(age(172_800_000, 'pt-BR')).toBe('há 2 d');
  });
  it('says it to the second in banners', () => {
    expect(exactAge(192_000, 'pt-BR')).toBe('há 3 min 12 s');
    expect(exactAge(-5, 'pt-BR')).toBe('há 0 s');
    expect(exactAge(7_500_000, 'en')).toBe('2 h 5 min ago');
  });
});

describe('zones', () => {
  it('are called as people call them, by their city where nobody does', () => {
    expect(zoneName('America/Sao_Paulo', 'pt-BR')).toBe('Brasília');
    expect(zoneName('America/Manaus', 'pt-BR')).toBe('Amazonas');
    expect(zoneName('America/Sao_Paulo', 'en')).toBe('Brasilia');
    expect(zoneName('UTC', 'pt-BR')).toBe('UTC');
  });
});
