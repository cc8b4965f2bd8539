import { fail, redirect } from '@sveltejs/kit';
import * as z from 'zod';
import type { Actions, PageServerLoad } from './$types';

const Change = z.object({ current: z.string(), password: z.string() });

/** the access table lets only people in; a type guard, not a second check */
const person = (locals: App.Locals) => locals.caller?.user ?? redirect(303, '/login');

export const load: PageServerLoad = ({ locals }) => {
  const { email, must_change_password } = person(locals);
  return { email, must: must_change_password };
};

export const actions: Actions = {
  default: async ({ request, locals }) => {
    const user = person(locals);
    const fields = Change.safeParse(Object.fromEntries(await request.formData()));
    if (!fields.success) return fail(400, { code: 'weak_password' } as const);
    const { current, password } = fields.data;
    const keep = locals.caller?.session_id ?? undefined;
    const changed = await locals.services.auth.changePassword(user.user_id, current, password, keep);
    if (changed.ok) redirect(303, '/');
    switch (changed.failure.kind) {
      case 'wrong_password':
        return fail(401, { code: 'wrong_password' } as const);
      case 'throttled':
        return fail(429, { code: 'throttled' } as const);
      case 'not_found':
        return redirect(303, '/login');
      default:
        return fail(400, { code: 'weak_password' } as const);
    }
  }
};
