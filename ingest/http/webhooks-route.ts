/**
 * `POST /v1/webhooks/:platform/:source` (ingest-contract.md): whose call it is, what it means, and from there the same way as any event.
 * Neither the body nor the path is ever logged: both may hold secrets.
 */
import type { ServerResponse } from 'node:http';
import type { BatchAnswer, ItemAnswer } from '#lib/contracts/ingest.ts';
import type { Delivery } from '#lib/contracts/sources.ts';
import type { ActiveKey } from '#ingest/keys/keyring.ts';
import type { StoredSource } from '#ingest/sources/source-store.ts';
import { NOT_JSON, toBody, type Call, type Understood } from '#ingest/webhooks/platform.ts';
import { isPlatform, WEBHOOK_PLATFORMS } from '#ingest/webhooks/registry.ts';
import { sendJson, sendProblem } from './answer.ts';
import { readBody, readEncoding, type Encoding } from './body.ts';
import type { Context, Core, Exchange } from './context.ts';
import { refuse, refuseBody } from './events-route.ts';
import { HeldBytes, type Hold } from './held-bytes.ts';

/** Platform, source, and what a platform puts behind them. */
export const WEBHOOKS_PATH = /^\/v1\/webhooks\/([^/]+)\/([^/]+)((?:\/[^/]+)*)\/?$/;

const BODY_MIB_MAX = 2;
const BODY_BYTES_MAX = BODY_MIB_MAX * 1024 * 1024;
/** Bodies held at a time by all calls together: they are read before it is known whose they are. */
const HELD_BYTES_MAX = 64 * 1024 * 1024;
/** And by those to one source: whoever guesses its name keeps the others open. */
const HELD_BYTES_MAX_SOURCE = 16 * 1024 * 1024;
const SOON = { 'retry-after': '1', connection: 'close' } as const;

type Noted = Pick<Delivery, 'told' | 'subject' | 'outcome' | 'became' | 'reason' | 'amount_minor' | 'currency'>;

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

interface Addressed {
  readonly source: StoredSource;
  readonly rest: readonly string[];
  readonly core: Core;
}

/** null: the call was answered already */
function address({ response, url, context }: Exchange): Addressed | null {
  const [, platform = '', name = '', rest = ''] = WEBHOOKS_PATH.exec(url.pathname) ?? [];
  const source = isPlatform(platform) ? context.sources.find(decodeSegment(name)) : null;
  if (!source || source.platform !== platform) {
    sendProblem(response, 404, 'no such source: add it in settings, or with npm run admin -- source add', {
      connection: 'close'
    });
    return null;
  }
  const core = context.core();
  if (core)
    return {
      source,
      rest: rest
        .split('/')
        .filter((segment) => segment !== '')
        .map(decodeSegment),
      core
    };
  sendProblem(response, 503, 'still starting', SOON);
  return null;
}

/** Which accepted secret it came with, 0 the current one; -1: none. All are tried, so that time tells nothing. */
function secretUsed(call: Call, source: StoredSource, context: Context): number {
  const { verify } = WEBHOOK_PLATFORMS[source.platform];
  return context.sources
    .secretsOf(source)
    .map((secret) => verify(call, secret))
    .indexOf(true);
}

const valueOf = (data: unknown, name: string): unknown =>
  typeof data === 'object' && data !== null ? Object.getOwnPropertyDescriptor(data, name)?.value : undefined;

function moneyOf({ events }: Understood): Pick<Delivery, 'amount_minor' | 'currency'> {
  for (const { data } of events) {
    const amount = valueOf(data, 'amount_minor');
    const currency = valueOf(data, 'currency');
    if (Number.isSafeInteger(amount) && typeof amount === 'number' && typeof currency === 'string')
      return { amount_minor: amount, currency };
  }
  return { amount_minor: null, currency: null };
}

function outcomeOf({ stored, duplicate, quarantined, rejected, items }: BatchAnswer): Delivery['outcome'] {
  if (rejected > 0) return 'refused';
  if (quarantined > 0) return 'quarantined';
  if (stored > 0) return 'stored';
  if (items.some(({ code }) => code === 'duplicate_differs')) return 'differs';
  return duplicate > 0 ? 'duplicate' : 'refused';
}

function reasonOf({ items }: BatchAnswer): string {
  const of = (wanted: ItemAnswer['status']) => items.find(({ status }) => status === wanted);
  const worst = of('rejected') ?? of('quarantined') ?? items[0];
  return worst ? `${worst.path} ${worst.message}`.trim().slice(0, 300) : '';
}

const keyOf = ({ source }: StoredSource): ActiveKey => ({
  keyId: `webhook:${source}`,
  scopes: new Set(['ingest'] as const),
  allowance: { sources: new Set([source]), types: new Set() },
  limit: null
});

