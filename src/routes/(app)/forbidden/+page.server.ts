import type { PageServerLoad } from './$types';

/** What `handle` shows, with status 403, in place of a page outside the caller's role. */
export const load: PageServerLoad = ({ locals }) => ({ deniedRole: locals.caller?.role ?? 'viewer' });
