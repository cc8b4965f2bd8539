import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KPI_IDS } from '#lib/contracts/kpi.ts';
import { ROLES, USER_ROLES, type Role, type UserRole } from '#lib/contracts/roles.ts';
import {
  judge,
  mayReadFigure,
  mayUseSocketEvent,
  routePattern,
  ruleFor,
  SOCKET_RULES,
  type SocketEvent
} from '#lib/server/auth/access.server.ts';
import { createAuth, type AuthStore } from '#lib/server/auth/auth.server.ts';
import type { Caller } from '#lib/server/services.server.ts';
import { INGEST_AWAY, startKit, type KitServer } from '../support/kit-server.ts';

/*
 * The matrix of design.md section 5, written out a second time and by hand: which roles each route, figure and socket
 * event is for. It is not made from the rules it checks.
 */
const EVERYBODY = [...USER_ROLES, null] as const;
const SIGNED_IN = USER_ROLES;
const FIGURES = ['admin', 'manager', 'viewer'] as const;
const PEOPLE = ['admin', 'manager', 'collector'] as const;
const ADMINS = ['admin'] as const;

const ROUTES: Readonly<Record<string, readonly (UserRole | null)[]>> = {
  'GET /healthz': EVERYBODY,
  'GET /readyz': EVERYBODY,
  'GET /metrics': EVERYBODY,
  'GET /login': EVERYBODY,
  'POST /login': EVERYBODY,
  'POST /logout': EVERYBODY,
  'GET /setup': EVERYBODY,
  'POST /setup': EVERYBODY,
  'GET /password': SIGNED_IN,
  'POST /password': SIGNED_IN,
  'GET /forbidden': SIGNED_IN,
  'GET /': SIGNED_IN,
  'GET /wall': SIGNED_IN,
  'GET /cash': FIGURES,
  'GET /stock': FIGURES,
  'GET /delinquency': SIGNED_IN,
  'GET /delinquency/export.csv': PEOPLE,
  'GET /stock/export.csv': FIGURES,
  'GET /customers/[]': PEOPLE,
  'GET /settings': ADMINS,
  'GET /settings/users': ADMINS,
  'POST /settings/users': ADMINS,
  'GET /settings/quarantine': ADMINS,
  'POST /settings/quarantine': ADMINS,
  'GET /settings/keys': ADMINS,
  'POST /settings/keys': ADMINS,
  'GET /settings/sources': ADMINS,
  'POST /settings/sources': ADMINS,
  'GET /settings/sources/flow': ADMINS,
  'GET /api/v1/kpis': SIGNED_IN,
  'GET /api/v1/receivables': PEOPLE,
  'GET /api/v1/stock': FIGURES
};
const SOCKET_EVENTS: Readonly<Record<string, readonly Role[]>> = {
  'tile:subscribe': ROLES,
  'tile:unsubscribe': ROLES,
  'tile:update': ROLES,
  'tile:heartbeat': ROLES,
  'server:hello': ROLES,
  'feed:subscribe': PEOPLE,
  'feed:event': PEOPLE
};
const DELINQUENCY = [
  'receivables-open',
  'receivables-overdue',
  'ageing',
  'delinquency-rate',
  'collected-today',
  'recovered-today'
];

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const METHOD_EXPORT = /export\s+(?:const|(?:async\s+)?function)\s+(GET|POST|PUT|PATCH|DELETE|fallback)\b/g;

interface Served {
  readonly id: string;
  readonly method: string;
}
/** Every route id and method that the files under src/routes serve. */
async function servedRoutes(): Promise<Served[]> {
  const routes = join(ROOT, 'src/routes');
  const files = (await readdir(routes, { recursive: true })).map((file) => join(routes, file));
  const served: Served[] = [];
  for (const file of files) {
    const id = `/${relative(routes, dirname(file)).split(sep).join('/')}`;
    const name = file.slice(dirname(file).length + 1);
    if (/^\+page(@.*)?\.svelte$/.test(name)) served.push({ id, method: 'GET' });
    if (/^\+page\.server\.ts$/.test(name) && /export\s+const\s+actions\b/.test(await readFile(file, 'utf8'))) {
      served.push({ id, method: 'POST' });
    }
    if (/^\+server\.ts$/.test(name)) {
      const methods = [...(await readFile(file, 'utf8')).matchAll(METHOD_EXPORT)].map(([, method = '']) => method);
      served.push(...methods.map((method) => ({ id, method })));
    }
    if (name === '+page.server.ts' && !files.includes(join(dirname(file), '+page.svelte')))
      served.push({ id, method: 'GET' });
  }
  return served;
}
const lineOf = ({ id, method }: Served): string => `${method} ${routePattern(id)}`;
const user = (role: UserRole, mustChange = false): Caller => ({
  kind: 'user',
  role,
  session_id: 's',
  user: { user_id: 'u', email: 'a@b.c', name: 'a', role, must_change_password: mustChange }
});

