/** The session's cookie, set and taken away in one way. */
import type { Cookies } from '@sveltejs/kit';

export const SESSION_COOKIE = 'pulso_session';

/** `expiresAt` epoch ms; `url` the request's: under https the cookie never travels in clear */
export function setSessionCookie(cookies: Cookies, token: string, expiresAt: number, url: URL): void {
  cookies.set(SESSION_COOKIE, token, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: url.protocol === 'https:',
    expires: new Date(expiresAt)
  });
}

export function clearSessionCookie(cookies: Cookies, url: URL): void {
  cookies.delete(SESSION_COOKIE, { path: '/', httpOnly: true, sameSite: 'lax', secure: url.protocol === 'https:' });
}
