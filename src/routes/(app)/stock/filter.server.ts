import type { StockFilter } from '#lib/server/services.server.ts';
import type { StockQuery } from './query.ts';

/** The URL's words as the server's filter. */
export const filterOf = (query: StockQuery, asOf: number | undefined): StockFilter => ({
  as_of: asOf,
  only: query.only === 'all' ? undefined : query.only,
  search: query.q.trim() === '' ? undefined : query.q.trim(),
  sort: query.sort,
  descending: query.dir === 'desc'
});
