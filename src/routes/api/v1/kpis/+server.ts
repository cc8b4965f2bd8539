import * as z from 'zod';
import { isKpiId, KPI_IDS } from '#lib/contracts/kpi.ts';
import { answer, asOfParam, askProblem, optional, readParams } from '#lib/server/api.server.ts';
import { mayReadFigure } from '#lib/server/auth/access.server.ts';
import { problem } from '#lib/server/auth/problem.server.ts';
import type { RequestHandler } from './$types';

/** `?ids=a,b&as_of=RFC3339`: tiles, live or as they were. Without ids: all that the caller may see. */
export const GET: RequestHandler = async ({ locals, url }) => {
  const { services, caller } = locals;
  if (caller === null) return problem(401, 'unauthenticated', 'Sign in or send a read token');
  const params = readParams(url, z.object({ ids: optional(z.string()), as_of: asOfParam(services.clock()) }));
  if (!params.ok) return params.response;
  const { ids, as_of } = params.params;
  const asked = [...new Set(ids?.split(',').map((id) => id.trim()) ?? KPI_IDS)].filter((id) => id !== '');
  const unknown = asked.filter((id) => !isKpiId(id));
  if (unknown.length > 0) return problem(404, 'unknown_id', `No such figure: ${unknown.join(', ')}`);
  const known = asked.filter(isKpiId);
  const allowed = known.filter((id) => mayReadFigure(caller.role, id));
  if (ids !== undefined && allowed.length < known.length)
    return problem(403, 'forbidden', `Not within this role: ${known.filter((id) => !allowed.includes(id)).join(', ')}`);
  const tiles = await services.figures.tiles(allowed, as_of);
  return tiles.ok ? answer(tiles.value) : askProblem(tiles.failure);
};
