/** The ingest service's HTTP server: a table of routes and the bounds of a connection. */
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { sendProblem } from './answer.ts';
import type { Context, Route } from './context.ts';
import { createEventsRoute } from './events-route.ts';
import { Farewells } from './farewell.ts';
import { live, metrics, ready } from './health-routes.ts';
import { createOpenApiRoute } from './openapi.ts';
import {
  changeSource,
  createSource,
  endEarlierSecrets,
  listDeliveries,
  listSources,
  rotateSecret
} from './source-routes.ts';
import { readTarget } from './target.ts';
import { createWebhooksRoute, WEBHOOKS_PATH } from './webhooks-route.ts';
import {
  countOpenQuarantine,
  listQuarantine,
  listQuarantineInternally,
  quarantineReasons,
  replayQuarantine,
  replayQuarantineInternally,
  testQuarantine
} from './quarantine-routes.ts';
import {
  createKey,
  guarded,
  listenToDoorbell,
  listKeys,
  rebuild,
  revokeKey,
  rotateKey,
  tellFlow
} from './internal-routes.ts';

const HEADERS_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 65_000;

interface Entry {
  readonly method: string;
  readonly path: RegExp;
  readonly route: Route;
}

const createRoutes = (): readonly Entry[] => [
  { method: 'POST', path: /^\/v1\/events$/, route: createEventsRoute() },
  { method: 'POST', path: WEBHOOKS_PATH, route: createWebhooksRoute() },
  { method: 'GET', path: /^\/v1\/quarantine$/, route: listQuarantine },
  { method: 'POST', path: /^\/v1\/quarantine\/replay$/, route: replayQuarantine },
  { method: 'GET', path: /^\/openapi\.json$/, route: createOpenApiRoute() },
  { method: 'GET', path: /^\/healthz$/, route: live },
  { method: 'GET', path: /^\/readyz$/, route: ready },
  { method: 'GET', path: /^\/metrics$/, route: metrics },
  { method: 'GET', path: /^\/internal\/doorbell$/, route: guarded(listenToDoorbell) },
  { method: 'GET', path: /^\/internal\/flow$/, route: guarded(tellFlow) },
  { method: 'GET', path: /^\/internal\/keys$/, route: guarded(listKeys) },
  { method: 'POST', path: /^\/internal\/keys$/, route: guarded(createKey) },
  { method: 'POST', path: /^\/internal\/keys\/[^/]+\/revoke$/, route: guarded(revokeKey) },
  { method: 'GET', path: /^\/internal\/sources$/, route: guarded(listSources) },
  { method: 'POST', path: /^\/internal\/sources$/, route: guarded(createSource) },
  { method: 'POST', path: /^\/internal\/sources\/[^/]+$/, route: guarded(changeSource) },
  { method: 'POST', path: /^\/internal\/sources\/[^/]+\/secret$/, route: guarded(rotateSecret) },
  { method: 'POST', path: /^\/internal\/sources\/[^/]+\/secret\/end-earlier$/, route: guarded(endEarlierSecrets) },
  { method: 'GET', path: /^\/internal\/sources\/[^/]+\/deliveries$/, route: guarded(listDeliveries) },
  { method: 'POST', path: /^\/internal\/keys\/[^/]+\/rotate$/, route: guarded(rotateKey) },
  { method: 'GET', path: /^\/internal\/quarantine$/, route: guarded(listQuarantineInternally) },
  { method: 'GET', path: /^\/internal\/quarantine\/reasons$/, route: guarded(quarantineReasons) },
  { method: 'GET', path: /^\/internal\/quarantine\/open$/, route: guarded(countOpenQuarantine) },
  { method: 'POST', path: /^\/internal\/quarantine\/replay$/, route: guarded(replayQuarantineInternally) },
  { method: 'POST', path: /^\/internal\/quarantine\/test$/, route: guarded(testQuarantine) },
  { method: 'POST', path: /^\/internal\/rebuild$/, route: guarded(rebuild) }
];

export interface IngestServer {
  readonly port: number;
  /** Takes no new request, waits for those under way until the deadline, then ends their connections. */
  close(withinMs: number): Promise<void>;
}

/** Node undoes `chunked` and hands on what stands before it as if it were nothing: a body in gzip would be read as it is. */
const isPlain = (coding: string | undefined): boolean =>
  coding === undefined || coding.trim().toLowerCase() === 'chunked';

function dispatch(server: Server, context: Context): void {
  const routes = createRoutes();
  const farewells = new Farewells();
  server.on('request', (request, response) => {
    farewells.watch(request, response);
    if (!isPlain(request.headers['transfer-encoding']))
      return sendProblem(
        response,
        501,
        'Transfer-Encoding must be chunked; compress with Content-Encoding: gzip or zstd'
      );
    const url = readTarget(request.url ?? '');
    if (url === 'malformed') return sendProblem(response, 400, 'the request target is no URL');
    const found = url ? routes.filter(({ path }) => path.test(url.pathname)) : [];
    const asked = request.method === 'HEAD' ? 'GET' : request.method;
    const entry = found.find(({ method }) => method === asked);
    if (!url || found.length === 0) return sendProblem(response, 404, 'nothing here; events go to POST /v1/events');
    if (!entry)
      return sendProblem(response, 405, 'wrong method', {
        allow: [...new Set(found.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : method)))].join(', ')
      });
    // also what it throws at once: it must not end the process
    const answered = async (): Promise<void> => entry.route({ request, response, url, context });
    answered().catch((error: unknown) => {
      // the path's pattern and never the path: some platforms have their secret there
      context.log.error({ err: error, route: entry.path.source }, 'a request failed by a fault of ours');
      if (response.headersSent) response.destroy();
      else
        sendProblem(response, 500, 'a fault of ours; nothing of this request is acknowledged', { connection: 'close' });
    });
  });
}

/** @returns when it listens. @throws when the port is taken */
export async function startServer(
  context: Context,
  at: { readonly host: string; readonly port: number }
): Promise<IngestServer> {
  const server = createServer({
    headersTimeout: HEADERS_TIMEOUT_MS,
    // bodies have a pace of their own, see body.ts
    requestTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: 1_000,
    noDelay: true
  });
  // a client may end its half behind a whole request and still wait for the answer; Node's types do not know it
  Object.assign(server, { httpAllowHalfOpen: true });
  dispatch(server, context);
  server.listen(at.port, at.host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    port: address.port,
    async close(withinMs) {
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), withinMs);
      await closed;
      clearTimeout(timer);
    }
  };
}
