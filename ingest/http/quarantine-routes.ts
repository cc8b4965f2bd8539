/** `GET /v1/quarantine`, `POST /v1/quarantine/replay` (ingest-contract.md), and the same for the dashboard under `/internal`. */
import type { z } from 'zod/mini';
import {
  QuarantineFilter,
  QuarantineOpen,
  QuarantineReasons,
  QuarantineTest,
  ReplayRequest
} from '#lib/contracts/quarantine.ts';
import type { Allowance } from '#ingest/decode/event.ts';
import type { Desk, DeskFailure } from '#ingest/quarantine/desk.ts';
import { sendJson, sendProblem } from './answer.ts';
import { readEncoding } from './body.ts';
import { bearer, type Exchange, type Route } from './context.ts';
import { refuseKey } from './events-route.ts';
import { readJsonBody } from './json-body.ts';

const EVERYTHING: Allowance = { sources: new Set(), types: new Set() };

interface Admitted {
  readonly desk: Desk;
  readonly allowance: Allowance;
}
type Admit = (exchange: Exchange) => Admitted | null;
/** @param still asks again, before anything is stored: a body may come slowly, and a key may end meanwhile */
type Step = (exchange: Exchange, admitted: Admitted, still: () => Admitted | null) => Promise<void>;

function deskOf({ response, context }: Exchange): Desk | null {
  const core = context.core();
  if (!core) sendProblem(response, 503, 'still starting', { 'retry-after': '1', connection: 'close' });
  return core?.desk ?? null;
}

/** A key with the scope `quarantine`, within its sources and types. */
const byKey: Admit = (exchange) => {
  const { request, response, context } = exchange;
  const secret = bearer(request);
  const key = secret === null ? null : context.keyring.keyOf(secret)();
  if (!key) {
    refuseKey(response, secret !== null);
    return null;
  }
  if (!key.scopes.has('quarantine')) {
    sendProblem(response, 403, 'this key’s scopes do not cover quarantine');
    return null;
  }
  const desk = deskOf(exchange);
  return desk && { desk, allowance: key.allowance };
};
const byToken: Admit = (exchange) => {
  const desk = deskOf(exchange);
  return desk && { desk, allowance: EVERYTHING };
};

const route =
  (admit: Admit, step: Step): Route =>
  async (exchange) => {
    const admitted = admit(exchange);
    if (admitted) await step(exchange, admitted, () => admit(exchange));
  };

function refuse({ response, context }: Exchange, failure: DeskFailure): void {
  if ('code' in failure) context.log.warn({ code: failure.code, reason: failure.message }, 'quarantine cannot be read');
  switch (failure.kind) {
    case 'full':
    case 'disk_full':
    case 'broken':
      return sendProblem(
        response,
        503,
        'the journal cannot take it now: replay it again, what is stored by then is skipped',
        {
          'retry-after': '10'
        }
      );
    case 'unreachable':
    case 'timeout':
    case 'rejected':
    case 'invalid_row':
      return sendProblem(response, 503, 'quarantine is kept in ClickHouse, which does not answer', {
        'retry-after': '5'
      });
  }
}

const issueOf = (error: z.core.$ZodError): string =>
  error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');

const list: Step = async (exchange, { desk, allowance }) => {
  const { response, url } = exchange;
  const filter = QuarantineFilter.safeParse(Object.fromEntries(url.searchParams));
  if (!filter.success) return sendProblem(response, 400, issueOf(filter.error));
  const rows = await desk.list(filter.data, allowance);
  if (rows.ok) sendJson(response, 200, rows.value);
  else refuse(exchange, rows.failure);
};

async function readRequest(exchange: Exchange): Promise<ReplayRequest | null> {
  const { request, response } = exchange;
  const encoding = readEncoding(request.headers['content-encoding']);
  const body = encoding && (await readJsonBody(request, encoding));
  if (!body) {
    sendProblem(response, 415, 'Content-Encoding must be gzip, zstd or none', { 'accept-encoding': 'gzip, zstd' });
    return null;
  }
  if (!body.ok) {
    if (body.failure.kind === 'gone') response.destroy();
    else if (body.failure.kind === 'too_large')
      sendProblem(response, 413, 'a body may have at most 10 MiB after decompression', { connection: 'close' });
    else sendProblem(response, 400, 'the body is not JSON', { connection: 'close' });
    return null;
  }
  const asked = ReplayRequest.safeParse(body.value);
  if (asked.success) return asked.data;
  sendProblem(response, 400, `expected {ids, bodies?, dry_run?}: ${issueOf(asked.error)}`);
  return null;
}

const replay: Step = async (exchange, _admitted, still) => {
  const asked = await readRequest(exchange);
  const admitted = asked && still();
  if (!admitted) return;
  const { desk, allowance } = admitted;
  const answer = await desk.replay(asked, allowance);
  if (!answer.ok) return refuse(exchange, answer.failure);
  const { replayed, skipped, errors } = answer.value;
  if (!asked.dry_run)
    exchange.context.log.info({ replayed, skipped, errors: errors.length }, 'replayed from quarantine');
  sendJson(exchange.response, 200, answer.value);
};

export const listQuarantine = route(byKey, list);
export const replayQuarantine = route(byKey, replay);
export const listQuarantineInternally = route(byToken, list);
export const replayQuarantineInternally = route(byToken, replay);

export const quarantineReasons = route(byToken, async (exchange, { desk }) => {
  const reasons = await desk.reasons();
  if (reasons.ok) sendJson(exchange.response, 200, QuarantineReasons.parse(reasons.value));
  else refuse(exchange, reasons.failure);
});

export const countOpenQuarantine = route(byToken, async (exchange, { desk }) => {
  const open = await desk.open();
  if (open.ok) sendJson(exchange.response, 200, QuarantineOpen.parse({ events: open.value }));
  else refuse(exchange, open.failure);
});

export const testQuarantine = route(byToken, async (exchange, { desk, allowance }) => {
  const asked = await readRequest(exchange);
  if (!asked) return;
  const tested = await desk.test(asked, allowance);
  if (tested.ok) sendJson(exchange.response, 200, QuarantineTest.parse(tested.value));
  else refuse(exchange, tested.failure);
});
