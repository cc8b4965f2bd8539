const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses writes that another site's page sends with our cookie. Kit's own check is off: it also refuses programs, which
 * send no Origin, and installations reached by several names. Browsers send Origin with every POST, or at least
 * Sec-Fetch-Site; a page of another site cannot make its Origin's host equal to the Host it posts to.
 */
export function isForeignWrite(request: Request, url: URL): boolean {
  if (SAFE.has(request.method)) return false;
  const origin = request.headers.get('origin');
  if (origin === null) {
    const site = request.headers.get('sec-fetch-site');
    return site !== null && site !== 'same-origin' && site !== 'none';
  }
  const host = URL.parse(origin)?.host;
  return host === undefined || (host !== url.host && host !== request.headers.get('host'));
}
