/**
 * The elements of a JSON array as texts, so that they are parsed one after the other: parsed at once, all of them live until the last one
 * is dealt with, and every collection of garbage meanwhile copies them.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** White space as JSON has it; String.prototype.trim takes more for such. */
const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;

function skipSpace(text: string, from: number): number {
  let i = from;
  while (i < text.length && isSpace(text.charCodeAt(i))) i++;
  return i;
}

/** @param from index of the opening quote; @returns index of the closing one; the text's end where there is none */
function endOfString(text: string, from: number): number {
  for (let i = text.indexOf('"', from + 1); i > 0; i = text.indexOf('"', i + 1)) {
    let escapes = 0;
    while (text.charCodeAt(i - 1 - escapes) === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return i;
  }
  return text.length;
}

/** @param from behind a comma or the opening bracket; @returns index of the comma or bracket that ends the element */
function endOfElement(text: string, from: number): number {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE:
        i = endOfString(text, i);
        break;
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        depth++;
        break;
      case CLOSE_OBJECT:
        depth--;
        break;
      case CLOSE_ARRAY:
        if (depth === 0) return i;
        depth--;
        break;
      case COMMA:
        if (depth === 0) return i;
        break;
    }
  }
  return text.length;
}

/**
 * Cuts an array where JSON.parse would. The whole is valid JSON if, and only if, each of the elements is.
 * @returns null: no text that begins with a bracket and ends with the one that closes it; more than `most` elements: only the first of
 *   them, one more than that
 */
export function elementsOf(text: string, most: number): string[] | null {
  let i = skipSpace(text, 0);
  if (text.charCodeAt(i) !== OPEN_ARRAY) return null;
  const elements: string[] = [];
  const first = skipSpace(text, i + 1);
  if (text.charCodeAt(first) === CLOSE_ARRAY) return skipSpace(text, first + 1) === text.length ? elements : null;
  do {
    const end = endOfElement(text, i + 1);
    elements.push(text.slice(i + 1, end));
    i = end;
    if (elements.length > most) return elements;
  } while (text.charCodeAt(i) === COMMA);
  return i < text.length && skipSpace(text, i + 1) === text.length ? elements : null;
}
