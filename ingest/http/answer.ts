/** How every answer leaves: JSON, or a problem of the whole request (RFC 9457). */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Problem } from '#lib/contracts/ingest.ts';

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: OutgoingHttpHeaders = {}
): void {
  sendText(response, status, JSON.stringify(body), { 'content-type': 'application/json', ...headers });
}

export function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: OutgoingHttpHeaders = {}
): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    // whoever is answered before the body has come would trickle on for ever: nobody reads it
    ...(!response.req.complete && { connection: 'close' }),
    ...headers
  });
  response.end(text);
}

export const problemOf = (status: number, detail: string): Problem => ({
  type: 'about:blank',
  title: STATUS_CODES[status] ?? 'Error',
  status,
  detail
});

/** @param detail what to do about it, without payload or secrets */
export function sendProblem(
  response: ServerResponse,
  status: number,
  detail: string,
  headers: OutgoingHttpHeaders = {}
): void {
  sendJson(response, status, problemOf(status, detail), { 'content-type': 'application/problem+json', ...headers });
}
