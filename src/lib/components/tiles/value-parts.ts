/** A figure's value cut into the parts that look different: sign, currency, digits, cents, unit. */
import type { KpiValue, Unit } from '#lib/contracts/kpi.ts';
import type { Money } from '#lib/contracts/money.ts';
import type { Format } from '#lib/components/format.ts';

export interface ValueParts {
  readonly sign: string;
  readonly symbol: string;
  readonly digits: string;
  readonly cents: string;
  readonly unit: string;
}

export const isMoney = (value: KpiValue | null | undefined): value is Money =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value as one number, in its unit's base: minor units for money; null: there is none. */
export function plain(value: KpiValue | null | undefined): number | null {
  if (value === null || value === undefined || Array.isArray(value)) return null;
  return typeof value === 'number' ? value : value.minor;
}

/**
 * @param signed net figures always carry their sign
 * @param unitName what is counted: `SKUs`, `un`
 * @returns null for a value that is not one number
 */
export function valueParts(
  value: KpiValue | null,
  unit: Unit,
  f: Format,
  { signed = false, unitName = '' }: { readonly signed?: boolean; readonly unitName?: string } = {}
): ValueParts | null {
  if (value === null || Array.isArray(value)) return null;
  if (isMoney(value)) {
    const { sign, symbol, whole, cents } = f.moneyParts(value, signed);
    return { sign, symbol, digits: whole, cents, unit: '' };
  }
  const text = unit === 'ratio' ? f.decimal(value * 100, 1, signed) : f.decimal(value, unit === 'days' ? 1 : 0, signed);
  const [first = ''] = text;
  const hasSign = first === '+' || first === '\u2212';
  return {
    sign: hasSign ? first : '',
    symbol: '',
    digits: hasSign ? text.slice(1) : text,
    cents: '',
    unit: unit === 'ratio' ? '%' : unitName
  };
}

/** Where the digits begin to differ; everything when their count or sign changed; the length when nothing did. */
export function changedFrom(before: ValueParts | null, now: ValueParts): number {
  const text = now.digits + now.cents;
  if (before === null) return text.length;
  const old = before.digits + before.cents;
  if (old.length !== text.length || before.sign !== now.sign) return 0;
  for (let index = 0; index < text.length; index++) if (old[index] !== text[index]) return index;
  return text.length;
}

export interface Marked {
  /** what stayed, then what changed */
  readonly kept: { readonly digits: string; readonly cents: string };
  readonly changed: { readonly digits: string; readonly cents: string };
}
/** Cuts digits and cents where the change begins; together they are always the whole value. */
export function markFrom({ digits, cents }: ValueParts, from: number): Marked {
  const inCents = Math.max(0, from - digits.length);
  return {
    kept: { digits: digits.slice(0, from), cents: cents.slice(0, inCents) },
    changed: { digits: digits.slice(from), cents: cents.slice(inCents) }
  };
}
