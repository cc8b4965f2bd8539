import { sendJson, sendProblem, sendText } from './answer.ts';
import type { Route } from './context.ts';

/** The process answers. */
export const live: Route = ({ response }) => sendJson(response, 200, { status: 'ok' });

/** Events can be taken: the journal is writable and the tables are those of this build. */
export const ready: Route = async ({ response, context }) => {
  const core = context.core();
  if (!core) return sendProblem(response, 503, 'still starting', { 'retry-after': '1' });
  if (!core.isWritable()) return sendProblem(response, 503, 'the journal cannot be written', { 'retry-after': '5' });
  if (!(await core.isSchemaCurrent()))
    return sendProblem(response, 503, 'the tables are not those of this build: npm run db:migrate', {
      'retry-after': '5'
    });
  sendJson(response, 200, { status: 'ready' });
};

export const metrics: Route = async ({ response, context }) =>
  sendText(response, 200, await context.metrics.registry.metrics(), {
    'content-type': context.metrics.registry.contentType
  });
