/** `GET /openapi.json`: the contract as OpenAPI 3.1, its schemas made from the zod schemas that requests are parsed with. */
import { z } from 'zod';
import { eventSchemas } from '#lib/contracts/events/registry.ts';
import { BatchAnswer, Problem, StreamAnswer } from '#lib/contracts/ingest.ts';
import { QuarantineFilter, QuarantineRows, ReplayAnswer, ReplayRequest } from '#lib/contracts/quarantine.ts';
import { Envelope } from '#ingest/decode/envelope.ts';
import { ITEMS_MAX } from '#ingest/decode/items.ts';
import { sendJson } from './answer.ts';
import type { Route } from './context.ts';
import { MEDIA_TYPES } from './media.ts';

type Json = Record<string, unknown>;

/** What a producer sends (`input`) or is answered (`output`), without the marks of a document of its own. */
function schemaOf(schema: z.core.$ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' });
  return rest;
}

const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
const json = (schema: Json, type = 'application/json'): Json => ({ content: { [type]: { schema } } });
const header = (description: string): Json => ({ description, schema: { type: 'string' } });
const problem = (description: string, headers: Json = {}): Json => ({
  description,
  ...json(ref('Problem'), 'application/problem+json'),
  ...(Object.keys(headers).length > 0 && { headers })
});
const query = (name: string, description: string, schema: Json): Json => ({ name, in: 'query', description, schema });

const RETRY = { 'Retry-After': header('seconds') };
const RATE = {
  RateLimit: header('what is left of the burst, and when it is whole again; only for a key with a rate'),
  'RateLimit-Policy': header('the burst: events in its window of seconds; only for a key with a rate')
};
const FAULTS = {
  401: problem('no key, an unknown or a revoked one', { 'WWW-Authenticate': header('Bearer') }),
  403: problem('the key’s scope does not cover the call, or every item lies outside its sources'),
  503: problem('the journal is full or cannot be written, or the service is still starting: nothing was taken', RETRY)
};
const BODY_FAULTS = {
  400: problem('not JSON, or not what Content-Encoding or Content-Type say'),
  413: problem(`more than 10 MiB after decompression, or than ${ITEMS_MAX} events`),
  415: problem('a media type, charset or encoding that is not taken', { 'Accept-Encoding': header('gzip, zstd') })
};

/** One schema a type: the envelope with that type’s data. */
function eventComponents(): { readonly schemas: Json; readonly names: readonly string[] } {
  const envelope = schemaOf(Envelope, 'input');
  const schemas = Object.fromEntries(
    Object.entries(eventSchemas).map(([type, data]) => [
      type,
      {
        allOf: [ref('Envelope')],
        type: 'object',
        properties: { type: { const: type }, data: schemaOf(data, 'input') },
        required: ['id', 'source', 'type', 'data']
      }
    ])
  );
  return { schemas: { Envelope: envelope, ...schemas }, names: Object.keys(schemas) };
}

const BINARY_NOTE =
  'CloudEvents binary mode: attributes in ce- headers, the data in the body under any other Content-Type.';

function eventsPath(): Json {
  const bodies = Object.fromEntries(
    MEDIA_TYPES.map((type) => {
      const list = { type: 'array', items: ref('Event') };
      if (type === 'application/json') return [type, { schema: { oneOf: [ref('Event'), list] } }];
      if (type.includes('batch')) return [type, { schema: list }];
      return [
        type,
        { schema: type.includes('ndjson') ? { type: 'string', description: 'an event a line' } : ref('Event') }
      ];
    })
  );
  return {
    post: {
      summary: 'Send events',
      description: `Answered when all of it is on disk. ${BINARY_NOTE}`,
      security: [{ key: [] }],
      parameters: [
        query('backfill', 'a lane of its own that live traffic overtakes', { type: 'boolean' }),
        query('stream', 'an endless NDJSON body, acknowledged line by line while it lasts', { type: 'boolean' }),
        { name: 'Content-Encoding', in: 'header', schema: { enum: ['identity', 'gzip', 'zstd'] } }
      ],
      requestBody: { required: true, content: bodies },
      responses: {
        200: {
          description: 'all stored or duplicate; with stream: an acknowledgement a line, after each fsync',
          headers: RATE,
          content: {
            'application/json': { schema: ref('BatchAnswer') },
            'application/x-ndjson': { schema: ref('StreamAnswer') }
          }
        },
        207: { description: 'some were not stored: see items', headers: RATE, ...json(ref('BatchAnswer')) },
        ...FAULTS,
        ...BODY_FAULTS,
        400: {
          description: 'every item was rejected (a batch answer), or the body cannot be read (a problem)',
          content: {
            'application/json': { schema: ref('BatchAnswer') },
            'application/problem+json': { schema: ref('Problem') }
          }
        },
        408: problem('the body came too slowly'),
        429: problem('over the key’s rate; nothing was taken', { ...RETRY, ...RATE })
      }
    }
  };
}

