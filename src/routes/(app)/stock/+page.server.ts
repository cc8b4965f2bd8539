import type { KpiId } from '#lib/contracts/kpi.ts';
import { shownMoment } from '#lib/server/as-of.server.ts';
import { listed } from '#lib/server/listed.server.ts';
import { filterOf } from './filter.server.ts';
import { parseQuery } from './query.ts';
import type { PageServerLoad } from './$types';

const IDS: readonly KpiId[] = ['stock-on-hand', 'stock-free', 'stock-outs', 'returns-today', 'return-rate'];

export const load: PageServerLoad = async ({ locals, url, depends }) => {
  depends('pulso:lists');
  const { figures, clock } = locals.services;
  const asOf = shownMoment(url, clock()) ?? undefined;
  const query = parseQuery(url);
  const [answer, list] = await Promise.all([
    figures.tiles(IDS, asOf),
    figures.stock({ ...filterOf(query, asOf), limit: query.rows })
  ]);
  return { ids: IDS, query, answer: listed(answer), list: listed(list) };
};
