/** Composition root of the ingest service: settings, log, signals. */
import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';
import { readRecord } from '#sql/embedded/running.server.ts';
import { readSecrets } from '#sql/embedded/secrets.server.ts';
import { watchParent } from '#sql/embedded/watch-parent.server.ts';
import { clickHouseAddress } from '#sql/env.server.ts';
import { readIngestEnv, type IngestEnv } from './env.server.ts';
import { startIngest, type Ingest } from './service.ts';
import { readBootId } from '#ingest/shipper/boot-id.ts';

/** Synchronous: the last words before an exit count. */
function createLog({ LOG_LEVEL, LOG_FORMAT }: IngestEnv): Logger {
  const options = { name: 'ingest', level: LOG_LEVEL, base: { pid: process.pid } };
  const format = LOG_FORMAT ?? (process.stdout.isTTY ? 'pretty' : 'json');
  if (format === 'json') return pino(options, pino.destination({ fd: 1, sync: true }));
  return pino(options, pretty({ sync: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' }));
}

async function main(): Promise<void> {
  const env = readIngestEnv();
  const log = createLog(env);
  const given = clickHouseAddress(env);
  let ingest: Ingest | null = null;
  let isEnding = false;
  const end = (why: string): void => {
    if (isEnding) return;
    isEnding = true;
    log.info({ why }, 'stopping');
    void (ingest?.stop() ?? Promise.resolve()).then(() => process.exit(0));
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => end(signal));
  // before anything that takes time: a parent that is gone by then is not missed any more
  watchParent(() => end('the parent is gone'));
  ingest = await startIngest({
    host: env.INGEST_HOST,
    port: env.INGEST_PORT,
    dataDir: env.DATA_DIR,
    internalToken: env.INTERNAL_TOKEN ?? readSecrets(env.DATA_DIR).internal_token,
    apiKey: env.INGEST_API_KEY,
    journalBytesMax: env.JOURNAL_BYTES_MAX,
    findClickHouse: () => given ?? readRecord(env.DATA_DIR),
    bootId: readBootId(),
    log,
    now: Date.now,
    random: Math.random
  }).catch((error: unknown) => {
    log.fatal({ err: error }, 'the ingest service cannot start');
    process.exit(1);
  });
  log.info({ host: env.INGEST_HOST, port: ingest.port }, 'the ingest service listens');
  await ingest.ready.catch((error: unknown) => {
    if (isEnding) return;
    log.fatal({ err: error }, 'the ingest service cannot take events');
    process.exit(1);
  });
}

await main();
