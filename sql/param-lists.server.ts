/** Values go to ClickHouse as form fields, of which a stock server takes 128 KiB each: how long one is, and how a list is cut to fit. */

/** Below http_max_field_value_size (128 KiB); beyond that the server hangs up, with an error that looks like an outage. */
export const PARAM_BYTES_MAX = 120_000;

/** What @clickhouse/client writes with a backslash before it. */
const ESCAPES = new Map([
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ["'", "\\'"],
  ['\\', '\\\\']
]);
const escaped = (text: string): string => text.replace(/[\t\n\r'\\]/g, (sign) => ESCAPES.get(sign) ?? sign);

/** In a list: text in quotes, nothing as NULL. */
const element = (value: unknown): string => (typeof value === 'string' ? `'${escaped(value)}'` : formatted(value));

/** As the client sends it: a list is ClickHouse's literal, `['it\'s','ç']`, of which JSON's length says nothing. */
function formatted(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(element).join(',')}]`;
  return typeof value === 'string' ? escaped(value) : String(value);
}

/** Of a value of a query: it travels in the body of the request. */
export const paramBytes = (value: unknown): number => Buffer.byteLength(formatted(value));

/** Of a value of a command: it travels in the URL, where most signs have three bytes. */
export const urlParamBytes = (value: unknown): number =>
  new URLSearchParams({ '': formatted(value) }).toString().length - 1;

/**
 * Cuts a list into parts that each fit a parameter of a query. A count alone does not do it: an id of 128 characters may have 386 bytes.
 * @param most elements a part, where not only their bytes count
 * @throws when one element alone does not fit
 */
export function* paramParts<T extends string | number>(
  list: Iterable<T>,
  most = Number.POSITIVE_INFINITY
): Generator<T[]> {
  let part: T[] = [];
  let bytes = 2;
  for (const one of list) {
    // with its comma
    const more = Buffer.byteLength(element(one)) + 1;
    if (more + 2 > PARAM_BYTES_MAX) throw new Error(`a value of ${more} bytes fits no parameter`);
    if (part.length > 0 && (bytes + more > PARAM_BYTES_MAX || part.length >= most)) {
      yield part;
      part = [];
      bytes = 2;
    }
    part.push(one);
    bytes += more;
  }
  if (part.length > 0) yield part;
}
