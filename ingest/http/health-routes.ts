import { sendJson, sendProblem, sendText } from './answer.ts';
import type { Readiness } from '#ingest/readiness.ts';
import type { Route } from './context.ts';

/** The process answers. */
export const live: Route = ({ response }) => sendJson(response, 200, { status: 'ok' });

/** What stands in the way, and what to do about it. */
const OBSTACLES = {
  journal: 'the journal cannot be written',
  disk_full: 'the disk of the journal is full: make room; it goes on by itself',
  schema: 'the tables are not those of this build: npm run db:migrate',
  away: 'ClickHouse does not answer, or refuses: whether its tables are those of this build is not known yet'
} as const satisfies Record<Exclude<Readiness, 'ready'>, string>;

/** Events can be taken: the journal is writable and the tables are those of this build, as ClickHouse told last. */
export const ready: Route = async ({ response, context }) => {
  const core = context.core();
  if (!core) return sendProblem(response, 503, 'still starting', { 'retry-after': '1' });
  const readiness = await core.readiness();
  if (readiness === 'ready') sendJson(response, 200, { status: 'ready' });
  else sendProblem(response, 503, OBSTACLES[readiness], { 'retry-after': '5' });
};

export const metrics: Route = async ({ response, context }) =>
  sendText(response, 200, await context.metrics.registry.metrics(), {
    'content-type': context.metrics.registry.contentType
  });
