import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { readSecrets } from '#sql/embedded/secrets.server.ts';
import { superviseEmbedded } from '#sql/embedded/supervise.server.ts';
import { clickHouseAddress } from '#sql/env.server.ts';
import type { ClickHouseAddress } from '#sql/interface.server.ts';
import { migrate } from '#sql/migrate.server.ts';
import { ensureBuilt } from './build.ts';
import type { PulsoEnv } from './env.server.ts';
import { INGEST_NODE_ARGS } from '#ingest/node-args.ts';
import { superviseProcess } from './supervised-process.ts';
import type { SupervisedProcess } from './supervised-process.ts';

/** Of the 10 s that a drain may take; the rest is ClickHouse's, which has nothing to finish once these two are gone. */
const DRAIN_MS = 7_000;
/** A server by URL may come up after us. */
const CLICKHOUSE_WAIT_MS = 60_000;
const CLICKHOUSE_POLL_MS = 500;
const ROOT = join(import.meta.dirname, '..', '..');

export interface Pulso {
  readonly url: string;
  readonly ingestUrl: string;
  readonly internalToken: string;
  readonly clickhouse: ClickHouseAddress;
  /** resolves with the reason when a part cannot be kept running; the rest still runs: call `stop` */
  readonly failed: Promise<Error>;
  /** drains and ends everything within 10 s */
  stop(): Promise<void>;
}

interface Part {
  readonly gaveUp: Promise<Error>;
  stop(): Promise<void>;
}

/**
 * The whole product as one tree of processes: ClickHouse (unless CLICKHOUSE_URL is set) → migrations → ingest → dashboard.
 * Resolves when both serve.
 * @throws saying what to do when a part does not come up; everything started until then is stopped
 */
export async function startPulso({ env, log }: { readonly env: PulsoEnv; readonly log: Logger }): Promise<Pulso> {
  const { settings } = env;
  mkdirSync(settings.DATA_DIR, { recursive: true, mode: 0o700 });
  const secrets = readSecrets(settings.DATA_DIR);
  const internalToken = settings.INTERNAL_TOKEN ?? secrets.internal_token;
  const started: Part[] = [];
  const stop = async (): Promise<void> => {
    // those that write and read first and together, then what they write to
    const [clickhouse, ...children] = started.splice(0);
    await Promise.all(children.map((child) => child.stop()));
    await clickhouse?.stop();
  };
  try {
    const clickhouse = await openClickHouse(env, secrets.clickhouse_password, log);
    started.push(clickhouse);
    await migrateWhenThere(clickhouse.address, log);
    await ensureBuilt(ROOT, log);
    const childEnv = environmentOfChildren(env, clickhouse.address, internalToken);
    const ingestUrl = loopback(settings.INGEST_HOST, settings.INGEST_PORT);
    const url = loopback(settings.HOST, settings.PORT);
    const children = [
      superviseProcess({
        name: 'ingest',
        script: join(ROOT, 'ingest', 'main.ts'),
        nodeArgs: INGEST_NODE_ARGS,
        env: childEnv,
        readyUrl: `${ingestUrl}/healthz`,
        log
      }),
      superviseProcess({
        name: 'dashboard',
        script: join(ROOT, 'src/entry/dashboard.ts'),
        env: childEnv,
        readyUrl: `${url}/healthz`,
        log
      })
    ];
    started.push(...children.map(asPart));
    await Promise.all(children.map(({ ready }) => ready));
    const failed = Promise.race(started.map(({ gaveUp }) => gaveUp));
    return { url, ingestUrl, internalToken, clickhouse: clickhouse.address, failed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function asPart(child: SupervisedProcess): Part {
  return { gaveUp: child.gaveUp, stop: () => child.stop(DRAIN_MS) };
}

async function openClickHouse(
  { settings }: PulsoEnv,
  password: string,
  log: Logger
): Promise<Part & { readonly address: ClickHouseAddress }> {
  const given = clickHouseAddress(settings);
  if (given === null) {
    const embedded = await superviseEmbedded({ dataDir: settings.DATA_DIR, password, log });
    log.info({ child_pid: embedded.pid() }, 'the embedded ClickHouse answers');
    return embedded;
  }
  log.info({ host: new URL(given.url).host, database: given.database }, 'using the ClickHouse at CLICKHOUSE_URL');
  return { address: given, gaveUp: new Promise(() => {}), stop: () => Promise.resolve() };
}

async function migrateWhenThere(address: ClickHouseAddress, log: Logger): Promise<void> {
  const deadline = performance.now() + CLICKHOUSE_WAIT_MS;
  for (;;) {
    const result = await migrate(address, { now: Date.now() });
    if (result.ok) {
      if (result.value.length > 0) log.info({ applied: result.value }, 'the schema was brought up to date');
      return;
    }
    const { failure } = result;
    if (!failure.retryable || performance.now() > deadline) throw new Error(failure.message);
    log.warn({ reason: failure.message }, 'ClickHouse cannot be migrated yet; trying again');
    await new Promise((settle) => setTimeout(settle, CLICKHOUSE_POLL_MS));
  }
}

function environmentOfChildren(
  { settings, inherited }: PulsoEnv,
  clickhouse: ClickHouseAddress,
  internalToken: string
): Record<string, string | undefined> {
  return {
    NODE_ENV: 'production',
    ...inherited,
    PORT: String(settings.PORT),
    HOST: settings.HOST,
    INGEST_PORT: String(settings.INGEST_PORT),
    INGEST_HOST: settings.INGEST_HOST,
    INGEST_URL: settings.INGEST_URL ?? loopback(settings.INGEST_HOST, settings.INGEST_PORT),
    DATA_DIR: settings.DATA_DIR,
    CLICKHOUSE_URL: clickhouse.url,
    CLICKHOUSE_USER: clickhouse.username,
    CLICKHOUSE_PASSWORD: clickhouse.password,
    CLICKHOUSE_DATABASE: clickhouse.database,
    INTERNAL_TOKEN: internalToken
  };
}

/** How this machine reaches what listens on `host`. */
function loopback(host: string, port: number): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
