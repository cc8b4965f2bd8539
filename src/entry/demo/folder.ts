/** The demo's data folder: begun anew, carried on, or refused because it holds something else. */
import { readStory, STORY_VERSION, writeStory, type Story } from '#ingest/simulator/story.ts';
import { createAuth } from '#lib/server/auth/auth.server.ts';
import { oneTimePassword, randomSecret } from '#lib/server/auth/secrets.server.ts';
import type { PulsoEnv } from '../env.server.ts';
import { DEFAULTS, type DemoArguments } from './arguments.ts';

const DAY_MS = 86_400_000;

/** The folder cannot be used as asked; the message says what to do. */
export class FolderRefused extends Error {
  override readonly name = 'FolderRefused';
}

const PEOPLE = [
  { role: 'admin', name: 'Renata Camargo', email: 'admin@ipe.example' },
  { role: 'manager', name: 'Otávio Rezende', email: 'gerente@ipe.example' },
  { role: 'collector', name: 'Marina Tavares', email: 'cobranca@ipe.example' },
  { role: 'viewer', name: 'João Siqueira', email: 'leitura@ipe.example' }
] as const;

function begin({ inherited }: PulsoEnv, wanted: DemoArguments, now: number): Story {
  const users = PEOPLE.map((person) => {
    const isOwnAdmin =
      person.role === 'admin' && inherited.ADMIN_EMAIL !== undefined && inherited.ADMIN_PASSWORD !== undefined;
    return isOwnAdmin
      ? { ...person, email: inherited.ADMIN_EMAIL ?? '', password: inherited.ADMIN_PASSWORD ?? '' }
      : { ...person, password: oneTimePassword() };
  });
  return {
    version: STORY_VERSION,
    seed: wanted.seed ?? DEFAULTS.seed,
    scenario: wanted.scenario ?? DEFAULTS.scenario,
    timezone: inherited.BUSINESS_TIMEZONE ?? 'America/Sao_Paulo',
    calendar: inherited.BUSINESS_CALENDAR === 'none' ? 'none' : 'BR',
    start: now - (wanted.days ?? DEFAULTS.days) * DAY_MS,
    end: now,
    sent_through: 0,
    live: [],
    ingest_key: inherited.INGEST_API_KEY ?? randomSecret(),
    users
  };
}

/**
 * The story of this folder; a new one is begun in an empty folder.
 * @throws FolderRefused
 */
export function openFolder(env: PulsoEnv, wanted: DemoArguments, now: number): Story {
  const { DATA_DIR } = env.settings;
  const found = readStory(DATA_DIR);
  if (!found.ok) {
    const { kind, path } = found.failure;
    throw new FolderRefused(
      kind === 'other_data'
        ? `${path} holds other data: name an empty folder by DATA_DIR`
        : `${path} was written by another version, or is damaged: name an empty folder by DATA_DIR, or remove this demo's`
    );
  }
  const story = found.value;
  if (story === null) return begin(env, wanted, now);
  const differs = (name: 'seed' | 'scenario'): boolean => wanted[name] !== undefined && wanted[name] !== story[name];
  if (differs('seed') || differs('scenario') || wanted.days !== undefined)
    throw new FolderRefused(
      `${DATA_DIR} shows ${story.scenario} of seed ${story.seed} and goes on with it: leave --scenario, --seed and --days out, or name an empty folder by DATA_DIR`
    );
  return story;
}

/** Keeps the story and makes its log-ins, those that are not there yet. @throws Error when the app database cannot be opened */
export async function prepareFolder({ settings, inherited }: PulsoEnv, story: Story): Promise<void> {
  writeStory(settings.DATA_DIR, story);
  const silent = { info: () => undefined, warn: () => undefined };
  const auth = await createAuth({
    dataDir: settings.DATA_DIR,
    appDbUrl: inherited.APP_DB_URL,
    clock: Date.now,
    log: silent
  });
  try {
    const known = new Set(auth.users().map(({ email }) => email.toLowerCase()));
    for (const user of story.users) {
      if (known.has(user.email.toLowerCase())) continue;
      const added = await auth.addUser(user);
      if (!added.ok) throw new FolderRefused(`the log-in ${user.email} cannot be made: ${added.failure.kind}`);
    }
  } finally {
    auth.close();
  }
}
