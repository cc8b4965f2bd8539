/**
 * Which path a request names, judged as it came. A URL parser makes paths that we serve out of `//x/internal/keys`,
 * `/v1/webhooks/../../internal/keys` and `/v1\events`, and so past a proxy that shuts `/internal` by its beginning.
 */

/** `.` and `..` between slashes, written out or not */
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|$)/i;

/** @returns null: no path of ours, whatever it would be made into; `malformed`: no request target at all */
export function readTarget(target: string): URL | 'malformed' | null {
  const [path = ''] = target.split('?', 1);
  // behind it a client keeps what it does not send
  if (target.includes('#')) return 'malformed';
  if (!path.startsWith('/') || path.includes('//') || path.includes('\\') || DOT_SEGMENT.test(path)) return null;
  return URL.parse(target, 'http://ingest') ?? 'malformed';
}
