/** The list's filter and order, as they live in the URL. */
import * as z from 'zod/mini';

export const ROWS_STEP = 100;
export const ROWS_MAX = 500;
export const ONLY = ['all', 'risk', 'out', 'low'] as const;
export type Only = (typeof ONLY)[number];

const Query = z.object({
  only: z.catch(z.enum(ONLY), 'all'),
  q: z.catch(z.string().check(z.maxLength(100)), ''),
  sort: z.catch(z.enum(['sku', 'free', 'days_of_cover', 'value_minor']), 'days_of_cover'),
  dir: z.catch(z.enum(['asc', 'desc']), 'asc'),
  rows: z.catch(z.coerce.number().check(z.int(), z.gte(ROWS_STEP), z.lte(ROWS_MAX)), ROWS_STEP)
});
export type StockQuery = z.infer<typeof Query>;

/** A value the page does not know reads as the default: an old link still opens. */
export const parseQuery = (url: URL): StockQuery => z.parse(Query, Object.fromEntries(url.searchParams));
