import type { ReceivablesFilter } from '#lib/server/services.server.ts';
import type { ListQuery } from './query.ts';

/** The URL's words as the server's filter. */
export const filterOf = (query: ListQuery, asOf: number | undefined): ReceivablesFilter => ({
  as_of: asOf,
  bucket: query.bucket === 'all' ? undefined : query.bucket,
  search: query.q.trim() === '' ? undefined : query.q.trim(),
  sort: query.sort,
  descending: query.dir === 'desc'
});
