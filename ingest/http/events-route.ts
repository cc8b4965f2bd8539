/** `POST /v1/events` (ingest-contract.md). */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { BatchAnswer } from '#lib/contracts/ingest.ts';
import { fail } from '#lib/contracts/result.ts';
import type { ActiveKey, KeyNow } from '#ingest/keys/keyring.ts';
import { BURST_SECONDS, type RateAnswer } from '#ingest/keys/rate-limit.ts';
import { sendJson, sendProblem } from './answer.ts';
import { isBinaryMode, toStructured } from './binary-mode.ts';
import { decompressed, readBody, readEncoding, type BodyFailure, type Encoding } from './body.ts';
import { bearer, type Core, type Exchange, type Route } from './context.ts';
import { HeldBytes, type Hold } from './held-bytes.ts';
import { Lanes, type Aside } from './lanes.ts';
import { MEDIA_TYPES, readFormat } from './media.ts';
import type { Beside, Received, ReceiveFault } from './receive.ts';
import { serveStream, STREAM_HELD_BYTES } from './stream.ts';

/** Bodies held at a time by all requests together. */
const HELD_BYTES_MAX = 192 * 1024 * 1024;
/** By streams, which may last for months and be idle: a budget of their own, so that they keep no request out. */
const STREAMS_HELD_BYTES_MAX = 128 * 1024 * 1024;
const SOON = { 'retry-after': '1' } as const;
/** The rest of a refused body is not read: the connection ends with the answer. */
const CLOSE = { connection: 'close' } as const;

export function refuseKey(response: ServerResponse, hasToken: boolean, headers: OutgoingHttpHeaders = {}): void {
  const detail = hasToken ? 'unknown or revoked key' : 'send a key: Authorization: Bearer <key>';
  sendProblem(response, 401, detail, {
    'www-authenticate': hasToken ? 'Bearer error="invalid_token"' : 'Bearer',
    ...headers
  });
}

const policyHeader = ({ limit }: ActiveKey): OutgoingHttpHeaders =>
  limit ? { 'ratelimit-policy': `"events";q=${limit.rate * BURST_SECONDS};w=${BURST_SECONDS}` } : {};

const rateHeaders = (key: ActiveKey, rate: RateAnswer | null): OutgoingHttpHeaders =>
  rate ? { ...policyHeader(key), ratelimit: `"events";r=${rate.remaining};t=${rate.resetSeconds}` } : {};

function statusOf({ stored, duplicate, quarantined, rejected }: BatchAnswer): 200 | 207 | 400 {
  if (quarantined === 0 && rejected === 0) return 200;
  return stored + duplicate + quarantined === 0 ? 400 : 207;
}

const refuseCrowd = (response: ServerResponse): void =>
  sendProblem(response, 503, 'too many bodies at a time', { ...SOON, ...CLOSE });

export function refuseBody(response: ServerResponse, failure: BodyFailure, mebibytes = 10): void {
  switch (failure.kind) {
    case 'too_large':
      return sendProblem(
        response,
        413,
        `a body may have at most ${mebibytes} MiB after decompression: send several`,
        CLOSE
      );
    case 'crowded':
      return refuseCrowd(response);
    case 'broken_encoding':
      return sendProblem(
        response,
        400,
        'the body cannot be decompressed as its Content-Encoding says (zstd: send one frame)',
        CLOSE
      );
    case 'too_slow':
      return sendProblem(response, 408, 'the body came too slowly', CLOSE);
    case 'gone':
      return void response.destroy();
  }
}

export function refuse(
  response: ServerResponse,
  key: ActiveKey,
  fault: ReceiveFault,
  headers: OutgoingHttpHeaders = {}
): void {
  switch (fault.kind) {
    case 'invalid_json':
    case 'wrong_shape':
      return sendProblem(response, 400, fault.message);
    case 'too_many':
      return sendProblem(response, 413, fault.message);
    case 'source_forbidden':
      return sendProblem(response, 403, 'this key may not send for any of these sources');
    case 'key_ended':
      return refuseKey(response, true, CLOSE);
    case 'over_rate':
      return sendProblem(response, 429, 'over the rate of this key', {
        'retry-after': String(fault.rate.retryAfterSeconds),
        ...rateHeaders(key, fault.rate)
      });
    case 'full':
      return sendProblem(
        response,
        503,
        'the journal is full: ClickHouse has been away for long; nothing of this request is acknowledged',
        { 'retry-after': '10', ...headers }
      );
    case 'disk_full':
    case 'broken':
      return sendProblem(response, 503, 'the journal cannot be written; nothing of this request is acknowledged', {
        'retry-after': '5'
      });
  }
}

const answer = (response: ServerResponse, key: ActiveKey, { answer: batch, rate }: Received): void =>
  sendJson(response, statusOf(batch), batch, rateHeaders(key, rate));

interface Admitted {
  readonly key: ActiveKey;
  readonly keyNow: KeyNow;
  readonly core: Core;
  readonly encoding: Encoding;
}

const flag = (url: URL, name: string): boolean => url.searchParams.get(name) === 'true';

