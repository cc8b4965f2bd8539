import { error } from '@sveltejs/kit';
import type { KpiId } from '#lib/contracts/kpi.ts';
import { may } from '#lib/contracts/roles.ts';
import { shownMoment } from '#lib/server/as-of.server.ts';
import { listed } from '#lib/server/listed.server.ts';
import { parseQuery } from './query.ts';
import { filterOf } from './filter.server.ts';
import type { PageServerLoad } from './$types';

const IDS: readonly KpiId[] = [
  'receivables-open',
  'receivables-overdue',
  'delinquency-rate',
  'collected-today',
  'recovered-today',
  'ageing'
];

export const load: PageServerLoad = async ({ locals, url, depends, parent }) => {
  depends('pulso:lists');
  const { user } = await parent();
  const { figures, clock } = locals.services;
  const asOf = shownMoment(url, clock()) ?? undefined;
  const query = parseQuery(url);
  const mayReadPeople = may(user.role, 'people:read');
  const [answer, list, customer] = await Promise.all([
    figures.tiles(IDS, asOf),
    mayReadPeople ? figures.receivables({ ...filterOf(query, asOf), limit: query.rows }) : undefined,
    mayReadPeople && query.open !== '' ? figures.customer(query.open, asOf) : undefined
  ]);
  if (list?.ok === false && list.failure.kind === 'invalid_cursor')
    error(400, { code: 'invalid_cursor', message: 'cursor' });
  return {
    ids: IDS,
    query,
    answer: listed(answer),
    /** undefined: not for this role; null: could not be read */
    list: list && listed(list),
    /** undefined: no drawer; without a view it is missing, or could not be read */
    customer: customer && { view: listed(customer), missing: !customer.ok && customer.failure.kind === 'not_found' }
  };
};
