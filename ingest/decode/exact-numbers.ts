/**
 * JSON numbers that a double changes silently (beyond 2^53, 10.000000000000000001). They come out of the parse as raw JSON:
 * no schema of ours takes that for a number, and JSON.stringify writes it back digit by digit, so unknown keys keep them exactly.
 */
declare global {
  interface JSON {
    parse(
      text: string,
      reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown
    ): unknown;
    rawJSON(text: string): RawNumber;
    isRawJSON(value: unknown): value is RawNumber;
  }
}

/** A number kept as it was written. */
interface RawNumber {
  readonly rawJSON: string;
}

/**
 * A number token with a fraction, an exponent or 16 digits, after a key or as an array's element. Strings may look like one: that
 * costs time and changes nothing. Times such as 12:00:00.123 must not: hence the quote before the colon.
 */
const SUSPICIOUS = /(?:"\s*:|[[,])\s*-?(?:\d{16}|\d+[.eE])/;

/** The significant digits and the power of ten of a JSON number without its sign: equal for equal values. */
function decimal(token: string): string {
  const [mantissa = '', exponent = '0'] = token
    .replace(/^-/, '')
    .toLowerCase()
    .split(/e(?=[-+]?\d+$)/);
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}

/** true when the double stands for what was written, such as 1e3 and 1000.0 */
const isExact = (source: string, value: number): boolean =>
  Number.isFinite(value) && (String(value) === source || decimal(String(value)) === decimal(source));

/**
 * JSON.parse that never changes a number: those a double cannot hold come out as {@link RawNumber}.
 * @throws SyntaxError; RangeError when nested too deeply
 */
export function parseExactly(text: string): unknown {
  if (!SUSPICIOUS.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && !isExact(source, value) ? JSON.rawJSON(source) : value
  );
}
