/** Who is asking, from the session cookie or, in the API, a read token. */
import type { Auth, Caller } from '#lib/server/services.server.ts';

const BEARER = /^Bearer +(\S+)$/i;

export interface Asking {
  readonly caller: Caller | null;
  /** the session was extended to then, epoch ms: its cookie must be set again */
  readonly fresh_until: number | null;
}

/**
 * @param authorization header of a request to `/api`; null elsewhere: read tokens open no pages. When given it decides
 * alone: a wrong token is nobody, whatever the cookie.
 */
export async function identify(auth: Auth, cookie: string | undefined, authorization: string | null): Promise<Asking> {
  if (authorization !== null) {
    const token = await auth.readToken(BEARER.exec(authorization)?.[1] ?? '');
    const caller = token === null ? null : ({ kind: 'token', role: token.role, user: null, session_id: null } as const);
    return { caller, fresh_until: null };
  }
  const session = cookie === undefined ? null : await auth.session(cookie);
  if (session === null) return { caller: null, fresh_until: null };
  const { user, session_id, fresh_until } = session;
  return { caller: { kind: 'user', role: user.role, user, session_id }, fresh_until };
}
