/** `vite dev`: the same services and the same push as in production, on vite's own http server. */
import { Server } from 'node:http';
import type { Plugin, ViteDevServer } from 'vite';
import * as z from 'zod';
import type * as composition from './compose-dashboard.ts';
import type * as environment from '../lib/server/env.server.ts';
import type * as logging from './log.ts';

const Settings = z.object({
  readDashboardEnv: z.custom<typeof environment.readDashboardEnv>((value) => typeof value === 'function')
});
const Composition = z.object({
  composeDashboard: z.custom<typeof composition.composeDashboard>((value) => typeof value === 'function')
});
const Log = z.object({ createLog: z.custom<typeof logging.createLog>((value) => typeof value === 'function') });

async function open(vite: ViteDevServer, http: Server): Promise<void> {
  // by vite, so that these modules and the routes' are one graph
  const { readDashboardEnv } = Settings.parse(await vite.ssrLoadModule('/src/lib/server/env.server.ts'));
  const { composeDashboard } = Composition.parse(await vite.ssrLoadModule('/src/entry/compose-dashboard.ts'));
  const { createLog } = Log.parse(await vite.ssrLoadModule('/src/entry/log.ts'));
  const env = readDashboardEnv();
  const dashboard = await composeDashboard({ env, log: createLog('dashboard', env), buildId: 'dev' });
  Reflect.set(globalThis, Symbol.for('pulso.services'), dashboard.services);
  dashboard.attach(http, true);
  http.once('close', () => void dashboard.stop());
}

export const dashboardPlugin = (): Plugin => ({
  name: 'pulso-dashboard',
  apply: 'serve',
  configureServer(vite) {
    const http = vite.httpServer;
    if (!(http instanceof Server)) return;
    http.once('listening', () => {
      open(vite, http).catch((error: unknown) => {
        vite.config.logger.error(
          `the dashboard cannot start: ${error instanceof Error ? error.message : String(error)}`
        );
      });
    });
  }
});