describe('the access table', () => {
  it('covers every route and method that the files serve, and the matrix here names them too', async () => {
    const served = await servedRoutes();
    expect(served.length).toBeGreaterThan(10);
    expect(served.filter(({ id, method }) => ruleFor(id, method) === undefined).map(lineOf)).toEqual([]);
    expect(served.map(lineOf).filter((line) => ROUTES[line] === undefined)).toEqual([]);
  });

  it('lets in exactly the roles of the matrix, and nobody else', async () => {
    for (const route of await servedRoutes()) {
      const allowed = EVERYBODY.filter(
        (role) => judge(route.id, route.method, role === null ? null : user(role)) === 'allowed'
      );
      expect([lineOf(route), ...allowed]).toEqual([
        lineOf(route),
        ...EVERYBODY.filter((role) => ROUTES[lineOf(route)]?.includes(role))
      ]);
    }
  });

  it('denies what no rule names: a new route, a new method', () => {
    expect(judge('/(app)/new', 'GET', user('admin'))).toBe('uncovered');
    expect(judge('/(app)/cash', 'DELETE', user('admin'))).toBe('uncovered');
    expect(judge('/api/v1/kpis', 'TRACE', user('admin'))).toBe('uncovered');
  });

  it('leads a user who must change the password nowhere but there', async () => {
    for (const { id, method } of await servedRoutes()) {
      const verdict = judge(id, method, user('admin', true));
      const isFree = ruleFor(id, method) === 'public' || routePattern(id) === '/password';
      expect([id, method, verdict]).toEqual([id, method, isFree ? 'allowed' : 'change_password']);
    }
  });

  it('gives each role the figures of its row', () => {
    for (const role of ROLES) {
      const seen = KPI_IDS.filter((id) => mayReadFigure(role, id));
      expect([role, ...seen]).toEqual([
        role,
        ...KPI_IDS.filter((id) => role !== 'collector' || DELINQUENCY.includes(id))
      ]);
    }
  });

  it('covers every socket event of the contract, for exactly the roles of the matrix', async () => {
    const contract = await readFile(join(ROOT, 'src/lib/contracts/push.ts'), 'utf8');
    const events = [...contract.matchAll(/^ {2}'([a-z]+:[a-z]+)':/gm)].map(([, event = '']) => event);
    expect(events.length).toBeGreaterThan(5);
    expect(events.toSorted()).toEqual(Object.keys(SOCKET_EVENTS).toSorted());
    const isCovered = (event: string): event is SocketEvent => event in SOCKET_RULES;
    for (const event of events) {
      const allowed = isCovered(event) ? ROLES.filter((role) => mayUseSocketEvent(role, event)) : [];
      expect([event, ...allowed]).toEqual([event, ...(SOCKET_EVENTS[event] ?? [])]);
    }
  });
});

describe('over HTTP, with real sessions and read tokens', () => {
  let dataDir: string;
  let auth: AuthStore;
  let kit: KitServer;
  const cookies = new Map<UserRole, string>();
  const bearers = new Map<UserRole, string>();

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'pulso-matrix-'));
    auth = await createAuth({ dataDir, clock: Date.now, log: { info: () => undefined, warn: () => undefined } });
    for (const role of USER_ROLES) {
      const email = `${role}@ipe.exemplo`;
      await auth.addUser({ email, name: role, role, password: 'tijolo verde 42' });
      const entered = await auth.login(email, 'tijolo verde 42', '192.0.2.1');
      if (!entered.ok) throw new Error(entered.failure.kind);
      cookies.set(role, `pulso_session=${entered.value.session_token}`);
      bearers.set(role, `Bearer ${auth.addReadToken(role, role).secret}`);
    }
    kit = await startKit(auth, INGEST_AWAY);
  });
  afterAll(async () => {
    await kit.close();
    auth.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  type Met = 'in' | 'login' | 'unauthenticated' | 'forbidden';
  async function meet(line: string, headers: Record<string, string>): Promise<Met> {
    const [method = '', pattern = ''] = line.split(' ');
    const body = method === 'GET' ? null : new URLSearchParams();
    const url = `${kit.origin}${pattern.replaceAll('[]', 'x')}`;
    const response = await fetch(url, {
      method,
      body,
      headers: { accept: 'text/html', ...headers },
      redirect: 'manual'
    });
    await response.body?.cancel();
    if (response.status === 401 && pattern.startsWith('/api/')) return 'unauthenticated';
    if (response.status === 403) return 'forbidden';
    return response.headers.get('location')?.startsWith('/login') === true && pattern !== '/logout' ? 'login' : 'in';
  }
  const isMine = (line: string, role: UserRole | null): boolean => ROUTES[line]?.includes(role) === true;

  it('each route meets each role as the matrix says', async () => {
    for (const line of new Set((await servedRoutes()).map(lineOf))) {
      const isApi = line.includes(' /api/');
      const nobody = isApi ? 'unauthenticated' : 'login';
      expect([line, 'nobody', await meet(line, {})]).toEqual([line, 'nobody', isMine(line, null) ? 'in' : nobody]);
      // it would end the session that the next lines need
      if (line === 'POST /logout') continue;
      for (const role of USER_ROLES) {
        const expected = isMine(line, role) ? 'in' : 'forbidden';
        expect([line, role, await meet(line, { cookie: cookies.get(role) ?? '' })]).toEqual([line, role, expected]);
        const byToken = isApi ? expected : isMine(line, null) ? 'in' : 'login';
        const met = await meet(line, { authorization: bearers.get(role) ?? '' });
        expect([line, `token of ${role}`, met]).toEqual([line, `token of ${role}`, byToken]);
      }
    }
  }, 180_000);
});
