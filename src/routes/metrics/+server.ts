import type { RequestHandler } from './$types';

export const GET: RequestHandler = async ({ locals }) =>
  new Response(await locals.services.metrics(), {
    headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' }
  });
