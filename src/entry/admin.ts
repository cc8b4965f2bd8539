/**
 * `npm run admin -- …`: users, keys, sources and the journal by command line, while Pulso runs and while it does not: both databases may be
 * written by several processes. Quarantine is the running ingest service's: it is
 * asked over its internal interface. Exit code 0 done, 1 refused, 2 not understood.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openKeyStore } from '#ingest/keys/key-store.ts';
import { openSourceStore } from '#ingest/sources/source-store.ts';
import { Sources } from '#ingest/sources/sources.ts';
import { createIngestAdmin } from '#lib/server/ingest-client.server.ts';
import type { IngestAdmin } from '#lib/server/services.server.ts';
import { readSecrets } from '#sql/embedded/secrets.server.ts';
import { appDbPath } from '#lib/server/auth/app-db.server.ts';
import { createAuth } from '#lib/server/auth/auth.server.ts';
import { Refusal, UsageError, type Answer, type Asked, type Command } from './admin/command.ts';
import { readAdminEnv, type AdminSettings } from './admin/env.server.ts';
import { JOURNAL_COMMANDS } from './admin/journal.ts';
import { KEY_COMMANDS } from './admin/keys.ts';
import { QUARANTINE_COMMANDS } from './admin/quarantine.ts';
import { SOURCE_COMMANDS } from './admin/sources.ts';
import { USER_COMMANDS } from './admin/users.ts';

const COMMANDS: Readonly<Record<string, Command>> = {
  ...USER_COMMANDS,
  ...KEY_COMMANDS,
  ...QUARANTINE_COMMANDS,
  ...SOURCE_COMMANDS,
  ...JOURNAL_COMMANDS
};

const USAGE = `npm run admin -- COMMAND [--json] [--help]

${Object.values(COMMANDS)
  .map(({ usage, does }) => `  ${usage}\n      ${does}`)
  .join('\n')}

Settings: DATA_DIR (default ./data), APP_DB_URL; for quarantine INGEST_URL (default http://127.0.0.1:4000), INTERNAL_TOKEN.
`;

const COMMON = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;

function understand(words: readonly string[]): { readonly command: Command; readonly asked: Asked } {
  const [noun = '', verb = '', ...rest] = words;
  const command = COMMANDS[`${noun} ${verb}`];
  if (command === undefined)
    throw new UsageError(noun === '' ? 'no command' : `unknown command: ${noun} ${verb}`.trimEnd());
  const { values, positionals } = read(command, rest);
  const [subject, tooMuch] = positionals;
  if (tooMuch !== undefined) throw new UsageError(`one word too many: ${tooMuch}`);
  return { command, asked: { given: values, subject } };
}

function read(command: Command, words: string[]) {
  try {
    return parseArgs({ args: words, options: { ...command.options, ...COMMON }, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

async function run({ command, asked }: ReturnType<typeof understand>, settings: AdminSettings): Promise<Answer> {
  const place = { dataDir: settings.DATA_DIR, appDbUrl: settings.APP_DB_URL };
  if (!command.begins && !existsSync(settings.DATA_DIR) && !existsSync(appDbPath(place))) {
    throw new Refusal('no_data', `there is no ${settings.DATA_DIR}: set DATA_DIR to where Pulso keeps its data`);
  }
  mkdirSync(settings.DATA_DIR, { recursive: true });
  const silent = { info: () => undefined, warn: () => undefined };
  const auth = await createAuth({ ...place, clock: Date.now, log: silent });
  const file = join(settings.DATA_DIR, 'ingest.sqlite');
  const opened: { close(): void }[] = [];
  const once = <T extends { close(): void }>(open: () => T): (() => T) => {
    let store: T | undefined;
    return () => {
      if (store !== undefined) return store;
      store = open();
      opened.push(store);
      return store;
    };
  };
  const keys = once(() => openKeyStore(file));
  const trouble = (error: unknown): void => {
    throw error;
  };
  const sources = once(() => new Sources(openSourceStore(file), Date.now, trouble));
  const { INGEST_URL: url, INTERNAL_TOKEN } = settings;
  const ingest = (): IngestAdmin =>
    createIngestAdmin({ url, token: INTERNAL_TOKEN ?? readSecrets(settings.DATA_DIR).internal_token });
  try {
    return await command.run(asked, { auth, dataDir: settings.DATA_DIR, keys, sources, ingest, clock: Date.now });
  } finally {
    for (const store of opened) store.close();
    auth.close();
  }
}

/** @returns the exit code */
async function main(words: readonly string[]): Promise<number> {
  const isJson = words.includes('--json');
  if (words.length === 0 || words.includes('--help') || words.includes('-h')) {
    process.stdout.write(USAGE);
    return words.length === 0 ? 2 : 0;
  }
  try {
    const answer = await run(understand(words), readAdminEnv());
    process.stdout.write(`${isJson ? JSON.stringify(answer.json) : answer.text}\n`);
    return 0;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof Refusal ? error.code : error instanceof UsageError ? 'usage' : 'failed';
    process.stderr.write(isJson ? `${JSON.stringify({ error: { code, message } })}\n` : `${message}\n`);
    if (code === 'usage' && !isJson) process.stderr.write(`\n${USAGE}`);
    return code === 'usage' ? 2 : 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
