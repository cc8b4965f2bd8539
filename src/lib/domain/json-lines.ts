/**
 * JSON text set out line by line, each line with the JSON Pointer of what it holds, and places in a text that someone edits. No number is
 * read, so none changes. Pure.
 */

export interface JsonLine {
  readonly text: string;
  /** RFC 6901; a closing bracket has that of what it closes */
  readonly pointer: string;
  /** where in the text it was read from what it holds begins */
  readonly at: number;
}

const INDENT = 4;
const SPACE = /\s*/y;
const STRING = /"(?:[^"\\]|\\.)*"/y;
const SCALAR = /[^\s,:[\]{}"]+/y;

interface Line {
  text: string;
  readonly pointer: string;
  readonly at: number;
}
class NotJson extends Error {}

class Reader {
  readonly lines: Line[] = [];
  readonly #text: string;
  /** in the text; where reading stopped, when it is not JSON */
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get at(): number {
    return this.#at;
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) return null;
    this.#at += found.length;
    return found;
  }

  /** The next character behind spaces, which is taken when it is one of `wanted`. */
  #take(wanted: string): string | null {
    this.#match(SPACE);
    const next = this.#text[this.#at];
    if (next === undefined || !wanted.includes(next)) return null;
    this.#at++;
    return next;
  }

  #add(text: string, pointer: string, depth: number, at: number): void {
    this.lines.push({ text: ' '.repeat(INDENT * depth) + text, pointer, at });
  }

  /** @param head what stands before the value in its line, such as `"key": `; @param from where that begins */
  value(pointer: string, head: string, depth: number, from?: number): void {
    this.#match(SPACE);
    const at = from ?? this.#at;
    const bracket = this.#take('{[');
    if (bracket === null) {
      const scalar = this.#match(STRING) ?? this.#match(SCALAR);
      if (scalar === null) throw new NotJson();
      this.#add(head + scalar, pointer, depth, at);
      return;
    }
    const close = bracket === '{' ? '}' : ']';
    if (this.#take(close) !== null) {
      this.#add(head + bracket + close, pointer, depth, at);
      return;
    }
    this.#add(head + bracket, pointer, depth, at);
    for (let index = 0; ; index++) {
      this.#member(bracket === '{', pointer, index, depth + 1);
      const last = this.lines.at(-1);
      if (this.#take(',') === null) break;
      if (last) last.text += ',';
    }
    if (this.#take(close) === null) throw new NotJson();
    this.#add(close, pointer, depth, this.#at - 1);
  }

  #member(isObject: boolean, pointer: string, index: number, depth: number): void {
    if (!isObject) {
      this.value(`${pointer}/${index}`, '', depth);
      return;
    }
    this.#match(SPACE);
    const at = this.#at;
    const key = this.#match(STRING);
    if (key === null || this.#take(':') === null) throw new NotJson();
    const name = String(JSON.parse(key)).replaceAll('~', '~0').replaceAll('/', '~1');
    this.value(`${pointer}/${name}`, `${key}: `, depth, at);
  }

  end(): void {
    this.#match(SPACE);
    if (this.#at < this.#text.length) throw new NotJson();
  }
}

/** @returns the text as it is, line by line, when it is not JSON */
export function jsonLines(text: string): readonly JsonLine[] {
  const reader = new Reader(text);
  try {
    reader.value('', '', 0);
    reader.end();
    return reader.lines;
  } catch {
    let at = 0;
    return text.split('\n').map((line) => {
      const start = at;
      at += line.length + 1;
      return { text: line, pointer: '', at: start };
    });
  }
}

/** The line a pointer leads to: its own, or where it is missing that of the nearest thing around it. 0-based. */
export function lineOf(lines: readonly JsonLine[], pointer: string): number {
  for (let path = pointer; path !== ''; path = path.slice(0, path.lastIndexOf('/'))) {
    const index = lines.findIndex((line) => line.pointer === path);
    if (index >= 0) return index;
  }
  return 0;
}

/** The line of a text as it stands, however it is laid out, to which a pointer leads, or at which it stops being JSON. 0-based. */
export function faultyLine(text: string, pointer: string): number {
  const reader = new Reader(text);
  let at: number;
  try {
    reader.value('', '', 0);
    reader.end();
    at = reader.lines[lineOf(reader.lines, pointer)]?.at ?? 0;
  } catch {
    at = reader.at;
  }
  return text.slice(0, at).split('\n').length - 1;
}
