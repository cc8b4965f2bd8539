/**
 * Who may do what: one table over all routes and socket events (design.md section 5), asked in `handle` before any
 * route runs. What no rule names is denied. Figures are cut by group within a route: `mayReadFigure`.
 */
import { KPI_FACTS, type KpiId } from '#lib/contracts/kpi.ts';
import type { ClientToServer, ServerToClient } from '#lib/contracts/push.ts';
import { may, type Permission, type Role } from '#lib/contracts/roles.ts';
import type { Caller } from '#lib/server/services.server.ts';

/** `signed-in`: any person; in `/api`, any read token too. */
export type Rule = 'public' | 'signed-in' | Permission;
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Keys are route ids without their groups, every parameter written `[]`. */
export const ROUTE_RULES: Readonly<Record<string, Partial<Record<Method, Rule>>>> = {
  '/healthz': { GET: 'public' },
  '/readyz': { GET: 'public' },
  '/metrics': { GET: 'public' },

  '/login': { GET: 'public', POST: 'public' },
  '/logout': { POST: 'public' },
  '/setup': { GET: 'public', POST: 'public' },
  '/password': { GET: 'signed-in', POST: 'signed-in' },
  '/forbidden': { GET: 'signed-in' },

  // each role sees its own figures there
  '/': { GET: 'signed-in' },
  '/wall': { GET: 'signed-in' },
  '/cash': { GET: 'figures:cash' },
  '/delinquency': { GET: 'figures:delinquency' },
  '/delinquency/export.csv': { GET: 'people:read' },
  '/stock': { GET: 'figures:stock' },
  '/stock/export.csv': { GET: 'figures:stock' },
  '/customers/[]': { GET: 'people:read' },
  '/invoices/[]': { GET: 'people:read' },
  '/returns/[]': { GET: 'people:read' },
  '/events/[]/[]': { GET: 'people:read' },

  '/settings': { GET: 'admin' },
  '/settings/users': { GET: 'admin', POST: 'admin' },
  '/settings/quarantine': { GET: 'admin', POST: 'admin' },
  '/settings/keys': { GET: 'admin', POST: 'admin' },
  '/settings/sources': { GET: 'admin', POST: 'admin' },
  '/settings/sources/flow': { GET: 'admin' },

  '/api/v1/kpis': { GET: 'signed-in' },
  '/api/v1/kpis/[]/events': { GET: 'people:read' },
  '/api/v1/receivables': { GET: 'people:read' },
  '/api/v1/stock': { GET: 'figures:stock' }
};

/** Who may send or be sent each event of the namespace `/live`; a subscription's ids are checked one by one. */
export const SOCKET_RULES = {
  'tile:subscribe': 'signed-in',
  'tile:unsubscribe': 'signed-in',
  'feed:subscribe': 'people:read',
  'tile:update': 'signed-in',
  'tile:heartbeat': 'signed-in',
  'server:hello': 'signed-in',
  'feed:event': 'people:read'
} as const satisfies Record<keyof ClientToServer | keyof ServerToClient, Rule>;

export type SocketEvent = keyof typeof SOCKET_RULES;

const allows = (rule: Rule, role: Role | null): boolean =>
  rule === 'public' || (role !== null && (rule === 'signed-in' || may(role, rule)));

export const mayUseSocketEvent = (role: Role, event: SocketEvent): boolean => allows(SOCKET_RULES[event], role);

export const mayReadFigure = (role: Role, id: KpiId): boolean => may(role, `figures:${KPI_FACTS[id].group}`);

/** `/(app)/customers/[id=customer]` → `/customers/[]` */
export function routePattern(routeId: string): string {
  const pattern = routeId.replace(/\/\([^)]+\)/g, '').replace(/\[[^\]]+\]/g, '[]');
  return pattern === '' ? '/' : pattern;
}

const METHODS: Readonly<Record<string, Method>> = {
  GET: 'GET',
  HEAD: 'GET',
  OPTIONS: 'GET',
  POST: 'POST',
  PUT: 'PUT',
  PATCH: 'PATCH',
  DELETE: 'DELETE'
};

/** @returns the rule for a route and method, or undefined: no rule, no entry */
export function ruleFor(routeId: string, method: string): Rule | undefined {
  const known = METHODS[method];
  return known === undefined ? undefined : ROUTE_RULES[routePattern(routeId)]?.[known];
}

/**
 * `uncovered`: no rule names this route and method; `sign_in`: nobody is asking; `change_password`: a reset user must
 * choose a password before anything else.
 */
export type Verdict = 'allowed' | 'uncovered' | 'sign_in' | 'forbidden' | 'change_password';

const BEFORE_CHANGE: ReadonlySet<string> = new Set(['/password', '/logout']);

export function judge(routeId: string, method: string, caller: Caller | null): Verdict {
  const rule = ruleFor(routeId, method);
  if (rule === undefined) return 'uncovered';
  if (rule === 'public') return 'allowed';
  if (caller === null) return 'sign_in';
  if (caller.user?.must_change_password === true && !BEFORE_CHANGE.has(routePattern(routeId))) return 'change_password';
  return allows(rule, caller.role) ? 'allowed' : 'forbidden';
}
