/** What an admin command is, and the two ways it can end without having done anything. */
import type { ParseArgsOptionsConfig } from 'node:util';
import type { KeyStore } from '#ingest/keys/key-store.ts';
import type { Sources } from '#ingest/sources/sources.ts';
import type { Auth, IngestAdmin } from '#lib/server/services.server.ts';

/** Options as `parseArgs` gives them. */
export type Given = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

export interface Asked {
  readonly given: Given;
  /** the first word after the command: an e-mail, or a key's id or name */
  readonly subject: string | undefined;
}

export interface Stores {
  readonly auth: Auth;
  readonly dataDir: string;
  /** opened at the first use */
  keys(): KeyStore;
  /** opened at the first use */
  sources(): Sources;
  /** the running ingest service, which alone writes events */
  ingest(): IngestAdmin;
  /** epoch ms */
  readonly clock: () => number;
}

export interface Answer {
  /** printed as one line with --json */
  readonly json: unknown;
  readonly text: string;
}

export interface Command {
  /** after `npm run admin --` */
  readonly usage: string;
  readonly does: string;
  readonly options: ParseArgsOptionsConfig;
  /** may begin a new DATA_DIR; the others want one that is there */
  readonly begins: boolean;
  run(asked: Asked, stores: Stores): Promise<Answer> | Answer;
}

/** The command cannot be understood: exit code 2. */
export class UsageError extends Error {}
/** Understood and not done: exit code 1. `code` is for programs. */
export class Refusal extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export function text(given: Given, name: string): string | undefined {
  const value = given[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function required(given: Given, name: string): string {
  const value = text(given, name);
  if (value === undefined) throw new UsageError(`--${name} is missing`);
  return value;
}

export function list(given: Given, name: string): string[] {
  const value = given[name];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

export function oneOf<T extends string>(value: string, allowed: readonly T[], name: string): T {
  const found = allowed.find((known) => known === value);
  if (found === undefined) throw new UsageError(`--${name} must be one of ${allowed.join(', ')}`);
  return found;
}

/** @returns the rows under their heads, columns aligned by spaces */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  return [heads, ...rows].map(line).join('\n');
}

/** @returns `2026-11-24 17:05` UTC, or `–` */
export const time = (ms: number | null): string =>
  ms === null ? '–' : new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
