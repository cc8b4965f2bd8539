import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { ORIGIN_HEADERS, ownOrigins, stampOrigin } from './origins.ts';

function stamped(host: string | undefined, given?: string, forged?: string): string {
  const request = new IncomingMessage(new Socket());
  if (host !== undefined) request.headers.host = host;
  if (forged !== undefined) request.headers[ORIGIN_HEADERS.host] = forged;
  stampOrigin(request, ownOrigins(given, 3000));
  return `${String(request.headers[ORIGIN_HEADERS.protocol])}://${String(request.headers[ORIGIN_HEADERS.host])}`;
}

test('without ORIGIN this machine answers to both of its names', () => {
  expect(stamped('localhost:3000')).toBe('http://localhost:3000');
  expect(stamped('127.0.0.1:3000')).toBe('http://127.0.0.1:3000');
});

test('a host that is none of ours, or a forged header, is not believed', () => {
  expect(stamped('evil.example')).toBe('http://localhost:3000');
  expect(stamped('127.0.0.1:3000', undefined, 'evil.example')).toBe('http://127.0.0.1:3000');
  expect(stamped(undefined)).toBe('http://localhost:3000');
});

test('ORIGIN alone counts where it is set, with its scheme', () => {
  expect(stamped('localhost:3000', 'https://pulso.example')).toBe('https://pulso.example');
  expect(stamped('pulso.example', 'https://pulso.example')).toBe('https://pulso.example');
});
