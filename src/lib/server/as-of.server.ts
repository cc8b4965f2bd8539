/** Which moment a page shows: `?as_of=` of its URL. */
import { error } from '@sveltejs/kit';
import { parseInstant, type EpochMs } from '#lib/contracts/time.ts';

/** how far ahead of our clock a client's may be */
const AHEAD_MS = 5_000;

/** @returns epoch ms, or null for now; throws 400 for a moment that is malformed, without a zone or to come */
export function shownMoment(url: URL, now: EpochMs): EpochMs | null {
  const text = url.searchParams.get('as_of');
  if (text === null) return null;
  const at = parseInstant(text);
  if (at === undefined || at > now + AHEAD_MS) error(400, { code: 'invalid_as_of', message: 'as_of' });
  return at;
}
