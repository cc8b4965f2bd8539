/**
 * Where to go after log-in, from `?next=`. Only a path of this site: a foreign address would make the log-in page a
 * trustworthy-looking way to anywhere.
 * @returns path with search and fragment; `/` for anything else
 */
export function localPath(next: string | null): string {
  // browsers read a backslash as a slash, and drop tabs and line ends before they read
  if (next === null || !next.startsWith('/') || /^\/[/\\]|[\\\u0000-\u001f]/.test(next)) return '/';
  const base = 'http://pulso.invalid';
  const url = URL.parse(next, base);
  return url?.origin === base ? `${url.pathname}${url.search}${url.hash}` : '/';
}

/** @returns `/login`, or `/login?next=…` when it is worth coming back */
export function loginPath(url: URL): string {
  const next = `${url.pathname}${url.search}`;
  return next === '/' ? '/login' : `/login?next=${encodeURIComponent(next)}`;
}
