/**
 * How figures read: pt-BR first, English second (look.md section 12). Pure and browser-safe.
 * The minus is U+2212, as wide as the plus; a no-break space joins what must not part.
 */
import { minorDigits, type Money } from '#lib/contracts/money.ts';

export type Language = 'pt-BR' | 'en';
export const MINUS = '\u2212';
const NBSP = '\u00a0';

const MARKS = { 'pt-BR': { group: '.', point: ',' }, en: { group: ',', point: '.' } } as const;

const grouped = (digits: string, language: Language): string =>
  digits.replace(/\B(?=(\d{3})+$)/g, MARKS[language].group);

export type Sign = '' | '+' | typeof MINUS;
const signOf = (value: number, signed: boolean): Sign => (value < 0 ? MINUS : signed && value > 0 ? '+' : '');

/** A number with so many decimals, half away from zero; −0 reads as 0. */
export function decimal(value: number, digits: number, language: Language, signed = false): string {
  const fixed = Math.abs(value).toFixed(digits);
  const [whole = '0', fraction] = fixed.split('.');
  const rounded = Number(fixed) === 0 ? 0 : value;
  return (
    signOf(rounded, signed) +
    grouped(whole, language) +
    (fraction === undefined ? '' : MARKS[language].point + fraction)
  );
}

export interface MoneyParts {
  readonly sign: Sign;
  /** `R$`, `US$`, `£` … */
  readonly symbol: string;
  readonly whole: string;
  /** with its separator, `,92`; empty for a currency without minor units */
  readonly cents: string;
}

const SYMBOLS: Readonly<Record<string, string>> = { BRL: 'R$', USD: 'US$', EUR: '€', GBP: '£', JPY: '¥' };
export const currencySymbol = (currency: string): string => SYMBOLS[currency] ?? currency;

/** Exact for every safe integer: digits are cut as text, never divided. */
export function moneyParts({ minor, currency }: Money, language: Language, signed = false): MoneyParts {
  const decimals = minorDigits(currency);
  const digits = String(Math.abs(minor)).padStart(decimals + 1, '0');
  const cut = digits.length - decimals;
  return {
    sign: signOf(minor, signed),
    symbol: currencySymbol(currency),
    whole: grouped(digits.slice(0, cut), language),
    cents: decimals === 0 ? '' : MARKS[language].point + digits.slice(cut)
  };
}

/** `−R$ 38.214,60`: sign before the currency. */
export function money(value: Money, language: Language, signed = false): string {
  const { sign, symbol, whole, cents } = moneyParts(value, language, signed);
  return `${sign}${symbol}${NBSP}${whole}${cents}`;
}

/** `38.214,60`: as tables show it, without the currency. */
export function amount(value: Money, language: Language, signed = false): string {
  const { sign, whole, cents } = moneyParts(value, language, signed);
  return `${sign}${whole}${cents}`;
}

/** A ratio 0..1 as `14,2%`. */
export const percent = (ratio: number, language: Language, digits = 1): string =>
  `${decimal(ratio * 100, digits, language)}%`;

/** A difference of ratios, unsigned, as `0,6 p.p.`. */
export const percentPoints = (difference: number, language: Language): string =>
  `${decimal(Math.abs(difference) * 100, 1, language)}${NBSP}${language === 'en' ? 'pp' : 'p.p.'}`;

const UNITS = {
  'pt-BR': [
    [1e9, 'bi', 2],
    [1e6, 'mi', 2],
    [1e3, 'mil', 1]
  ],
  en: [
    [1e9, 'bn', 2],
    [1e6, 'M', 2],
    [1e3, 'k', 1]
  ]
} as const;

export interface Compact {
  readonly text: string;
  /** `mil`, `mi`, `bi`; empty below a thousand */
  readonly unit: string;
}
/** For axes and walls only: one decimal for thousands, two for millions; `whole` drops a `,0`. */
export function compact(
  value: number,
  language: Language,
  options: { readonly signed?: boolean; readonly whole?: boolean } = {}
): Compact {
  const { signed = false, whole = false } = options;
  for (const [size, unit, digits] of UNITS[language]) {
    // 999 960 would round to “1.000,0 mil”
    if (Math.abs(value) < size - (size * 0.5) / 10 ** (digits + 1)) continue;
    const scaled = value / size;
    const places = whole && Number.isInteger(Number(scaled.toFixed(digits))) ? 0 : digits;
    return { text: decimal(scaled, places, language, signed), unit };
  }
  return { text: decimal(value, 0, language, signed), unit: '' };
}

/** Minor units as a plain number of major ones: for charts and compact texts, never for sums. */
export const major = ({ minor, currency }: Money): number => minor / 10 ** minorDigits(currency);

/** `CNPJ 31.847.265/0001-53`, `CPF 123.456.789-09`; the alphanumeric CNPJ too. Anything else as it is. */
export function taxId(id: string): string {
  const plain = id.replace(/[./-]/g, '').toUpperCase();
  if (/^\d{11}$/.test(plain)) return `CPF ${plain.replace(/(\d{3})(\d{3})(\d{3})(\d{2})/, '$1.$2.$3-$4')}`;
  if (/^[\dA-Z]{12}\d{2}$/.test(plain))
    return `CNPJ ${plain.replace(/(.{2})(.{3})(.{3})(.{4})(.{2})/, '$1.$2.$3/$4-$5')}`;
  return id;
}
