export interface Statement {
  /** the `--` lines directly above it: its header */
  readonly header: string;
  /** without the closing semicolon */
  readonly sql: string;
}

/** One piece of SQL text that a `;` inside does not end: a comment, a string or a quoted name; else one character. */
const PIECE = /--[^\n]*|\/\*[^]*?\*\/|'(?:[^'\\]|\\[^]|'')*'|`(?:[^`\\]|\\[^])*`|"(?:[^"\\]|\\[^])*"|[^]/g;

/** Splits a file of several statements. Comments between statements belong to the next one; an empty line cuts a header off. */
export function splitStatements(text: string): Statement[] {
  const statements: Statement[] = [];
  let current = '';
  const finish = (): void => {
    const body = current.trim();
    current = '';
    const sql = body.replace(/^(?:\s*--[^\n]*(?:\n|$))+/, '').trim();
    if (sql !== '') statements.push({ header: headerOf(body), sql });
  };
  for (const [piece] of text.replaceAll('\r\n', '\n').matchAll(PIECE)) {
    if (piece === ';') finish();
    else current += piece;
  }
  finish();
  return statements;
}

function headerOf(body: string): string {
  const lines: string[] = [];
  for (const line of body.split('\n')) {
    if (line.startsWith('--')) lines.push(line);
    else if (line.trim() === '') lines.length = 0;
    else break;
  }
  return lines.join('\n');
}
