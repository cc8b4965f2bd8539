/** The list's filter, order and open row, as they live in the URL. */
import * as z from 'zod/mini';
import { BUCKETS } from '#lib/contracts/kpi.ts';

/** rows are added by the hundred, up to what one screen can still carry; the CSV has all */
export const ROWS_STEP = 100;
export const ROWS_MAX = 500;

export const SORTS = ['days_overdue', 'open_minor', 'due_date', 'customer'] as const;
export type Sort = (typeof SORTS)[number];
export const FILTERS = ['overdue', 'all', ...BUCKETS] as const;
export type Filter = (typeof FILTERS)[number];

const Query = z.object({
  bucket: z.catch(z.enum(FILTERS), 'overdue'),
  q: z.catch(z.string().check(z.maxLength(100)), ''),
  sort: z.catch(z.enum(SORTS), 'open_minor'),
  dir: z.catch(z.enum(['asc', 'desc']), 'desc'),
  rows: z.catch(z.coerce.number().check(z.int(), z.gte(ROWS_STEP), z.lte(ROWS_MAX)), ROWS_STEP),
  /** the customer whose drawer is open */
  open: z.catch(z.string().check(z.minLength(1), z.maxLength(256)), ''),
  /** the row it was opened from: `invoice/number` */
  row: z.catch(z.string().check(z.maxLength(300)), '')
});
export type ListQuery = z.infer<typeof Query>;

/** A value the page does not know reads as the default: an old link still opens. */
export const parseQuery = (url: URL): ListQuery => z.parse(Query, Object.fromEntries(url.searchParams));
