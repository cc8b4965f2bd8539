/** `POST /v1/events` (ingest-contract.md). */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { BatchAnswer } from '#lib/contracts/ingest.ts';
import type { ActiveKey } from '#ingest/keys/keyring.ts';
import { BURST_SECONDS, type RateAnswer } from '#ingest/keys/rate-limit.ts';
import { sendJson, sendProblem } from './answer.ts';
import { BODY_BYTES_MAX, readBody, readEncoding, type BodyFailure, type Encoding } from './body.ts';
import { bearer, type Core, type Exchange } from './context.ts';
import { MEDIA_TYPES, readFormat } from './media.ts';
import type { Received, ReceiveFault } from './receive.ts';

/** Bodies held at a time by all requests together. */
const HELD_BYTES_MAX = 192 * 1024 * 1024;
const SOON = { 'retry-after': '1' } as const;
/** The rest of a refused body is not read: the connection ends with the answer. */
const CLOSE = { connection: 'close' } as const;

export function refuseKey(response: ServerResponse, hasToken: boolean): void {
  const detail = hasToken ? 'unknown or revoked key' : 'send a key: Authorization: Bearer <key>';
  sendProblem(response, 401, detail, { 'www-authenticate': hasToken ? 'Bearer error="invalid_token"' : 'Bearer' });
}

function rateHeaders(key: ActiveKey, rate: RateAnswer | null): OutgoingHttpHeaders {
  if (!key.limit || !rate) return {};
  return {
    'ratelimit-policy': `"events";q=${key.limit.rate * BURST_SECONDS};w=${BURST_SECONDS}`,
    ratelimit: `"events";r=${rate.remaining};t=${rate.resetSeconds}`
  };
}

function statusOf({ stored, duplicate, quarantined, rejected }: BatchAnswer): 200 | 207 | 400 {
  if (quarantined === 0 && rejected === 0) return 200;
  return stored + duplicate + quarantined === 0 ? 400 : 207;
}

function refuseBody(response: ServerResponse, failure: BodyFailure): void {
  switch (failure.kind) {
    case 'too_large':
      return sendProblem(response, 413, 'a body may have at most 10 MiB after decompression: send several', CLOSE);
    case 'broken_encoding':
      return sendProblem(response, 400, 'the body cannot be decompressed as its Content-Encoding says', CLOSE);
    case 'too_slow':
      return sendProblem(response, 408, 'the body came too slowly', CLOSE);
    case 'gone':
      return void response.destroy();
  }
}

function refuse(response: ServerResponse, key: ActiveKey, fault: ReceiveFault): void {
  switch (fault.kind) {
    case 'invalid_json':
    case 'wrong_shape':
      return sendProblem(response, 400, fault.message);
    case 'source_forbidden':
      return sendProblem(response, 403, 'this key may not send for any of these sources');
    case 'over_rate':
      return sendProblem(response, 429, 'over the rate of this key', {
        'retry-after': String(fault.rate.retryAfterSeconds),
        ...rateHeaders(key, fault.rate)
      });
    case 'full':
      return sendProblem(
        response,
        503,
        'the journal is full: ClickHouse has been away for long; nothing of this request was taken',
        {
          'retry-after': '10'
        }
      );
    case 'disk_full':
    case 'broken':
      return sendProblem(response, 503, 'the journal cannot be written; nothing of this request was taken', {
        'retry-after': '5'
      });
  }
}

const answer = (response: ServerResponse, key: ActiveKey, { answer: batch, rate }: Received): void =>
  sendJson(response, statusOf(batch), batch, rateHeaders(key, rate));

interface Admitted {
  readonly key: ActiveKey;
  readonly core: Core;
}

/** null: the request was answered already */
function admit({ request, response, url, context }: Exchange): Admitted | null {
  const refuse = (status: number, detail: string, headers: OutgoingHttpHeaders = {}): null => {
    sendProblem(response, status, detail, headers);
    return null;
  };
  const secret = bearer(request);
  const key = secret === null ? null : context.keyring.authenticate(secret);
  if (!key) {
    refuseKey(response, secret !== null);
    return null;
  }
  if (!key.scopes.has('ingest')) return refuse(403, 'this key’s scopes do not cover sending events');
  if (url.searchParams.get('stream') === 'true') return refuse(501, 'streaming bodies are not served yet', CLOSE);
  const core = context.core();
  return core ? { key, core } : refuse(503, 'still starting', { ...SOON, ...CLOSE });
}

/** @returns the route; it counts the bodies it holds, so make one for all requests */
export function createEventsRoute(): (exchange: Exchange) => Promise<void> {
  let heldBytes = 0;

  const take = async ({ request, response }: Exchange, { key, core }: Admitted, encoding: Encoding): Promise<void> => {
    const format = readFormat(request.headers['content-type']);
    if (!format)
      return sendProblem(response, 415, `Content-Type must be one of ${MEDIA_TYPES.join(', ')}, in UTF-8`, CLOSE);
    const body = await readBody(request, encoding);
    if (!body.ok) return refuseBody(response, body.failure);
    const received = await core.receive(body.value, format, key);
    if (received.ok) answer(response, key, received.value);
    else refuse(response, key, received.failure);
  };

  return async (exchange) => {
    const { request, response, context } = exchange;
    response.once('finish', () => context.metrics.countRequest(response.statusCode));
    const admitted = admit(exchange);
    if (!admitted) return;
    const encoding = readEncoding(request.headers['content-encoding']);
    if (!encoding)
      return sendProblem(response, 415, 'Content-Encoding must be gzip, zstd or none', {
        'accept-encoding': 'gzip, zstd',
        ...CLOSE
      });
    // a plain body says how large it is; a compressed or chunked one may unfold to the limit
    const length = request.headers['content-length'];
    const expected = encoding === 'identity' && length !== undefined ? Number(length) : BODY_BYTES_MAX;
    if (heldBytes + expected > HELD_BYTES_MAX)
      return sendProblem(response, 503, 'too many bodies at a time', { ...SOON, ...CLOSE });
    heldBytes += expected;
    try {
      await take(exchange, admitted, encoding);
    } finally {
      heldBytes -= expected;
    }
  };
}
