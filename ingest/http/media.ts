/** Media types of event bodies. */
import type { BodyFormat } from '#ingest/decode/items.ts';

const FORMATS: ReadonlyMap<string, BodyFormat> = new Map([
  ['application/json', 'json'],
  ['application/cloudevents+json', 'single'],
  ['application/cloudevents-batch+json', 'batch'],
  ['application/x-ndjson', 'ndjson'],
  ['application/ndjson', 'ndjson']
]);
export const MEDIA_TYPES = [...FORMATS.keys()].filter((type) => type !== 'application/ndjson');

/** undefined: not one we take, or in another charset than UTF-8 */
export function readFormat(contentType: string | undefined): BodyFormat | undefined {
  const [type = '', ...parameters] = (contentType ?? '').split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice('charset='.length)
    .replaceAll('"', '');
  return charset === undefined || charset === 'utf-8' || charset === 'utf8' ? FORMATS.get(type) : undefined;
}
