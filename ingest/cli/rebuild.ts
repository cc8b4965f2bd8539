/**
 * `npm run db:rebuild`: every derived table anew from raw events. With a running ingest service that one does it, beside its live
 * tables; without, this command holds the journal's lock and does it itself.
 */
import { join } from 'node:path';
import { rebuild } from '#ingest/derive/rebuild.ts';
import { readIngestEnv, type IngestEnv } from '#ingest/env.server.ts';
import { lockJournal, type JournalLock } from '#ingest/journal/lock.ts';
import { readState } from '#ingest/journal/state.ts';
import { borrowClickHouse } from '#sql/embedded/borrow.server.ts';
import { readSecrets } from '#sql/embedded/secrets.server.ts';
import { clickHouseAddress } from '#sql/env.server.ts';
import { createWriter } from '#sql/gateway.server.ts';

const say = (line: string): void => console.log(line);

function tryLock(dir: string): JournalLock | null {
  try {
    return lockJournal(dir);
  } catch {
    return null;
  }
}

/** @returns the exit code */
async function askIngest(env: IngestEnv): Promise<number> {
  const token = env.INTERNAL_TOKEN ?? readSecrets(env.DATA_DIR).internal_token;
  const url = `http://${env.INGEST_HOST}:${env.INGEST_PORT}/internal/rebuild`;
  say(`The ingest service runs: asking it to rebuild (${url})`);
  const response = await fetch(url, { method: 'POST', headers: { authorization: `Bearer ${token}` } }).catch(
    () => null
  );
  if (response === null) {
    say('It does not answer there. Is INGEST_PORT the one it runs with?');
    return 1;
  }
  say(await response.text());
  return response.ok ? 0 : 1;
}

/** @returns the exit code */
async function rebuildAlone(env: IngestEnv, journalDir: string): Promise<number> {
  const log = {
    info: () => undefined,
    warn: (_fields: object, message: string) => say(message),
    error: (_fields: object, message: string) => say(message)
  };
  const { address, giveBack } = await borrowClickHouse({
    clickhouse: clickHouseAddress(env),
    dataDir: env.DATA_DIR,
    log
  });
  const writer = createWriter(address);
  try {
    const state = await readState(journalDir);
    const rebuilt = await rebuild({
      writer,
      exclusive: (last) => last(),
      ...(state ? { through: state.shipped } : {}),
      progress: (seq, of) => say(`${String(seq)} of ${String(of)}`)
    });
    if (rebuilt.ok)
      say(`Rebuilt from ${String(rebuilt.value.events)} events, through position ${String(rebuilt.value.seq)}.`);
    else say(`ClickHouse refused (${rebuilt.failure.code}): ${rebuilt.failure.message} The old tables stay in use.`);
    return rebuilt.ok ? 0 : 1;
  } finally {
    await writer.close();
    await giveBack();
  }
}

const env = readIngestEnv();
const journalDir = join(env.DATA_DIR, 'journal');
const lock = tryLock(journalDir);
if (lock) {
  try {
    process.exitCode = await rebuildAlone(env, journalDir);
  } finally {
    lock.release();
  }
} else process.exitCode = await askIngest(env);
