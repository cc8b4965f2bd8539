/**
 * CloudEvents over HTTP in binary mode: attributes in `ce-` headers, data in the body, its media type in Content-Type.
 * It is made into the structured event it stands for, so that one way of decoding judges it, and quarantine keeps all of it.
 */
import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { fail, ok, type Result } from '#lib/contracts/result.ts';
import { parseExactly } from '#ingest/decode/exact-numbers.ts';
import type { BodyFault } from '#ingest/decode/items.ts';
import { isJsonType, isTextType, isUnicode, readMediaType } from './media.ts';

const PREFIX = 'ce-';
const REQUIRED = ['ce-specversion', 'ce-id', 'ce-source', 'ce-type'] as const;
/** what the body and Content-Type say; a header of that name is not an attribute */
const NOT_ATTRIBUTES: ReadonlySet<string> = new Set(['data', 'data_base64', 'datacontenttype']);

/** A request of CloudEvents' own media types is structured, whatever its headers. */
export const isBinaryMode = (headers: IncomingHttpHeaders): boolean =>
  REQUIRED.some((name) => headers[name] !== undefined) &&
  !readMediaType(headers['content-type']).type.startsWith('application/cloudevents');

/** Node reads header bytes as Latin-1; the binding wants percent-encoded UTF-8, and may quote the value. */
function headerText(value: string): string {
  const quoted = /^"(.*)"$/s.exec(value)?.[1];
  const bare = quoted === undefined ? value : quoted.replace(/\\(.)/g, '$1');
  const bytes = Buffer.from(bare, 'latin1');
  const text = isUtf8(bytes) ? bytes.toString('utf8') : bare;
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      // no UTF-8: it is kept as it came
      return encoded;
    }
  });
}

function attributes(headers: IncomingHttpHeaders): Record<string, string> {
  const entries = Object.entries(headers).flatMap(([header, value]): [string, string][] => {
    const name = header.slice(PREFIX.length);
    if (!header.startsWith(PREFIX) || NOT_ATTRIBUTES.has(name) || value === undefined) return [];
    return [[name, headerText(Array.isArray(value) ? value.join(', ') : value)]];
  });
  const type = headers['content-type'];
  return Object.fromEntries(type === undefined ? entries : [...entries, ['datacontenttype', type]]);
}

/** The body as a member of the structured event; '' without a body. Without a media type nothing is inferred: it is bytes. */
function dataMember(contentType: string | undefined, body: Buffer): Result<string, BodyFault> {
  if (body.length === 0) return ok('');
  const media = readMediaType(contentType);
  const isText = isUnicode(media) && isUtf8(body);
  if (isText && isJsonType(media.type)) {
    const text = body.toString('utf8').replace(/^\ufeff/, '');
    try {
      parseExactly(text);
    } catch {
      return fail({
        kind: 'invalid_json',
        retryable: false,
        message: 'the body is not JSON, as its Content-Type says'
      });
    }
    // as written: numbers that a double cannot hold must not change on the way
    return ok(`"data":${text.trim()}`);
  }
  if (isText && isTextType(media.type)) return ok(`"data":${JSON.stringify(body.toString('utf8'))}`);
  return ok(`"data_base64":"${body.toString('base64')}"`);
}

/** @returns the event in structured JSON; a fault when the body is not what its media type says */
export function toStructured(headers: IncomingHttpHeaders, body: Buffer): Result<Buffer, BodyFault> {
  const data = dataMember(headers['content-type'], body);
  if (!data.ok) return data;
  const members = Object.entries(attributes(headers)).map(
    ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`
  );
  return ok(Buffer.from(`{${[...members, ...(data.value === '' ? [] : [data.value])].join(',')}}`));
}