function quarantinePaths(): Json {
  const { properties = {} } = z
    .object({ properties: z.record(z.string(), z.looseObject({})).optional() })
    .parse(schemaOf(QuarantineFilter, 'input'));
  return {
    '/v1/quarantine': {
      get: {
        summary: 'List what could not be used, newest first',
        security: [{ key: [] }],
        parameters: Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', schema })),
        responses: {
          200: { description: 'rows', ...json(ref('QuarantineRows')) },
          ...FAULTS,
          400: problem('a filter that is none')
        }
      }
    },
    '/v1/quarantine/replay': {
      post: {
        summary: 'Take events in again, as they came or corrected',
        security: [{ key: [] }],
        requestBody: { required: true, ...json(ref('ReplayRequest')) },
        responses: {
          200: { description: 'what became of them', ...json(ref('ReplayAnswer')) },
          ...FAULTS,
          ...BODY_FAULTS
        }
      }
    }
  };
}

const parameter = (name: string): Json => ({ name, in: 'path', required: true, schema: { type: 'string' } });
const text = { 'text/plain': { schema: { type: 'string' } } };
const healthPaths = (): Json => ({
  '/v1/webhooks/{platform}/{source}': {
    post: {
      summary: 'What a platform tells by itself, signed in its own way',
      parameters: ['platform', 'source'].map(parameter),
      requestBody: { required: true, content: { 'application/json': { schema: {} } } },
      responses: {
        200: { description: 'stored, known, or of no use to us' },
        400: problem('not UTF-8 JSON, or nothing of it can be stored'),
        401: problem('its signature or timestamp is wrong'),
        404: problem('no such source'),
        413: problem('more than 2 MiB after decompression'),
        415: problem('an encoding that is not taken'),
        503: problem('it cannot be taken now', RETRY)
      }
    }
  },
  '/healthz': { get: { summary: 'Liveness', responses: { 200: { description: 'the process answers' } } } },
  '/readyz': {
    get: {
      summary: 'Readiness',
      responses: { 200: { description: 'events can be taken' }, 503: problem('not yet', RETRY) }
    }
  },
  '/metrics': { get: { summary: 'Metrics', responses: { 200: { description: 'Prometheus text', content: text } } } },
  '/openapi.json': { get: { summary: 'This document', responses: { 200: { description: 'OpenAPI 3.1' } } } }
});

/** The document; the same for the life of the process. */
export function openApiDocument(): Json {
  const events = eventComponents();
  return {
    openapi: '3.1.1',
    info: {
      title: 'Pulso ingest',
      version: '1',
      description: 'What is answered “stored” is on disk, survives a power loss, and reaches every figure exactly once.'
    },
    paths: { '/v1/events': eventsPath(), ...quarantinePaths(), ...healthPaths() },
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'a key of one producer' } },
      schemas: {
        Event: {
          oneOf: events.names.map(ref),
          discriminator: {
            propertyName: 'type',
            mapping: Object.fromEntries(events.names.map((name) => [name, `#/components/schemas/${name}`]))
          }
        },
        ...events.schemas,
        BatchAnswer: schemaOf(BatchAnswer, 'output'),
        StreamAnswer: schemaOf(StreamAnswer, 'output'),
        Problem: schemaOf(Problem, 'output'),
        QuarantineRows: schemaOf(QuarantineRows, 'output'),
        ReplayRequest: schemaOf(ReplayRequest, 'input'),
        ReplayAnswer: schemaOf(ReplayAnswer, 'output')
      }
    }
  };
}

/** @returns the route; the document is made at its first request */
export function createOpenApiRoute(): Route {
  let document: Json | undefined;
  return ({ response }) => sendJson(response, 200, (document ??= openApiDocument()));
}
