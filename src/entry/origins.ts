/** Under which names the dashboard is reached. Kit takes one ORIGIN; we tell it for each request which of ours was meant. */
import type { IncomingMessage } from 'node:http';

/** Kit's handler is told to read these; whatever a client sends in them is overwritten. */
export const ORIGIN_HEADERS = { protocol: 'x-pulso-protocol', host: 'x-pulso-host' } as const;

/** @param given ORIGIN; left out: this machine by both of its names */
export function ownOrigins(given: string | undefined, port: number): readonly [URL, ...URL[]] {
  if (given !== undefined) return [new URL(given)];
  return [new URL(`http://localhost:${port}`), new URL(`http://127.0.0.1:${port}`)];
}

/** Writes the origin that the request's Host names, or the first one of ours when it names none of them. */
export function stampOrigin(request: IncomingMessage, origins: readonly [URL, ...URL[]]): void {
  const origin = origins.find((own) => own.host === request.headers.host) ?? origins[0];
  request.headers[ORIGIN_HEADERS.protocol] = origin.protocol.slice(0, -1);
  request.headers[ORIGIN_HEADERS.host] = origin.host;
}
