/** How this page reads numbers and times: the language of the reader, the zone and currency of the business. */
import { createContext } from 'svelte';
import type { Money } from '#lib/contracts/money.ts';
import type { EpochMs, LocalDate } from '#lib/contracts/time.ts';
import * as number from '#lib/domain/format.ts';
import * as time from '#lib/domain/format-time.ts';

export interface Formatting {
  readonly language: number.Language;
  readonly zone: string;
  readonly currency: string;
}

/** The functions of src/lib/domain/format*.ts, bound to one reader. */
export function createFormat(of: () => Formatting) {
  const language = (): number.Language => of().language;
  const zone = (): string => of().zone;
  return {
    get language() {
      return of().language;
    },
    get zone() {
      return of().zone;
    },
    get currency() {
      return of().currency;
    },
    decimal: (value: number, digits: number, signed = false) => number.decimal(value, digits, language(), signed),
    count: (value: number, signed = false) => number.decimal(value, 0, language(), signed),
    money: (value: Money, signed = false) => number.money(value, language(), signed),
    amount: (value: Money, signed = false) => number.amount(value, language(), signed),
    moneyParts: (value: Money, signed = false) => number.moneyParts(value, language(), signed),
    percent: (ratio: number, digits = 1) => number.percent(ratio, language(), digits),
    percentPoints: (difference: number) => number.percentPoints(difference, language()),
    compact: (value: number, options: { readonly signed?: boolean; readonly whole?: boolean } = {}) =>
      number.compact(value, language(), options),
    clock: (ms: EpochMs, seconds = false) => time.clock(ms, zone(), seconds),
    dateOf: (ms: EpochMs) => time.localDate(ms, zone()),
    dateTime: (ms: EpochMs) => time.dateTime(ms, zone(), language()),
    longDay: (date: LocalDate) => time.longDay(date, language()),
    longDate: (date: LocalDate) => time.longDate(date, language()),
    shortDate: (date: LocalDate) => time.shortDate(date, language()),
    dayMonth: (date: LocalDate) => time.dayMonth(date, language()),
    weekday: (date: LocalDate) => time.weekday(date, language()),
    moment: (ms: EpochMs, now: EpochMs) => time.moment(ms, now, zone(), language()),
    age: (ms: number) => time.age(ms, language()),
    exactAge: (ms: number) => time.exactAge(ms, language())
  };
}
export type Format = ReturnType<typeof createFormat>;

export const [getFormat, setFormat] = createContext<Format>();
