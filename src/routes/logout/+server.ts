import { redirect } from '@sveltejs/kit';
import { clearSessionCookie, SESSION_COOKIE } from '#lib/server/auth/session-cookie.server.ts';
import type { RequestHandler } from './$types';

/** Ends this session; without one it only leads to the log-in. */
export const POST: RequestHandler = async ({ cookies, locals, url }) => {
  const token = cookies.get(SESSION_COOKIE);
  if (token !== undefined) {
    await locals.services.auth.logout(token);
    clearSessionCookie(cookies, url);
  }
  return redirect(303, '/login');
};
