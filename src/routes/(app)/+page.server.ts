import { may } from '#lib/contracts/roles.ts';
import { shownMoment } from '#lib/server/as-of.server.ts';
import { listed } from '#lib/server/listed.server.ts';
import { overviewRows } from './figures.ts';
import type { PageServerLoad } from './$types';

const AT_RISK = 30;

export const load: PageServerLoad = async ({ locals, url, depends, parent }) => {
  depends('pulso:lists');
  const { user } = await parent();
  const { figures, clock } = locals.services;
  const asOf = shownMoment(url, clock()) ?? undefined;
  const rows = overviewRows(user.role);
  const ids = [...new Set([...rows.first, ...rows.second, ...rows.beside])];
  const [answer, atRisk] = await Promise.all([
    figures.tiles(ids, asOf),
    may(user.role, 'figures:stock')
      ? figures.stock({ as_of: asOf, only: 'risk', sort: 'days_of_cover', limit: AT_RISK })
      : undefined
  ]);
  return {
    rows,
    ids,
    answer: listed(answer),
    /** undefined: not for this role; null: could not be read */
    atRisk: atRisk && listed(atRisk),
    feed: may(user.role, 'people:read') && asOf === undefined ? figures.recentEvents(user.role) : undefined
  };
};
