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

interface MediaType {
  /** lower case, without parameters; '' when there is none */
  readonly type: string;
  /** lower case; undefined: none named */
  readonly charset: string | undefined;
}

export function readMediaType(contentType: string | undefined): MediaType {
  const [type = '', ...parameters] = (contentType ?? '').split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice('charset='.length)
    .replaceAll('"', '');
  return { type, charset };
}

/** Text in it is UTF-8, of which ASCII is a part. */
export const isUnicode = ({ charset }: MediaType): boolean =>
  charset === undefined || ['utf-8', 'utf8', 'us-ascii'].includes(charset);
export const isJsonType = (type: string): boolean => /^(?:application|text)\/json$|\+json$/.test(type);
export const isTextType = (type: string): boolean => /^text\/|^application\/xml$|\+xml$/.test(type);

/** undefined: not one we take, or in another charset than UTF-8 */
export function readFormat(contentType: string | undefined): BodyFormat | undefined {
  const media = readMediaType(contentType);
  return isUnicode(media) ? FORMATS.get(media.type) : undefined;
}
