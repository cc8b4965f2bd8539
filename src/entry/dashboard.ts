/** Production root of the dashboard: http server + Kit's handler + push, and a clean end. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import type { Logger } from 'pino';
import * as z from 'zod';
import { setupAddress } from '#lib/server/auth/setup.server.ts';
import { prepareKitEnv, readDashboardEnv, type DashboardEnv } from '#lib/server/env.server.ts';
import { SERVICES_KEY } from '#lib/server/services.server.ts';
import { watchParent } from '#sql/embedded/watch-parent.server.ts';
import { composeDashboard } from './compose-dashboard.ts';
import { createLog } from './log.ts';
import { ORIGIN_HEADERS, ownOrigins, stampOrigin } from './origins.ts';

const BUILD = join(import.meta.dirname, '..', '..', 'build');
/** Requests that still run may end; the supervisor gives 7 s, the operator was promised 10. */
const DRAIN_MS = 5_000;

const Version = z.object({ version: z.string() });
const Kit = z.object({
  handler: z.custom<(...exchange: Parameters<NonNullable<Parameters<typeof createServer>[1]>>) => void>(
    (value) => typeof value === 'function'
  )
});

/** Which build browsers must have: a page of another one reloads. */
const buildId = (): string =>
  Version.parse(JSON.parse(readFileSync(join(BUILD, 'client/_app/version.json'), 'utf8'))).version;

async function listen(server: Server, env: DashboardEnv): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(env.PORT, env.HOST, () => resolve());
  });
  const address = server.address();
  return address === null || typeof address === 'string' ? env.PORT : address.port;
}

async function closed(server: Server): Promise<void> {
  const done = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await done;
  clearTimeout(timer);
}

async function serve(env: DashboardEnv, log: Logger): Promise<() => Promise<void>> {
  const dashboard = await composeDashboard({ env, log, buildId: buildId() });
  Reflect.set(globalThis, SERVICES_KEY, dashboard.services);
  prepareKitEnv(ORIGIN_HEADERS);
  const { handler } = Kit.parse(await import(join(BUILD, 'handler.js')));
  const server = createServer();
  const port = await listen(server, env);
  const origins = ownOrigins(env.ORIGIN, port);
  server.on('request', (request, response) => {
    stampOrigin(request, origins);
    handler(request, response);
  });
  dashboard.attach(server);
  log.info({ host: env.HOST, port }, `the dashboard listens at ${origins[0].origin}`);
  const setup = setupAddress(dashboard.services.auth, origins[0].origin);
  if (setup !== null) log.warn(`there is no user yet: make the first admin at ${setup} (works once)`);
  return async () => {
    const drained = closed(server);
    await dashboard.stop();
    await drained;
  };
}

async function main(): Promise<void> {
  const env = readDashboardEnv();
  const log = createLog('dashboard', env);
  const stop = await serve(env, log).catch((error: unknown) => {
    log.fatal({ err: error }, 'the dashboard cannot start');
    process.exit(1);
  });
  let isEnding = false;
  const end = (why: string): void => {
    if (isEnding) return;
    isEnding = true;
    log.info({ why }, 'stopping');
    void stop().then(() => process.exit(0));
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => end(signal));
  watchParent(() => end('the parent is gone'));
}

await main();
