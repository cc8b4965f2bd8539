/** JSON text set out line by line, each line with the JSON Pointer of what it holds. No number is read, so none changes. Pure. */

export interface JsonLine {
  readonly text: string;
  /** RFC 6901; a closing bracket has that of what it closes */
  readonly pointer: string;
}

const INDENT = 4;
const SPACE = /\s*/y;
const STRING = /"(?:[^"\\]|\\.)*"/y;
const SCALAR = /[^\s,:[\]{}"]+/y;

interface Line {
  text: string;
  readonly pointer: string;
}
class NotJson extends Error {}

class Reader {
  readonly lines: Line[] = [];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
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

  #add(text: string, pointer: string, depth: number): void {
    this.lines.push({ text: ' '.repeat(INDENT * depth) + text, pointer });
  }

  /** @param head what stands before the value in its line, such as `"key": ` */
  value(pointer: string, head: string, depth: number): void {
    const bracket = this.#take('{[');
    if (bracket === null) {
      const scalar = this.#match(STRING) ?? this.#match(SCALAR);
      if (scalar === null) throw new NotJson();
      this.#add(head + scalar, pointer, depth);
      return;
    }
    const close = bracket === '{' ? '}' : ']';
    if (this.#take(close) !== null) {
      this.#add(head + bracket + close, pointer, depth);
      return;
    }
    this.#add(head + bracket, pointer, depth);
    for (let index = 0; ; index++) {
      this.#member(bracket === '{', pointer, index, depth + 1);
      const last = this.lines.at(-1);
      if (this.#take(',') === null) break;
      if (last) last.text += ',';
    }
    if (this.#take(close) === null) throw new NotJson();
    this.#add(close, pointer, depth);
  }

  #member(isObject: boolean, pointer: string, index: number, depth: number): void {
    if (!isObject) {
      this.value(`${pointer}/${index}`, '', depth);
      return;
    }
    this.#match(SPACE);
    const key = this.#match(STRING);
    if (key === null || this.#take(':') === null) throw new NotJson();
    const name = String(JSON.parse(key)).replaceAll('~', '~0').replaceAll('/', '~1');
    this.value(`${pointer}/${name}`, `${key}: `, depth);
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
    return text.split('\n').map((line) => ({ text: line, pointer: '' }));
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
