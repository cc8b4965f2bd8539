import { error, fail, redirect } from '@sveltejs/kit';
import * as z from 'zod';
import * as m from '#lib/paraglide/messages.js';
import { setSessionCookie } from '#lib/server/auth/session-cookie.server.ts';
import type { Actions, PageServerLoad } from './$types';

const FirstAdmin = z.object({
  email: z.string().trim().min(1).max(254),
  name: z.string().trim().max(80).default(''),
  password: z.string()
});
const gone = () => error(404, { code: 'setup_link', message: m.auth_setup_gone() });

export const load: PageServerLoad = ({ locals, url }) => {
  if (!locals.services.auth.isSetupToken(url.searchParams.get('token') ?? '')) gone();
};

export const actions: Actions = {
  default: async ({ request, cookies, locals, url, getClientAddress }) => {
    const fields = FirstAdmin.safeParse(Object.fromEntries(await request.formData()));
    if (!fields.success) return fail(400, { code: 'invalid', email: '', name: '' } as const);
    const { email, name, password } = fields.data;
    const { auth } = locals.services;
    const made = await auth.completeSetup(url.searchParams.get('token') ?? '', fields.data);
    if (!made.ok) {
      if (made.failure.kind === 'wrong_token') return gone();
      return fail(400, {
        code: made.failure.kind === 'weak_password' ? 'weak_password' : 'invalid',
        email,
        name
      } as const);
    }
    const entered = await auth.login(email, password, getClientAddress());
    if (!entered.ok) redirect(303, '/login');
    setSessionCookie(cookies, entered.value.session_token, entered.value.expires_at, url);
    redirect(303, '/');
  }
};
