/** Wires the dashboard: reader, engine, feed, log-in, push. The one place where its parts meet, in production and under vite. */
import { randomUUID } from 'node:crypto';
import type { Server as HttpServer } from 'node:http';
import type { Logger } from 'pino';
import { createAuth } from '#lib/server/auth/auth.server.ts';
import { listenAtDoorbell } from '#lib/server/doorbell.server.ts';
import type { DashboardEnv } from '#lib/server/env.server.ts';
import { createFollowingReader } from '#lib/server/following-reader.server.ts';
import { createIngestAdmin } from '#lib/server/ingest-client.server.ts';
import { createSourcesAdmin } from '#lib/server/sources-client.server.ts';
import { debtsInThread } from '#lib/server/kpi/debts-thread.server.ts';
import { createEngine, type Engine, type EngineOptions } from '#lib/server/kpi/engine.server.ts';
import { createFeed, type Feed } from '#lib/server/kpi/feed.server.ts';
import { createFigures } from '#lib/server/kpi/figures.server.ts';
import { businessTime } from '#lib/server/kpi/moment.server.ts';
import { systemTimers, type Timers } from '#lib/server/kpi/timers.server.ts';
import { createMetrics } from '#lib/server/metrics.server.ts';
import { attachPush, type Push } from '#lib/server/push/push.server.ts';
import type { Services } from '#lib/server/services.server.ts';
import { readRecord } from '#sql/embedded/running.server.ts';
import { readSecrets } from '#sql/embedded/secrets.server.ts';
import { clickHouseAddress } from '#sql/env.server.ts';
import { schemaIsCurrent } from '#sql/migrate.server.ts';

export interface DashboardParts {
  readonly env: DashboardEnv;
  readonly log: Logger;
  readonly buildId: string;
  readonly timers?: Timers;
}
export interface Dashboard {
  readonly services: Services;
  /** opens the namespace `/live` on this server. @param sharesServer another socket server lives on it (vite's) */
  attach(http: HttpServer, sharesServer?: boolean): Push;
  stop(): Promise<void>;
}

/**
 * Starts everything but the http server. ClickHouse and ingest need not be there yet: figures say so until they are.
 * @throws when the app database cannot be opened
 */
export async function composeDashboard({
  env,
  log,
  buildId,
  timers = systemTimers
}: DashboardParts): Promise<Dashboard> {
  const metrics = createMetrics();
  const given = clickHouseAddress(env);
  const find = () => given ?? readRecord(env.DATA_DIR);
  const reader = metrics.timed(createFollowingReader(find));
  const { BUSINESS_CURRENCY: currency, INGEST_URL: url } = env;
  const time = businessTime(env.BUSINESS_TIMEZONE, env.BUSINESS_CALENDAR);
  const token = env.INTERNAL_TOKEN ?? readSecrets(env.DATA_DIR).internal_token;
  const auth = await createAuth({
    dataDir: env.DATA_DIR,
    appDbUrl: env.APP_DB_URL,
    clock: timers.now,
    log,
    adminEmail: env.ADMIN_EMAIL,
    adminPassword: env.ADMIN_PASSWORD
  });
  const debts = debtsInThread(find);
  const { engine, feed, heardAt, stop } = startLive({ reader, time, currency, ...debts, timers, log, url, token });
  const serverId = randomUUID();
  const pushes: Push[] = [];
  metrics.watchSockets(() => pushes.reduce((sum, push) => sum + push.sockets(), 0));

  return {
    services: {
      figures: createFigures({ reader, time, currency, now: timers.now, ...debts, engine, feed }),
      auth,
      ingest: createIngestAdmin({ url, token }),
      sources: createSourcesAdmin({ url, token }),
      ingestHeardAt: heardAt,
      business: {
        timezone: env.BUSINESS_TIMEZONE,
        currency,
        calendar: env.BUSINESS_CALENDAR,
        default_locale: env.PUBLIC_DEFAULT_LOCALE,
        demo: env.PULSO_DEMO === '1',
        name: env.BUSINESS_NAME
      },
      build_id: buildId,
      clock: timers.now,
      ready: async () => (await reader.ping()) && schemaIsCurrent(reader),
      metrics: () => metrics.registry.metrics()
    },
    attach(http, sharesServer = false) {
      const push = attachPush({ http, engine, feed, auth, serverId, buildId, now: timers.now, sharesServer });
      pushes.push(push);
      return push;
    },
    async stop() {
      await stop();
      await Promise.all(pushes.map((push) => push.close()));
      await reader.close();
      auth.close();
    }
  };
}

interface LiveParts extends EngineOptions {
  readonly url: string;
  readonly token: string;
  readonly log: Logger;
}

/** The doorbell drives the engine, the engine the feed. */
function startLive(options: LiveParts): {
  engine: Engine;
  feed: Feed;
  heardAt: () => number | null;
  stop: () => Promise<void>;
} {
  const engine = createEngine(options);
  const feed = createFeed(options);
  engine.onCommitted((seq) => feed.committed(seq));
  engine.start();
  let heardAt: number | null = null;
  const stopListening = listenAtDoorbell({
    url: options.url,
    token: options.token,
    log: options.log,
    onOpen: () => engine.doorbellOpened(),
    onMessage(message) {
      heardAt = options.timers.now();
      engine.receive(message);
    }
  });
  return {
    engine,
    feed,
    heardAt: () => heardAt,
    async stop() {
      await stopListening();
      engine.stop();
      feed.stop();
    }
  };
}
