import * as z from 'zod';
import { BUCKETS } from '#lib/contracts/kpi.ts';
import { answer, asOfParam, askProblem, flagParam, limitParam, optional, readParams } from '#lib/server/api.server.ts';
import type { RequestHandler } from './$types';

/** Open instalments: `?as_of&bucket&customer&search&sort&descending&cursor&limit`. */
export const GET: RequestHandler = async ({ locals, url }) => {
  const { services } = locals;
  const params = readParams(
    url,
    z.object({
      as_of: asOfParam(services.clock()),
      bucket: optional(z.enum([...BUCKETS, 'overdue'])),
      customer: optional(z.string().max(128)),
      search: optional(z.string().max(200)),
      sort: optional(z.enum(['days_overdue', 'open_minor', 'due_date', 'customer'])),
      descending: flagParam,
      cursor: optional(z.string().max(2_000)),
      limit: limitParam
    })
  );
  if (!params.ok) return params.response;
  const list = await services.figures.receivables(params.params);
  return list.ok ? answer(list.value) : askProblem(list.failure);
};
