import { fail, redirect } from '@sveltejs/kit';
import * as z from 'zod';
import { localPath } from '#lib/server/auth/next-path.server.ts';
import { setSessionCookie } from '#lib/server/auth/session-cookie.server.ts';
import type { Actions, PageServerLoad } from './$types';

const Login = z.object({ email: z.string().trim().min(1).max(320), password: z.string().min(1) });

export const load: PageServerLoad = ({ locals, url }) => {
  if (locals.caller !== null) redirect(303, localPath(url.searchParams.get('next')));
};

export const actions: Actions = {
  /** 303 with the session's cookie; 401 wrong or disabled; 429 throttled, with Retry-After */
  default: async ({ request, cookies, locals, url, getClientAddress, setHeaders }) => {
    const fields = Object.fromEntries(await request.formData());
    const typed = typeof fields.email === 'string' ? fields.email.slice(0, 320) : '';
    const input = Login.safeParse(fields);
    if (!input.success) return fail(400, { code: 'incomplete', email: typed, retry_after_s: 0 } as const);
    const { email, password } = input.data;
    const answer = await locals.services.auth.login(email, password, getClientAddress());
    if (!answer.ok) {
      const { kind, retry_after_s = 0 } = answer.failure;
      if (kind !== 'throttled') return fail(401, { code: kind, email: typed, retry_after_s: 0 });
      setHeaders({ 'retry-after': String(retry_after_s) });
      return fail(429, { code: kind, email: typed, retry_after_s });
    }
    const { session_token, user, expires_at } = answer.value;
    setSessionCookie(cookies, session_token, expires_at, url);
    redirect(303, user.must_change_password ? '/password' : localPath(url.searchParams.get('next')));
  }
};
