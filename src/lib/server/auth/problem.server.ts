/** Errors of the API: RFC 9457. `code` is for programs, `title` for people who read logs. */
export function problem(status: number, code: string, title: string, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify({ type: 'about:blank', title, status, code }), {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers }
  });
}
