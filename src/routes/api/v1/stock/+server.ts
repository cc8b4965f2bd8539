import * as z from 'zod';
import { answer, asOfParam, askProblem, flagParam, limitParam, optional, readParams } from '#lib/server/api.server.ts';
import type { RequestHandler } from './$types';

/** Kept skus: `?as_of&sku&search&only&sort&descending&cursor&limit`. */
export const GET: RequestHandler = async ({ locals, url }) => {
  const { services } = locals;
  const params = readParams(
    url,
    z.object({
      as_of: asOfParam(services.clock()),
      sku: optional(z.string().max(128)),
      search: optional(z.string().max(200)),
      only: optional(z.enum(['out', 'low', 'risk'])),
      sort: optional(z.enum(['sku', 'free', 'days_of_cover', 'value_minor'])),
      descending: flagParam,
      cursor: optional(z.string().max(2_000)),
      limit: limitParam
    })
  );
  if (!params.ok) return params.response;
  const list = await services.figures.stock(params.params);
  return list.ok ? answer(list.value) : askProblem(list.failure);
};
