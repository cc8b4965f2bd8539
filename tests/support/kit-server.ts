/**
 * The dashboard's routes behind a real http server, without ClickHouse and ingest: Kit under vite, compiled as in
 * development. For tests of what routes let in, not of figures: those answer `unavailable`, as when ClickHouse is away.
 */
import { existsSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sveltekit } from '@sveltejs/kit/vite';
import { compile } from '@inlang/paraglide-js';
import { createServer as createViteServer } from 'vite';
import { fail } from '#lib/contracts/result.ts';
import { paraglideOptions } from '#lib/i18n/options.ts';
import {
  SERVICES_KEY,
  type Auth,
  type Figures,
  type IngestAdmin,
  type Services,
  type SourcesAdmin
} from '#lib/server/services.server.ts';

const unavailable = () => Promise.resolve(fail({ kind: 'unavailable', retryable: true } as const));
const FIGURES_AWAY: Figures = {
  tiles: unavailable,
  cashByHour: unavailable,
  dayEvents: unavailable,
  accounts: unavailable,
  ledger: unavailable,
  receivables: unavailable,
  stock: unavailable,
  customer: unavailable,
  whatIf: unavailable,
  recentEvents: () => []
};

const unreachable = () => Promise.resolve(fail({ kind: 'unreachable', retryable: true } as const));
const SOURCES_AWAY: SourcesAdmin = {
  ingestUrl: 'http://127.0.0.1:4000',
  list: unreachable,
  deliveries: unreachable,
  add: unreachable,
  change: unreachable,
  rotate: unreachable,
  endEarlier: unreachable
};
/** As when the ingest service does not answer. */
export const INGEST_AWAY: IngestAdmin = {
  keys: unreachable,
  addKey: unreachable,
  revokeKey: unreachable,
  rotateKey: unreachable,
  quarantine: unreachable,
  quarantineReasons: unreachable,
  quarantineOpen: unreachable,
  flow: unreachable,
  replay: unreachable,
  testReplay: unreachable
};

export interface KitServer {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  close(): Promise<void>;
}

/**
 * @param ingest whose keys and quarantine the settings show
 * @param figures left out: as when ClickHouse is away
 * @param sources left out: as when the ingest service is away
 */
export async function startKit(
  auth: Auth,
  ingest: IngestAdmin,
  figures: Figures = FIGURES_AWAY,
  sources: SourcesAdmin = SOURCES_AWAY
): Promise<KitServer> {
  const services: Services = {
    figures,
    auth,
    ingest,
    sources,
    ingestHeardAt: () => null,
    business: {
      timezone: 'America/Sao_Paulo',
      currency: 'BRL',
      calendar: 'BR',
      default_locale: 'pt-BR',
      demo: false,
      name: 'Ipê Atacadista'
    },
    build_id: 'test',
    clock: Date.now,
    ready: () => Promise.resolve(false),
    metrics: () => Promise.resolve('')
  };
  Reflect.set(globalThis, SERVICES_KEY, services);
  // it empties its folder first: where another process reads it, that must not happen again
  if (!existsSync(paraglideOptions.outdir))
    await compile({ ...paraglideOptions, strategy: [...paraglideOptions.strategy] });
  const http = createHttpServer();
  const vite = await createViteServer({
    configFile: false,
    plugins: [sveltekit()],
    logLevel: 'error',
    appType: 'custom',
    server: { middlewareMode: true, hmr: false, ws: false, watch: null }
  });
  http.on('request', (request, response) => {
    vite.middlewares(request, response);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    origin: originOf(http.address()),
    close: async () => {
      await vite.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      Reflect.deleteProperty(globalThis, SERVICES_KEY);
    }
  };
}

function originOf(address: string | AddressInfo | null): string {
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return `http://127.0.0.1:${address.port}`;
}
