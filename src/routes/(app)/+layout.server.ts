import { error } from '@sveltejs/kit';
import { shownMoment } from '#lib/server/as-of.server.ts';
import { listed } from '#lib/server/listed.server.ts';
import type { LayoutServerLoad } from './$types';

export const load: LayoutServerLoad = ({ locals, url }) => {
  const user = locals.caller?.user;
  // `handle` lets nobody in without a session; this narrows the type
  if (user === undefined || user === null) error(401, { code: 'unauthorized', message: 'unauthorized' });
  const { name, timezone, currency, calendar, demo } = locals.services.business;
  const past = shownMoment(url, locals.services.clock());
  return {
    user: { name: user.name, email: user.email, role: user.role },
    business: { name, timezone, currency, calendar, demo },
    server_now: locals.services.clock(),
    past,
    /** not waited for: the page is there before its slider's bars; null: could not be read */
    dayEvents: past === null ? undefined : locals.services.figures.dayEvents(past).then(listed)
  };
};
