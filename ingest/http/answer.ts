/** How every answer leaves: JSON, or a problem of the whole request (RFC 9457). */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Problem } from '#lib/contracts/ingest.ts';
import { endEarly } from './farewell.ts';

/** Whether a body was announced that has not come whole. A request without one is not complete either while it is being dispatched. */
const isOwed = ({ complete, headers }: IncomingMessage): boolean =>
  !complete && (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0);

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
  const isEarly = isOwed(response.req);
  response.writeHead(status, {
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    // whoever is answered before the body has come would trickle on for ever: nobody reads it
    ...(isEarly && { connection: 'close' }),
    ...headers
  });
  if (!isEarly) return void response.end(text);
  response.write(text);
  endEarly(response);
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
