import { error } from '@sveltejs/kit';
import { shownMoment } from '#lib/server/as-of.server.ts';
import type { LayoutServerLoad } from './$types';

export const load: LayoutServerLoad = ({ locals, url }) => {
  const user = locals.caller?.user;
  // `handle` lets nobody in without a session; this narrows the type
  if (user === undefined || user === null) error(401, { code: 'unauthorized', message: 'unauthorized' });
  const { name, timezone, currency, demo } = locals.services.business;
  return {
    user: { name: user.name, email: user.email, role: user.role },
    business: { name, timezone, currency, demo },
    server_now: locals.services.clock(),
    past: shownMoment(url, locals.services.clock())
  };
};
