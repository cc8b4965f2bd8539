import { json } from '@sveltejs/kit';
import { readFlow } from '#lib/server/flow.server.ts';
import type { RequestHandler } from './$types';

/** Asked once a second by an open page of sources. That ingest is not heard is an answer, too. */
export const GET: RequestHandler = async ({ locals }) => json(await readFlow(locals.services));
