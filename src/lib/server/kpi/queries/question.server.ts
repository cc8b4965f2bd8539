/** How the named questions of sql/queries are put: parameters on this side are epoch milliseconds, on the other ClickHouse's own text. */
import * as z from 'zod';
import { loadQuery } from '#sql/queries.server.ts';
import type { Query } from '#sql/interface.server.ts';

/** Tiles ask live and must answer at once; lists and the past may take longer. */
const LIVE_TIMEOUT_MS = 5_000;
export const PAST_TIMEOUT_MS = 60_000;

/** The end of time: known_to of a live answer. 2200-01-01. */
export const END_OF_TIME_MS = 7_258_118_400_000;

/** Epoch ms → DateTime64(3). */
export const Moment64 = z.int().transform((ms) => (ms / 1000).toFixed(3));
/** Epoch ms → DateTime; the caller passes whole seconds. */
export const Second = z.int().transform((ms) => String(Math.floor(ms / 1000)));
export const Keys = z.array(z.string());
export const NoParams = z.strictObject({});

/**
 * The question asked by sql/queries/<name>.sql.
 * @param row one row of its answer; keys = the aliases of its SELECT (held by a test)
 */
export const question = <P extends z.ZodObject, R extends z.ZodObject>(
  name: string,
  params: P,
  row: R,
  timeoutMs = LIVE_TIMEOUT_MS
): Query<P, R> => ({ name, sql: loadQuery(name), params, row, timeoutMs });
