import { fail } from '@sveltejs/kit';
import * as z from 'zod';
import { USER_ROLES } from '#lib/contracts/roles.ts';
import type { UserFailure } from '#lib/server/services.server.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = ({ locals }) => {
  const { auth, clock } = locals.services;
  return {
    users: auth.users(),
    self: locals.caller?.user?.user_id ?? '',
    now: clock()
  };
};

const NewUser = z.object({
  email: z.string().trim().min(1).max(254),
  name: z.string().trim().max(80),
  role: z.enum(USER_ROLES)
});
const OneUser = z.object({ user: z.string().min(1).max(64) });
const RoleOfUser = OneUser.extend({ role: z.enum(USER_ROLES) });

/** What every action answers: what went wrong, or a password to show this once. */
interface Outcome {
  readonly code: UserFailure['kind'] | null;
  readonly once: { readonly made: 'added' | 'reset'; readonly email: string; readonly password: string } | null;
}
const done: Outcome = { code: null, once: null };
const refused = (code: UserFailure['kind']) =>
  fail(code === 'not_found' ? 404 : 400, { code, once: null } satisfies Outcome);

export const actions: Actions = {
  add: async ({ request, locals }) => {
    const input = NewUser.safeParse(Object.fromEntries(await request.formData()));
    if (!input.success) return refused('invalid');
    const added = await locals.services.auth.addUser(input.data);
    if (!added.ok) return refused(added.failure.kind);
    const { user, password } = added.value;
    return { code: null, once: { made: 'added', email: user.email, password: password ?? '' } } satisfies Outcome;
  },
  reset: async ({ request, locals }) => {
    const input = OneUser.safeParse(Object.fromEntries(await request.formData()));
    if (!input.success) return refused('invalid');
    const { auth } = locals.services;
    const email = auth.users().find((user) => user.user_id === input.data.user)?.email ?? '';
    const reset = await auth.resetPassword(input.data.user);
    if (!reset.ok) return refused(reset.failure.kind);
    return { code: null, once: { made: 'reset', email, password: reset.value.password } } satisfies Outcome;
  },
  role: async ({ request, locals }) => {
    const input = RoleOfUser.safeParse(Object.fromEntries(await request.formData()));
    if (!input.success) return refused('invalid');
    const set = locals.services.auth.setRole(input.data.user, input.data.role);
    return set.ok ? done : refused(set.failure.kind);
  },
  disable: async ({ request, locals }) => {
    const input = OneUser.safeParse(Object.fromEntries(await request.formData()));
    if (!input.success) return refused('invalid');
    const disabled = locals.services.auth.disableUser(input.data.user);
    return disabled.ok ? done : refused(disabled.failure.kind);
  },
  enable: async ({ request, locals }) => {
    const input = OneUser.safeParse(Object.fromEntries(await request.formData()));
    if (!input.success) return refused('invalid');
    const enabled = locals.services.auth.enableUser(input.data.user);
    return enabled.ok ? done : refused(enabled.failure.kind);
  }
};
