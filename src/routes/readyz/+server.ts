import type { RequestHandler } from './$types';

/** 200 when ClickHouse answers and its schema is the one this version needs. */
export const GET: RequestHandler = async ({ locals }) => {
  const isReady = await locals.services.ready();
  return new Response(isReady ? 'ready\n' : 'ClickHouse does not answer, or its schema is not current\n', {
    status: isReady ? 200 : 503,
    headers: { 'cache-control': 'no-store' }
  });
};
