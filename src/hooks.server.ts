/**
 * Every request passes here: services and caller into locals, the access table, then the route. Device cookies of walls
 * are not known yet.
 */
import { error, redirect, type Handle, type HandleServerError, type RequestEvent } from '@sveltejs/kit';
import { isLocale, isTheme, LOCALE_COOKIE, THEME_COOKIE } from '#lib/i18n/locales.ts';
import { withLocale } from '#lib/i18n/locale.server.ts';
import * as m from '#lib/paraglide/messages.js';
import { judge } from '#lib/server/auth/access.server.ts';
import { identify } from '#lib/server/auth/caller.server.ts';
import { loginPath } from '#lib/server/auth/next-path.server.ts';
import { problem } from '#lib/server/auth/problem.server.ts';
import { isForeignWrite } from '#lib/server/auth/same-site.server.ts';
import { SESSION_COOKIE, setSessionCookie } from '#lib/server/auth/session-cookie.server.ts';
import { SERVICES_KEY, type Services } from '#lib/server/services.server.ts';

const isServices = (value: unknown): value is Services =>
  typeof value === 'object' && value !== null && 'auth' in value && 'business' in value;

function services(): Services {
  const found: unknown = Reflect.get(globalThis, SERVICES_KEY);
  if (!isServices(found)) throw new Error('no services: start by src/entry, or by vite with the development plugin');
  return found;
}

/** sent by `use:enhance` */
const isEnhanced = (request: Request): boolean => request.headers.get('x-sveltekit-action') === 'true';
const isApi = (event: RequestEvent): boolean => event.url.pathname.startsWith('/api/');

async function fillLocals(event: RequestEvent): Promise<void> {
  const { locals, cookies, request, url } = event;
  locals.services = services();
  const locale = cookies.get(LOCALE_COOKIE);
  const theme = cookies.get(THEME_COOKIE);
  locals.locale = isLocale(locale) ? locale : locals.services.business.default_locale;
  locals.theme = isTheme(theme) ? theme : 'light';
  const cookie = cookies.get(SESSION_COOKIE);
  const authorization = isApi(event) ? request.headers.get('authorization') : null;
  const { caller, fresh_until } = await identify(locals.services.auth, cookie, authorization);
  locals.caller = caller;
  if (cookie !== undefined && fresh_until !== null) setSessionCookie(cookies, cookie, fresh_until, url);
}

/** @returns the refusal, or undefined: go on */
async function gate(event: RequestEvent): Promise<Response | undefined> {
  const { request, url, route, locals } = event;
  const api = isApi(event);
  if (isForeignWrite(request, url)) return problem(403, 'cross_site', 'Cross-site write refused');
  // no such route: Kit answers 404
  if (route.id === null) return api ? problem(404, 'not_found', 'No such resource') : undefined;
  switch (judge(route.id, request.method, locals.caller)) {
    case 'allowed':
      return undefined;
    case 'uncovered':
      return problem(405, 'method_not_allowed', 'Not allowed here');
    case 'sign_in':
      if (api) return problem(401, 'unauthenticated', 'Sign in or send a read token', { 'www-authenticate': 'Bearer' });
      return leadTo(event, loginPath(url));
    case 'change_password':
      if (api) return problem(403, 'password_change_required', 'The password must be changed first');
      return leadTo(event, '/password');
    case 'forbidden':
      if (api) return problem(403, 'forbidden', 'Not within this role');
      return forbiddenPage(event);
  }
}

/** Kit's scripts want redirects in JSON, which it makes of a thrown one; all others get the headers of every answer. */
function leadTo(event: RequestEvent, location: string): Response {
  if (event.isDataRequest || isEnhanced(event.request)) redirect(303, location);
  return new Response(null, { status: 303, headers: { location } });
}

/** A page that says so within the shell; Kit's own answer to an error thrown here would be a bare one. */
async function forbiddenPage(event: RequestEvent): Promise<Response> {
  if (event.isDataRequest || event.request.method !== 'GET') {
    return error(403, { code: 'forbidden', message: m.auth_forbidden_title() });
  }
  const page = await event.fetch('/forbidden', { headers: { accept: 'text/html' } });
  return new Response(page.body, { status: 403, headers: page.headers });
}

/** Programs (curl) are answered like a browser without script: Kit would answer their forms with 200 and JSON. */
function preferHtml(event: RequestEvent): void {
  const { request } = event;
  if (request.method === 'POST' && !isEnhanced(request) && !isApi(event)) request.headers.set('accept', 'text/html');
}

function harden(response: Response, event: RequestEvent): Response {
  const { headers } = response;
  headers.set('x-content-type-options', 'nosniff');
  headers.set('referrer-policy', 'same-origin');
  headers.set('permissions-policy', 'camera=(), geolocation=(), microphone=()');
  // pages bring their own policy with nonces (svelte.config.js); this is for all other answers
  if (!headers.has('content-security-policy')) {
    headers.set('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'");
  }
  if (event.locals.caller !== null && !headers.has('cache-control')) headers.set('cache-control', 'private, no-store');
  return response;
}

export const handle: Handle = async ({ event, resolve }) => {
  await fillLocals(event);
  const { locale, theme } = event.locals;
  return withLocale(locale, async () => {
    const refusal = await gate(event);
    if (refusal !== undefined) return harden(refusal, event);
    preferHtml(event);
    const response = await resolve(event, {
      transformPageChunk: ({ html }) => html.replace('%lang%', locale).replace('%theme%', theme)
    });
    return harden(response, event);
  });
};

export const handleError: HandleServerError = ({ error: cause, event, status }) => {
  if (status === 404) return { code: 'not_found', message: m.auth_not_found() };
  const id = crypto.randomUUID();
  // the operator finds the cause by the id; the page shows nothing of it
  const stack = cause instanceof Error ? cause.stack : String(cause);
  console.error(
    JSON.stringify({ level: 50, time: Date.now(), msg: 'request failed', id, route: event.route.id, stack })
  );
  return { code: 'internal', message: m.auth_internal_error({ id }) };
};
