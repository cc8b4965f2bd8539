/** `/internal/…`: what the dashboard and the operator's commands ask of the ingest service, by the shared token. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { Flow } from '#lib/contracts/flow.ts';
import { KeyCreated, KeysAnswer, NewIngestKey, RotateKey } from '#lib/contracts/internal.ts';
import { sendJson, sendProblem, sendText } from './answer.ts';
import { bearer, type Exchange, type Route } from './context.ts';
import { refuseKey } from './events-route.ts';
import { readJsonBody } from './json-body.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Lets only the holder of the internal token through; an ingest key opens nothing here. */
export const guarded =
  (route: Route): Route =>
  (exchange) => {
    const token = bearer(exchange.request);
    const isOurs = token !== null && timingSafeEqual(digest(token), digest(exchange.context.internalToken));
    return isOurs ? route(exchange) : refuseKey(exchange.response, token !== null);
  };

/** undefined: not JSON, or the client has left */
export async function readJson({ request, response }: Exchange): Promise<unknown> {
  const body = await readJsonBody(request);
  if (body.ok) return body.value;
  if (body.failure.kind === 'gone') response.destroy();
  return undefined;
}

/** HEAD would keep a connection open that never says a word. */
export const listenToDoorbell: Route = ({ request, response, context }) =>
  request.method === 'HEAD'
    ? sendText(response, 200, '', { 'content-type': 'application/x-ndjson' })
    : context.doorbell.listen(response);

/** Answers while it starts too: what is not known yet is said to be unknown. */
export const tellFlow: Route = async ({ response, context }) =>
  sendJson(response, 200, Flow.parse(await context.flow()));

export const listKeys: Route = ({ response, context }) =>
  sendJson(response, 200, KeysAnswer.parse({ keys: context.keyring.list() }));

export const createKey: Route = async (exchange) => {
  const { response, context } = exchange;
  const input = NewIngestKey.safeParse(await readJson(exchange));
  if (!input.success) return sendProblem(response, 400, 'expected {name, scopes, sources, types, rate}');
  const created = context.keyring.create(input.data);
  context.log.info({ key_id: created.key.key_id, name: created.key.name }, 'ingest key created');
  sendJson(response, 201, KeyCreated.parse(created));
};

const HOUR_MS = 3_600_000;

export const rotateKey: Route = async (exchange) => {
  const { response, url, context } = exchange;
  const input = RotateKey.safeParse(await readJson(exchange));
  if (!input.success) return sendProblem(response, 400, 'expected {grace_hours}, 0 to 720');
  const keyId = url.pathname.split('/').at(-2) ?? '';
  const rotated = context.keyring.rotate(keyId, input.data.grace_hours * HOUR_MS);
  if (!rotated) return sendProblem(response, 404, 'no such key that could be rotated');
  context.log.info({ key_id: keyId, successor: rotated.key.key_id }, 'ingest key rotated');
  sendJson(response, 201, KeyCreated.parse(rotated));
};

export const revokeKey: Route = ({ response, url, context }) => {
  const keyId = url.pathname.split('/').at(-2) ?? '';
  const key = context.keyring.revoke(keyId);
  if (!key) return sendProblem(response, 404, 'no such key');
  context.log.info({ key_id: keyId }, 'ingest key revoked');
  sendJson(response, 200, { key });
};

/** Answers when the rebuilt tables are in place, however long it takes. */
export const rebuild: Route = async ({ response, context }) => {
  const core = context.core();
  if (!core) return sendProblem(response, 503, 'still starting', { 'retry-after': '1' });
  const rebuilt = await core.rebuild();
  if (rebuilt) sendJson(response, 200, rebuilt);
  else
    sendProblem(
      response,
      502,
      'ClickHouse refused; the log of the ingest service says why. The old tables stay in use'
    );
};