/** @returns what became of it; it is answered */
async function take(response: ServerResponse, { source, core }: Addressed, understood: Understood): Promise<Noted> {
  const { told, subject, events } = understood;
  const types = events.map(({ type }) => (typeof type === 'string' ? type : ''));
  const about = { told: told.slice(0, 100), subject: subject.slice(0, 128), became: types, ...moneyOf(understood) };
  if (events.length === 0) {
    sendJson(response, 200, { stored: 0, duplicate: 0, quarantined: 0, rejected: 0, ignored: 1, items: [] });
    return { ...about, outcome: 'ignored', reason: understood.ignored ?? '' };
  }
  const { body, faults } = toBody(events, source.source);
  const key = keyOf(source);
  const received = await core.receive.body(body, 'batch', () => key, { faults });
  if (!received.ok) {
    refuse(response, key, received.failure);
    return { ...about, outcome: 'refused', reason: received.failure.kind };
  }
  const { answer } = received.value;
  // platforms count only 200; a body of which something was not kept is the sender's to correct, and to send again
  sendJson(response, answer.rejected > 0 ? 400 : 200, { ...answer, ignored: 0 });
  return { ...about, outcome: outcomeOf(answer), reason: reasonOf(answer) };
}

const nothing = (reason: string): Noted => ({
  told: '',
  subject: '',
  became: [],
  amount_minor: null,
  currency: null,
  outcome: 'refused',
  reason
});

const UNSIGNED = 'the signature, its moment (±5 min) or the secret is not that of this source';

/** What is known of a call before its body is. */
function headOf({ request, url, context }: Exchange, rest: readonly string[]): Call {
  const header = (name: string): string | undefined => {
    const value = request.headers[name];
    return typeof value === 'string' ? value : undefined;
  };
  return { raw: Buffer.alloc(0), header, rest, query: url.searchParams, now: context.now() };
}

async function judge(response: ServerResponse, addressed: Addressed, call: Call, isOurs: boolean): Promise<Noted> {
  const { source } = addressed;
  if (!isOurs) {
    sendProblem(response, 401, UNSIGNED);
    return nothing('signature');
  }
  const understood = WEBHOOK_PLATFORMS[source.platform].toEvents(call, source.settings);
  if (understood !== NOT_JSON) return take(response, addressed, understood);
  sendProblem(response, 400, 'the body is not UTF-8 JSON');
  return nothing('not JSON');
}

interface Reading {
  readonly encoding: Encoding;
  readonly hold: Hold;
}

async function receiveCall(exchange: Exchange, addressed: Addressed, { encoding, hold }: Reading): Promise<void> {
  const { request, response, context } = exchange;
  const { source, rest } = addressed;
  const began = performance.now();
  const head = headOf(exchange, rest);
  const note = (noted: Noted, used: number): void => {
    context.metrics.countDelivery(source.platform, noted.outcome);
    context.sources.note(source.source, {
      received_at: head.now,
      ...noted,
      status: response.statusCode,
      took_ms: Math.round(performance.now() - began),
      by_earlier_secret: used > 0
    });
  };
  if (!WEBHOOK_PLATFORMS[source.platform].signsBody && secretUsed(head, source, context) < 0) {
    sendProblem(response, 401, UNSIGNED, { connection: 'close' });
    return note(nothing('signature'), -1);
  }
  const body = await readBody(request, encoding, { bytesMax: BODY_BYTES_MAX, hold });
  if (!body.ok) return refuseBody(response, body.failure, BODY_MIB_MAX);
  const call: Call = { ...head, raw: body.value };
  const used = secretUsed(call, source, context);
  note(await judge(response, addressed, call, used >= 0), used);
}

/** @returns the route; it counts the bodies it holds, so make one for all calls */
export function createWebhooksRoute(): (exchange: Exchange) => Promise<void> {
  const held = new HeldBytes(HELD_BYTES_MAX);
  const heldBySource = new Map<string, HeldBytes>();
  const heldFor = ({ source }: StoredSource): HeldBytes => {
    const known = heldBySource.get(source) ?? new HeldBytes(HELD_BYTES_MAX_SOURCE);
    heldBySource.set(source, known);
    return known;
  };
  return async (exchange) => {
    const addressed = address(exchange);
    if (!addressed) return;
    const { request, response } = exchange;
    const encoding = readEncoding(request.headers['content-encoding']);
    if (!encoding)
      return sendProblem(response, 415, 'Content-Encoding must be gzip, zstd or none', { connection: 'close' });
    await held.during((ofAll) =>
      heldFor(addressed.source).during((ofSource) =>
        receiveCall(exchange, addressed, { encoding, hold: (bytes) => ofSource(bytes) && ofAll(bytes) })
      )
    );
  };
}
