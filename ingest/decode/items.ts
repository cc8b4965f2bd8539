/** Bytes of a request body → its items, each with its bytes as received at hand for those we cannot use. */
import { isUtf8 } from 'node:buffer';
import { fail, ok, type Result } from '#lib/contracts/result.ts';
import { elementsOf } from './elements.ts';
import { parseExactly } from './exact-numbers.ts';

/** One event, as sent. */
export const EVENT_BYTES_MAX = 256 * 1024;

/** `json`: one event or an array; `single`, `batch`: CloudEvents' two media types, which fix it; `ndjson`: an event a line. */
export type BodyFormat = 'json' | 'single' | 'batch' | 'ndjson';

export type BodyFault = {
  readonly kind: 'invalid_json' | 'wrong_shape';
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

function lineRanges(bytes: Buffer): Range[] {
  const ranges: Range[] = [];
  let from = 0;
  while (from < bytes.length) {
    const found = bytes.indexOf(LINE_FEED, from);
    const to = found < 0 ? bytes.length : found;
    if (bytes.toString('latin1', from, to).trim() !== '') ranges.push({ from, to });
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

function lines(bytes: Buffer): Items {
  const ranges = lineRanges(bytes);
  const raw = (index: number): string => {
    const range = ranges[index];
    return range ? bytes.toString('utf8', range.from, range.to).trim() : '';
  };
  return {
    length: ranges.length,
    isOneText: false,
    value: (index) => tryParse(raw(index)),
    isTooLarge: (index) => {
      const range = ranges[index];
      return range !== undefined && range.to - range.from > EVENT_BYTES_MAX;
    },
    raw
  };
}

function array(elements: readonly string[]): Items {
  const element = (index: number): string => elements[index] ?? '';
  const value = (index: number): unknown => tryParse(element(index));
  return {
    length: elements.length,
    isOneText: true,
    value,
    // first of all it must be JSON
    isTooLarge: (index) => isLarge(element(index)) && value(index) !== NOT_JSON,
    raw: (index) => element(index).trim()
  };
}

const single = (bytes: Buffer, text: string, value: unknown): Items => ({
  length: 1,
  isOneText: true,
  value: () => value,
  isTooLarge: () => bytes.length > EVENT_BYTES_MAX,
  raw: () => text.trim()
});

const BYTES_A_UNIT_MAX = 3;
/** @param text an element, with the spaces around it */
const isLarge = (text: string): boolean =>
  text.length * BYTES_A_UNIT_MAX > EVENT_BYTES_MAX && Buffer.byteLength(text.trim()) > EVENT_BYTES_MAX;

const NO_JSON = 'the body is not JSON; for an event a line use application/x-ndjson';
/** The whole of an array of which one element is not JSON. */
export const noJson = (): BodyFault => ({ kind: 'invalid_json', retryable: false, message: NO_JSON });

/**
 * @param body decompressed, at most 10 MiB; kept alive as long as the items are
 * @returns the items; a fault when the body is not UTF-8 JSON (NDJSON: not UTF-8; an array: only its elements tell) or not of the shape
 *   its media type says
 */
export function readItems(body: Buffer, format: BodyFormat): Result<Items, BodyFault> {
  if (!isUtf8(body)) return fault('invalid_json', 'the body is not UTF-8');
  const bytes = withoutBom(body);
  if (format === 'ndjson') return ok(lines(bytes));
  const text = bytes.toString('utf8');
  const isArray = /^\s*\[/.test(text);
  if (isArray && format === 'single')
    return fault(
      'wrong_shape',
      'application/cloudevents+json carries one event; use application/cloudevents-batch+json'
    );
  if (isArray) {
    const elements = elementsOf(text);
    return elements ? ok(array(elements)) : fail(noJson());
  }
  const value = tryParse(text);
  if (value === NOT_JSON) return fail(noJson());
  if (format === 'batch') return fault('wrong_shape', 'application/cloudevents-batch+json carries a JSON array');
  return ok(single(bytes, text, value));
}
