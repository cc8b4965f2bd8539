/** Money as people write it, into minor units: digit by digit, never through a float. */
import { ImportFault } from './fault.ts';

export type Decimal = '.' | ',';
/** `malformed`: no amount in this style; `fraction`: finer than the minor unit; `too_large`: beyond 2^53 − 1 */
export type MoneyFault = 'malformed' | 'fraction' | 'too_large';

const MARKS = new Set([' ', '\u00a0', '\u202f', "'", '\u2019']);
const SYMBOLS = /^(?:R\$|US\$|[$£€]|[A-Z]{3}\b)\s*|\s*(?:R\$|[$£€]|\b[A-Z]{3})$/g;
/** `1.234` or `12,345`: a thousand or a fraction of three digits, nobody can tell from this value alone. */
const EITHER = /^[1-9]\d{0,2}[.,]\d{3}$/;

/** Sign and digits without their currency: `(1.234,50)`, `1.234,50-`, `R$ -1.234,50` and `-R$ 1.234,50` are all negative. */
function bare(text: string): { readonly negative: boolean; readonly digits: string } {
  let rest = text.trim();
  let negative = false;
  if (rest.startsWith('(') && rest.endsWith(')')) {
    negative = true;
    rest = rest.slice(1, -1).trim();
  }
  if (rest.startsWith('-') || rest.startsWith('+')) {
    negative ||= rest.startsWith('-');
    rest = rest.slice(1).trim();
  }
  rest = rest.replace(SYMBOLS, '');
  if (rest.startsWith('-') || rest.endsWith('-')) {
    negative = true;
    rest = rest.startsWith('-') ? rest.slice(1) : rest.slice(0, -1);
  }
  return { negative, digits: rest.trim() };
}

/** The whole part without its thousands marks, which must be of one kind and stand before groups of three; undefined: they do not. */
function ungrouped(whole: string, decimal: Decimal): string | undefined {
  if (/^\d+$/.test(whole)) return whole;
  const other = decimal === '.' ? ',' : '.';
  const mark = /\D/.exec(whole)?.[0] ?? '';
  if (mark !== other && !MARKS.has(mark)) return undefined;
  const [head = '', ...groups] = whole.split(mark);
  if (!/^\d{1,3}$/.test(head) || groups.some((group) => !/^\d{3}$/.test(group))) return undefined;
  return head + groups.join('');
}

function written(text: string, digits: number, decimal: Decimal): number | MoneyFault {
  const { negative, digits: body } = bare(text);
  const cut = body.lastIndexOf(decimal);
  const whole = ungrouped(cut < 0 ? body : body.slice(0, cut) || '0', decimal);
  const fraction = cut < 0 ? '' : body.slice(cut + 1);
  if (whole === undefined || (cut >= 0 && !/^\d+$/.test(fraction))) return 'malformed';
  if (/[1-9]/.test(fraction.slice(digits))) return 'fraction';
  const minor = BigInt(whole + fraction.slice(0, digits).padEnd(digits, '0'));
  if (minor > BigInt(Number.MAX_SAFE_INTEGER)) return 'too_large';
  return negative && minor > 0n ? -Number(minor) : Number(minor);
}

/**
 * @param digits decimal places of the currency's minor unit (contracts/money.ts)
 * @returns minor units, exactly, or why there are none
 */
export function minorOf(text: string, digits: number, decimal: Decimal = '.'): number | MoneyFault {
  // the plain form, `123.45`: whole numbers below 2^53 stay exact, so nothing is rounded on the way
  const point = decimal === '.' ? 46 : 44;
  let minor = 0;
  let places = -1;
  const { length } = text;
  if (length === 0 || length > 15) return written(text, digits, decimal);
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 48 && code <= 57) {
      minor = minor * 10 + code - 48;
      if (places >= 0) places++;
    } else if (code === point && places < 0 && i > 0) places = 0;
    else return written(text, digits, decimal);
  }
  if (places === 0 || places > digits || length + digits > 15) return written(text, digits, decimal);
  for (let i = Math.max(places, 0); i < digits; i++) minor *= 10;
  return minor;
}

/** Which decimal mark one value proves; undefined when it fits both. */
function provenBy(text: string): Decimal | 'either' | undefined {
  const { digits } = bare(text);
  const points = digits.split('.').length - 1;
  const commas = digits.split(',').length - 1;
  if (points + commas === 0) return undefined;
  if (points > 0 && commas > 0) return digits.lastIndexOf('.') > digits.lastIndexOf(',') ? '.' : ',';
  if (points > 1) return ',';
  if (commas > 1) return '.';
  if (EITHER.test(digits)) return 'either';
  return points > 0 ? '.' : ',';
}

/**
 * The decimal mark of a column, from its values.
 * @param place names file and column in the refusal
 * @throws ImportFault when values contradict each other, or when all could be read either way
 */
export function detectDecimal(values: Iterable<string>, place: string): Decimal {
  let found: Decimal | undefined;
  let example: string | undefined;
  for (const value of values) {
    const proven = provenBy(value);
    if (proven === undefined) continue;
    if (proven === 'either') example ??= value;
    else if (found !== undefined && found !== proven)
      throw new ImportFault(
        place,
        `"${value}" has another decimal mark than the values before it`,
        'make the file uniform, or tell --decimal'
      );
    else found = proven;
  }
  if (found !== undefined) return found;
  if (example === undefined) return '.';
  throw new ImportFault(
    place,
    `"${example}" could be a thousand or a fraction`,
    'could be either; tell --decimal . or --decimal ,'
  );
}
