/** A request's body as JSON, of which no number is changed. */
import type { IncomingMessage } from 'node:http';
import { fail, ok, type Result } from '#lib/contracts/result.ts';
import { parseExactly } from '#ingest/decode/exact-numbers.ts';
import { readBody, type BodyFailure, type Encoding } from './body.ts';

type JsonFailure = BodyFailure | { readonly kind: 'not_json'; readonly retryable: false };

export async function readJsonBody(
  request: IncomingMessage,
  encoding: Encoding = 'identity'
): Promise<Result<unknown, JsonFailure>> {
  const body = await readBody(request, encoding);
  if (!body.ok) return body;
  try {
    return ok(parseExactly(body.value.toString('utf8')));
  } catch {
    return fail({ kind: 'not_json', retryable: false });
  }
}
