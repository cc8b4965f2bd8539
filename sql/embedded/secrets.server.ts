import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

/** DATA_DIR/secrets.json: what this installation made up for itself. */
const Secrets = z.object({
  /** between dashboard and ingest, where INTERNAL_TOKEN is not set */
  internal_token: z.string().min(32),
  clickhouse_password: z.string().min(32)
});
export type Secrets = z.infer<typeof Secrets>;

/**
 * The secrets of a DATA_DIR, made at the first call, in a file only its owner can read.
 * @throws when the file is there but cannot be used: to make new ones over it would lock running processes out
 */
export function readSecrets(dataDir: string): Secrets {
  const file = join(dataDir, 'secrets.json');
  const present = readIfThere(file);
  if (present !== null) return present;
  const made = { internal_token: randomSecret(), clickhouse_password: randomSecret() };
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600, flush: true });
  try {
    // fails where another process was first; a rename would replace what that one already uses
    linkSync(draft, file);
  } catch (error) {
    if (readIfThere(file) === null) throw error;
  } finally {
    rmSync(draft);
  }
  return readIfThere(file) ?? made;
}

function randomSecret(): string {
  return randomBytes(32).toString('base64url');
}

function readIfThere(file: string): Secrets | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  const parsed = Secrets.safeParse(parseJson(text));
  if (!parsed.success) throw new Error(`${file} cannot be used: restore it, or delete it to make new secrets`);
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
