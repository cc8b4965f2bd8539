/** Bytes of a request body → its items, each with its bytes as received at hand for those we cannot use. */
import { isUtf8 } from 'node:buffer';
import { fail, ok, type Result } from '#lib/contracts/result.ts';
import { elementsOf } from './elements.ts';
import { parseExactly } from './exact-numbers.ts';

/** One event, as sent. */
export const EVENT_BYTES_MAX = 256 * 1024;

/** `json`: one event or an array; `single`, `batch`: CloudEvents' two media types, which fix it; `ndjson`: an event a line. */
export type BodyFormat = 'json' | 'single' | 'batch' | 'ndjson';

/** More than fit into a body when each is an event: of a few bytes each, millions would fit, and each has an answer of its own. */
export const ITEMS_MAX = 100_000;

export type BodyFault = {
  readonly kind: 'invalid_json' | 'wrong_shape' | 'too_many';
  readonly retryable: false;
  readonly message: string;
};

/** A line that is not JSON is one rejected item, while its neighbours are taken; an element that is not makes the whole array none. */
export const NOT_JSON = Symbol('not JSON');

export interface Items {
  readonly length: number;
  /** what is no body when one of the items is not JSON */
  readonly isOneText: boolean;
  /** the parsed item, or NOT_JSON */
  value(index: number): unknown;
  isTooLarge(index: number): boolean;
  /** the item's text as received */
  raw(index: number): string;
}

const fault = (kind: BodyFault['kind'], message: string): { readonly ok: false; readonly failure: BodyFault } =>
  fail({ kind, retryable: false, message });

const LINE_FEED = 0x0a;
const BOM_BYTES = 3;

function withoutBom(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(BOM_BYTES) : bytes;
}

/** Half-open byte range. */
interface Range {
  readonly from: number;
  readonly to: number;
}

const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);

/** @returns the lines that are not blank, one more than allowed at most */
function lineRanges(bytes: Buffer): Range[] {
  const ranges: Range[] = [];
  let from = 0;
  while (from < bytes.length && ranges.length <= ITEMS_MAX) {
    const found = bytes.indexOf(LINE_FEED, from);
    const to = found < 0 ? bytes.length : found;
    while (from < to && isSpace(bytes[from])) from++;
    if (from < to) ranges.push({ from, to });
    from = to + 1;
  }
  return ranges;
}

function tryParse(text: string): unknown {
  try {
    return parseExactly(text);
  } catch {
    return NOT_JSON;
  }
}

function lines(bytes: Buffer, ranges: readonly Range[], isText: (range: Range | undefined) => boolean): Items {
  const raw = (index: number): string => {
    const range = ranges[index];
    return range ? bytes.toString('utf8', range.from, range.to).trim() : '';
  };
  return {
    length: ranges.length,
    isOneText: false,
    value: (index) => (isText(ranges[index]) ? tryParse(raw(index)) : NOT_JSON),
    isTooLarge: (index) => {
      const range = ranges[index];
      return range !== undefined && range.to - range.from > EVENT_BYTES_MAX;
    },
    raw
  };
}

const BYTES_A_UNIT_MAX = 3;

/** @param texts elements of an array, or the one event that a body is, with the spaces around them; parsed when their turn comes */
function elements(texts: readonly string[]): Items {
  const raw = (index: number): string => texts[index]?.trim() ?? '';
  return {
    length: texts.length,
    isOneText: true,
    value: (index) => tryParse(texts[index] ?? ''),
    isTooLarge: (index) =>
      (texts[index]?.length ?? 0) * BYTES_A_UNIT_MAX > EVENT_BYTES_MAX &&
      Buffer.byteLength(raw(index)) > EVENT_BYTES_MAX,
    raw
  };
}

/** What it means when one of the items of one text is not JSON. */
export const noJson = (): BodyFault => ({
  kind: 'invalid_json',
  retryable: false,
  message: 'the body is not JSON; for an event a line use application/x-ndjson'
});
const tooMany = (): { readonly ok: false; readonly failure: BodyFault } =>
  fault('too_many', `a body may hold at most ${ITEMS_MAX} events: send several`);

const ARRAY = /^\s*\[/;

/**
 * Nothing is parsed yet, and so no item that is too large ever is.
 * @param body decompressed, at most 10 MiB; kept alive as long as the items are
 * @returns the items; a fault when the body is not UTF-8 (NDJSON: each line is judged by itself), or not of the shape its media type says
 */
export function readItems(body: Buffer, format: BodyFormat): Result<Items, BodyFault> {
  const isText = isUtf8(body);
  const bytes = withoutBom(body);
  if (format === 'ndjson') {
    const ranges = lineRanges(bytes);
    if (ranges.length > ITEMS_MAX) return tooMany();
    // a line is judged by itself
    return ok(lines(bytes, ranges, (range) => isText || (!!range && isUtf8(bytes.subarray(range.from, range.to)))));
  }
  if (!isText) return fault('invalid_json', 'the body is not UTF-8');
  const text = bytes.toString('utf8');
  if (!ARRAY.test(text)) {
    if (format === 'batch') return fault('wrong_shape', 'application/cloudevents-batch+json carries a JSON array');
    return ok(elements([text]));
  }
  if (format === 'single')
    return fault(
      'wrong_shape',
      'application/cloudevents+json carries one event; use application/cloudevents-batch+json'
    );
  const texts = elementsOf(text, ITEMS_MAX);
  if (!texts) return fail(noJson());
  return texts.length > ITEMS_MAX ? tooMany() : ok(elements(texts));
}
