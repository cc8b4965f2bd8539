/** Where the elements of a JSON array lie in its bytes, for what JSON.parse does not tell: their size and their bytes as received. */

/** Half-open byte range. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** @param from index of the opening quote; @returns index after the closing one */
function skipString(bytes: Uint8Array, from: number): number {
  let i = from + 1;
  while (i < bytes.length && bytes[i] !== QUOTE) i += bytes[i] === BACKSLASH ? 2 : 1;
  return i + 1;
}

function trimmed(bytes: Uint8Array, from: number, to: number): Range {
  let start = from;
  let end = to;
  while (start < end && isSpace(bytes[start])) start++;
  while (end > start && isSpace(bytes[end - 1])) end--;
  return { from: start, to: end };
}

/**
 * @param bytes valid JSON (JSON.parse has taken it) whose value is an array
 * @returns one range an element, in order
 */
export function elementRanges(bytes: Uint8Array): Range[] {
  const ranges: Range[] = [];
  let i = bytes.indexOf(OPEN_ARRAY) + 1;
  let start = i;
  let depth = 0;
  while (i < bytes.length) {
    const byte = bytes[i];
    if (byte === QUOTE) {
      i = skipString(bytes, i);
      continue;
    }
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth++;
    else if (byte === COMMA && depth === 0) {
      ranges.push(trimmed(bytes, start, i));
      start = i + 1;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      if (depth === 0) break;
      depth--;
    }
    i++;
  }
  const last = trimmed(bytes, start, i);
  if (last.to > last.from) ranges.push(last);
  return ranges;
}
