import { error } from '@sveltejs/kit';
import { isTheme } from '#lib/i18n/locales.ts';
import { listed } from '#lib/server/listed.server.ts';
import { boardsFor, figuresOf } from './boards.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, url }) => {
  const { caller, services } = locals;
  // `handle` lets nobody in without a session; this narrows the type
  if (caller === null) error(401, { code: 'unauthorized', message: 'unauthorized' });
  const theme = url.searchParams.get('theme');
  const boards = boardsFor(caller.role, url.searchParams.get('board'));
  const ids = [...new Set(boards.flatMap(figuresOf))];
  const { timezone, currency, demo, name } = services.business;
  return {
    role: caller.role,
    only: url.searchParams.get('board'),
    wallTheme: isTheme(theme) ? theme : ('dark' as const),
    ids,
    answer: listed(await services.figures.tiles(ids)),
    business: { timezone, currency, demo, name },
    server_now: services.clock()
  };
};
