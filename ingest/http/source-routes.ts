/** `/internal/sources…`: what the settings pages ask about the platforms that call us. */
import {
  DeliveriesAnswer,
  NewSource,
  SecretChange,
  SourceAnswer,
  SourceChange,
  SourceCreated,
  SourcesAnswer
} from '#lib/contracts/sources.ts';
import type { Made, SourceFault } from '#ingest/sources/sources.ts';
import { sendJson, sendProblem } from './answer.ts';
import type { Exchange, Route } from './context.ts';
import { readJson } from './internal-routes.ts';

const FAULTS = {
  taken: [409, 'there is a source of this name'],
  secret_missing: [400, 'this platform gives the secret itself: send it as secret'],
  secret_unusable: [400, 'nothing can be checked with this secret'],
  not_found: [404, 'no such source']
} as const satisfies Record<SourceFault, readonly [number, string]>;

/** `/internal/sources/NAME/…` */
function nameOf({ url }: Exchange): string {
  const segment = url.pathname.split('/')[3] ?? '';
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function refuseSource({ response }: Exchange, fault: SourceFault): void {
  const [status, detail] = FAULTS[fault];
  sendProblem(response, status, detail);
}

function answer(exchange: Exchange, status: 200 | 201, made: Made, what: string): void {
  const { response, context } = exchange;
  if ('fault' in made) return refuseSource(exchange, made.fault);
  context.log.info({ source: made.source.source, platform: made.source.platform }, what);
  sendJson(response, status, SourceCreated.parse(made));
}

export const listSources: Route = ({ response, context }) =>
  sendJson(response, 200, SourcesAnswer.parse({ sources: context.sources.list() }));

export const createSource: Route = async (exchange) => {
  const input = NewSource.safeParse(await readJson(exchange));
  if (!input.success)
    return sendProblem(
      exchange.response,
      400,
      'expected {platform, source, secret?, settings?, silent_after_minutes?}'
    );
  answer(exchange, 201, exchange.context.sources.create(input.data), 'webhook source added');
};

export const changeSource: Route = async (exchange) => {
  const { response, context } = exchange;
  const input = SourceChange.safeParse(await readJson(exchange));
  if (!input.success) return sendProblem(response, 400, 'expected {settings?, silent_after_minutes?, disabled?}');
  const source = context.sources.change(nameOf(exchange), input.data);
  if (!source) return refuseSource(exchange, 'not_found');
  context.log.info({ source: source.source, disabled: source.disabled_at !== null }, 'webhook source changed');
  sendJson(response, 200, SourceAnswer.parse({ source }));
};

export const rotateSecret: Route = async (exchange) => {
  const input = SecretChange.safeParse(await readJson(exchange));
  if (!input.success) return sendProblem(exchange.response, 400, 'expected {secret?, overlap_hours?}');
  answer(exchange, 200, exchange.context.sources.rotate(nameOf(exchange), input.data), 'webhook secret changed');
};

export const endEarlierSecrets: Route = (exchange) =>
  answer(exchange, 200, exchange.context.sources.endEarlier(nameOf(exchange)), 'earlier webhook secret ended');

export const listDeliveries: Route = (exchange) =>
  sendJson(
    exchange.response,
    200,
    DeliveriesAnswer.parse({ deliveries: exchange.context.sources.deliveries(nameOf(exchange)) })
  );
