import type { EmbeddedLog } from '#sql/embedded/types.server.ts';

/** A line for the person at the terminal. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** What a command shows of the embedded server's start. */
export const consoleLog: EmbeddedLog = {
  info: (_fields, message) => say(message),
  warn: (_fields, message) => say(message),
  error: (_fields, message) => say(message)
};
