/** Chunks of an endless NDJSON body → blocks of whole lines. Holds at most one line that may be an event, and nothing of a longer one. */
import { isUtf8 } from 'node:buffer';
import { parseExactly } from './exact-numbers.ts';
import { EVENT_BYTES_MAX, NOT_JSON, type Items } from './items.ts';

const LINE_FEED = 0x0a;
const SPACES = /^[\s\ufeff]*$/;

/** null: a line longer than any event, of which nothing is kept */
type Line = Buffer | null;

/** an event begins with a brace: only what begins as a blank line may is looked at whole */
const isBlank = (line: Buffer): boolean => (line[0] ?? 0) !== 0x7b && SPACES.test(line.toString('utf8'));

function itemsOf(lines: readonly Line[]): Items {
  const raw = (index: number): string => lines[index]?.toString('utf8').trim() ?? '';
  return {
    length: lines.length,
    isOneText: false,
    value(index) {
      const line = lines[index];
      if (!line || !isUtf8(line)) return NOT_JSON;
      try {
        return parseExactly(raw(index).replace(/^\ufeff/, ''));
      } catch {
        return NOT_JSON;
      }
    },
    isTooLarge: (index) => lines[index] === null,
    raw
  };
}

export class LineSplitter {
  #lines: Line[] = [];
  #bytes = 0;
  #parts: Buffer[] = [];
  #partBytes = 0;
  #isSkipping = false;

  /** whole lines waiting to be taken */
  get lines(): number {
    return this.#lines.length;
  }

  /** bytes held, of whole lines and of the one begun */
  get bytes(): number {
    return this.#bytes + this.#partBytes;
  }

  push(chunk: Buffer): void {
    let from = 0;
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, from)) {
      this.#add(chunk.subarray(from, at));
      this.#endLine();
      from = at + 1;
    }
    if (from < chunk.length) this.#add(chunk.subarray(from));
  }

  /** The body has ended: what was begun is a line too. */
  end(): void {
    if (this.#partBytes > 0 || this.#isSkipping) this.#endLine();
  }

  /** The whole lines there are, as items; they are no longer held. */
  take(): Items {
    const lines = this.#lines;
    this.#lines = [];
    this.#bytes = 0;
    return itemsOf(lines);
  }

  #add(part: Buffer): void {
    if (this.#isSkipping || part.length === 0) return;
    this.#partBytes += part.length;
    if (this.#partBytes > EVENT_BYTES_MAX) {
      this.#isSkipping = true;
      this.#parts = [];
      this.#partBytes = 0;
    } else this.#parts.push(part);
  }

  #endLine(): void {
    const [only] = this.#parts;
    const line = this.#isSkipping ? null : this.#parts.length === 1 && only ? only : Buffer.concat(this.#parts);
    if (line === null || !isBlank(line)) this.#lines.push(line);
    this.#bytes += line?.length ?? 0;
    this.#parts = [];
    this.#partBytes = 0;
    this.#isSkipping = false;
  }
}