/** null: the request was answered already */
function admit({ request, response, context }: Exchange): Admitted | null {
  const refuse = (status: number, detail: string, headers: OutgoingHttpHeaders = {}): null => {
    sendProblem(response, status, detail, headers);
    return null;
  };
  const secret = bearer(request);
  const keyNow = secret === null ? null : context.keyring.keyOf(secret);
  const key = keyNow?.();
  if (!keyNow || !key) {
    refuseKey(response, secret !== null);
    return null;
  }
  if (!key.scopes.has('ingest')) return refuse(403, 'this key’s scopes do not cover sending events');
  const core = context.core();
  if (!core) return refuse(503, 'still starting', { ...SOON, ...CLOSE });
  const encoding = readEncoding(request.headers['content-encoding']);
  if (!encoding)
    return refuse(415, 'Content-Encoding must be gzip, zstd or none', { 'accept-encoding': 'gzip, zstd', ...CLOSE });
  return { key, keyNow, core, encoding };
}

interface BesideWithBody extends Beside {
  readonly aside: Aside;
}

async function take(
  { request, response }: Exchange,
  { key, keyNow, core, encoding }: Admitted,
  hold: Hold,
  beside?: BesideWithBody
): Promise<void> {
  const isBinary = isBinaryMode(request.headers);
  const format = isBinary ? 'single' : readFormat(request.headers['content-type']);
  if (!format)
    return sendProblem(response, 415, `Content-Type must be one of ${MEDIA_TYPES.join(', ')}, in UTF-8`, CLOSE);
  const reading = readBody(request, encoding, { hold });
  const body = await (beside ? beside.aside(reading) : reading);
  if (!keyNow()) return refuseKey(response, true, CLOSE);
  if (!body.ok) return refuseBody(response, body.failure);
  const structured = isBinary ? toStructured(request.headers, body.value) : body;
  const received = structured.ok
    ? await core.receive.body(structured.value, format, keyNow, { ...(beside && { beside }) })
    : structured;
  if (received.ok) answer(response, key, received.value);
  else refuse(response, key, received.failure);
}

/** Aborted when the client leaves before it is answered. */
function whenGone({ response }: Exchange): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
}

async function takeStream(exchange: Exchange, admitted: Admitted, lanes: Lanes): Promise<void> {
  const { request, response, url, context } = exchange;
  const { core, keyNow, encoding, key } = admitted;
  if (readFormat(request.headers['content-type']) !== 'ndjson')
    return sendProblem(response, 415, 'a stream is application/x-ndjson, in UTF-8: an event a line', CLOSE);
  const gone = whenGone(exchange);
  const isBackfill = flag(url, 'backfill');
  response.writeHead(200, {
    'content-type': 'application/x-ndjson',
    'cache-control': 'no-store',
    ...policyHeader(key)
  });
  await serveStream({
    body: decompressed(request, encoding),
    response,
    core,
    key: keyNow,
    now: context.now,
    admit: (step) => {
      if (!isBackfill) return lanes.live(step);
      return lanes.backfillStep(key.keyId, core, gone, async (turn) =>
        turn === 'go' ? step() : fail({ kind: 'full', retryable: true })
      );
    },
    gone
  });
}

/** @returns the route; it counts the bodies it holds and keeps the lanes, so make one for all requests */
export function createEventsRoute(): Route {
  const lanes = new Lanes(() => performance.now());
  const held = new HeldBytes(HELD_BYTES_MAX);
  const heldByStreams = new HeldBytes(STREAMS_HELD_BYTES_MAX);
  const takeHeld = (exchange: Exchange, admitted: Admitted, beside?: BesideWithBody): Promise<void> =>
    held.during((hold) => take(exchange, admitted, hold, beside));
  const takeHeldStream = (exchange: Exchange, admitted: Admitted): Promise<void> =>
    heldByStreams.during(async (hold) => {
      if (hold(STREAM_HELD_BYTES)) await admitted.core.frugality.during(() => takeStream(exchange, admitted, lanes));
      else refuseCrowd(exchange.response);
    });

  return async (exchange) => {
    const { response, url, context } = exchange;
    // when it closes and not when it finishes: a client may leave as soon as it has read an answer that came early
    response.once('close', () => {
      if (response.headersSent) context.metrics.countRequest(response.statusCode);
    });
    const admitted = admit(exchange);
    if (!admitted) return;
    if (flag(url, 'stream')) return takeHeldStream(exchange, admitted);
    if (!flag(url, 'backfill')) return lanes.live(() => takeHeld(exchange, admitted));
    const gone = whenGone(exchange);
    return lanes.backfill(admitted.key.keyId, admitted.core, gone, async (turn, aside) => {
      if (turn === 'go')
        return takeHeld(exchange, admitted, {
          aside,
          turn: () => lanes.part(admitted.core, gone),
          giveWay: () => lanes.giveWay()
        });
      if (turn === 'full') return refuse(response, admitted.key, { kind: 'full', retryable: true }, CLOSE);
      response.destroy();
    });
  };
}
