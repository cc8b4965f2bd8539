/**
 * Standard Webhooks (standardwebhooks.com) around our own envelope: one event or an array of them. What the envelope leaves out comes
 * from the scheme: `id` from webhook-id, `time` from the body's `timestamp`, `source` from the address.
 */
import { randomBytes } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import { parseExactly } from '#ingest/decode/exact-numbers.ts';
import { idOfBody } from './payload.ts';
import { NOT_JSON, type Call, type Told, type Understood, type WebhookPlatform } from './platform.ts';
import { hmacSha256, isSame, isTimely } from './signatures.ts';

const PREFIX = 'whsec_';
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** null: nothing that could sign */
function keyOf(secret: string): Buffer | null {
  const text = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
  const key = BASE64.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0);
  return key.length === 0 ? null : key;
}

/** The scheme's headers, also under the names that Svix sends. */
const field = (call: Call, name: string): string | undefined =>
  call.header(`webhook-${name}`) ?? call.header(`svix-${name}`);

function verify(call: Call, secret: string): boolean {
  const key = keyOf(secret);
  const id = field(call, 'id');
  const timestamp = field(call, 'timestamp');
  const signatures = field(call, 'signature');
  if (!key || !id || !timestamp || !signatures || !isTimely(timestamp, call.now)) return false;
  const expected = hmacSha256(key, `${id}.${timestamp}.`, call.raw).toString('base64');
  let isOurs = false;
  for (const signature of signatures.split(' ')) {
    const [version, value = ''] = signature.split(',', 2);
    // each is compared: how long it takes must not tell which one fits
    if (version === 'v1' && isSame(value, expected)) isOurs = true;
  }
  return isOurs;
}

function toTold(value: unknown, fallbackId: string): Told {
  const envelope: Record<string, unknown> =
    typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : { data: value };
  const { id = fallbackId, type, timestamp, time = timestamp, data, source } = envelope;
  const { specversion, data_base64, datacontenttype } = envelope;
  return { specversion, id, type, time, source, data, data_base64, datacontenttype };
}

function toEvents(call: Call): Understood | typeof NOT_JSON {
  if (!isUtf8(call.raw)) return NOT_JSON;
  let body: unknown;
  try {
    body = parseExactly(call.raw.toString('utf8'));
  } catch {
    return NOT_JSON;
  }
  const messageId = field(call, 'id') ?? idOfBody(call.raw);
  const events = Array.isArray(body)
    ? body.map((value, index) => toTold(value, `${messageId}/${index}`))
    : [toTold(body, messageId)];
  const [first] = events;
  return {
    told: typeof first?.type === 'string' ? first.type : '',
    subject: messageId,
    events,
    ignored: first ? undefined : 'an empty list'
  };
}

export const standard: WebhookPlatform = {
  signsBody: true,
  verify,
  toEvents,
  newSecret: () => PREFIX + randomBytes(32).toString('base64'),
  isSecret: (secret) => keyOf(secret) !== null
};
