/** One item of a request → an event we can use, or why not. */
import { isUtf8 } from 'node:buffer';
import type { QuarantineCode, RejectCode } from '#lib/contracts/ingest.ts';
import {
  eventSchemas,
  isEventType,
  streamOf,
  type AcceptedEvent,
  type EventType
} from '#lib/contracts/events/registry.ts';
import type { Stream } from '#lib/contracts/streams.ts';
import { parseInstant } from '#lib/contracts/time.ts';
import type { z } from 'zod';
import { contentHash, countKeys, hasLoneSurrogate, sortedJson } from './canonical.ts';
import { Envelope } from './envelope.ts';
import { parseExactly } from './exact-numbers.ts';
import { firstFault, type Fault } from './fault.ts';
import { NOT_JSON, type Items } from './items.ts';

/** How far a producer's clock may run ahead of ours. */
const AHEAD_MAX_MS = 5 * 60_000;
/** The derived tables count minutes and days since 1970. */
const EARLIEST_MS = 0;

export interface Usable {
  readonly kind: 'usable';
  /** seq is 0: the journal gives the position */
  readonly event: AcceptedEvent;
  readonly stream: Stream;
  /** canonical JSON of data, unknown keys kept */
  readonly data: string;
  /** see contentHash */
  readonly content: number;
  readonly unknownKeys: number;
}

/** A readable envelope whose type, data or time we cannot use. */
export interface Unusable {
  readonly kind: 'quarantined';
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly code: QuarantineCode;
  readonly fault: Fault;
  /** as received */
  readonly raw: string;
  /** 0: the content cannot be compared */
  readonly content: number;
}

export interface Refused {
  readonly kind: 'rejected';
  readonly id: string | null;
  readonly code: RejectCode;
  readonly fault: Fault;
}

export type Decoded = Usable | Unusable | Refused;

/** What the caller may send. Empty: anything. */
export interface Allowance {
  readonly sources: ReadonlySet<string>;
  readonly types: ReadonlySet<string>;
}

export interface DecodeContext {
  /** epoch ms, the moment of receipt */
  readonly receivedAt: number;
  readonly allowance: Allowance;
  /** why it cannot be used, where that was found before it was made into an event */
  readonly fault?: Fault | undefined;
}

const refused = (id: string | null, code: RejectCode, fault: Fault): Refused => ({ kind: 'rejected', id, code, fault });

interface Candidate {
  readonly seq: number;
  readonly source: string;
  readonly id: string;
  readonly type: EventType;
  readonly time: number;
  readonly received_at: number;
  readonly data: unknown;
}

type Time =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly code: QuarantineCode; readonly message: string };

function readTime(time: unknown, receivedAt: number): Time {
  if (time === undefined || time === null) return { ok: true, value: receivedAt };
  const value = typeof time === 'string' ? parseInstant(time) : undefined;
  if (value === undefined)
    return {
      ok: false,
      code: 'invalid_data',
      message: 'expected an RFC 3339 time with its zone, such as 2026-11-24T14:05:00-03:00'
    };
  if (value > receivedAt + AHEAD_MAX_MS)
    return {
      ok: false,
      code: 'future_time',
      message: 'more than 5 minutes ahead of our clock: check the producer’s clock and zone'
    };
  if (value < EARLIEST_MS) return { ok: false, code: 'unstorable', message: 'a time before 1970 cannot be stored' };
  return { ok: true, value };
}

type Written =
  | { readonly ok: true; readonly data: string; readonly unknownKeys: number }
  | { readonly ok: false; readonly message: string };

/** @param known `data` as its schema reads it, without unknown keys and in the schema's order */
function writeData(data: unknown, known: unknown): Written {
  const all = countKeys(data);
  if (all === undefined) return { ok: false, message: 'nested too deeply' };
  const unknownKeys = all - (countKeys(known) ?? 0);
  const text = unknownKeys === 0 ? JSON.stringify(known) : sortedJson(data);
  if (hasLoneSurrogate(text))
    return { ok: false, message: 'a text holds half a character (a lone surrogate): send valid Unicode' };
  return { ok: true, data: text, unknownKeys };
}

/** Checks data against its type and keeps what the check found. */
function createCheck(): {
  fits(event: Candidate): event is AcceptedEvent;
  known: unknown;
  error: z.ZodError | undefined;
} {
  return {
    known: undefined,
    error: undefined,
    fits(event): event is AcceptedEvent {
      const parsed = eventSchemas[event.type].safeParse(event.data);
      this.known = parsed.data;
      this.error = parsed.error;
      return parsed.success;
    }
  };
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const JSON_TYPE = /^\s*(?:(?:application|text)\/json|[^;]*\+json)\s*(?:;|$)/i;

/** What says nothing of its charset is UTF-8. */
const isUnicode = (type: string): boolean => /^(?:utf-?8|us-ascii)$/i.test(CHARSET.exec(type)?.[1] ?? 'utf-8');
const CHARSET = /;\s*charset\s*=\s*"?([^";\s]*)/i;

type Data = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string };

/** `data`, or what `data_base64` holds. */
function readData({ data, data_base64: bytes, datacontenttype }: Envelope): Data {
  if (bytes === undefined || bytes === null) return { ok: true, value: data };
  if (data !== undefined && data !== null) return { ok: false, message: 'send data or data_base64, not both' };
  if (typeof datacontenttype !== 'string' || !JSON_TYPE.test(datacontenttype))
    return { ok: false, message: 'bytes that datacontenttype does not call JSON: send the data as JSON in data' };
  if (typeof bytes !== 'string' || !BASE64.test(bytes)) return { ok: false, message: 'not base64' };
  const text = Buffer.from(bytes, 'base64');
  if (!isUtf8(text) || !isUnicode(datacontenttype))
    return { ok: false, message: 'JSON is sent in UTF-8: other bytes would be read as other characters' };
  try {
    return { ok: true, value: parseExactly(text.toString('utf8')) };
  } catch {
    return { ok: false, message: 'the bytes are not JSON, as datacontenttype says' };
  }
}

function decodeData(envelope: Envelope, raw: () => string, { receivedAt }: DecodeContext): Usable | Unusable {
  const { source, id, type } = envelope;
  const unusable = (code: QuarantineCode, fault: Fault, content = 0): Unusable => {
    return { kind: 'quarantined', source, id, type, code, fault, raw: raw(), content };
  };
  if (!isEventType(type)) return unusable('unknown_type', { path: '/type', message: 'a type we do not know' });
  const time = readTime(envelope.time, receivedAt);
  const sent = readData(envelope);
  if (!sent.ok) return unusable('invalid_data', { path: '/data_base64', message: sent.message });
  const candidate: Candidate = {
    seq: 0,
    source,
    id,
    type,
    time: time.ok ? time.value : receivedAt,
    received_at: receivedAt,
    data: sent.value
  };
  const check = createCheck();
  if (!check.fits(candidate)) {
    return unusable(
      'invalid_data',
      check.error ? firstFault(check.error, sent.value, ['data']) : { path: '/data', message: 'missing' }
    );
  }
  const written = writeData(sent.value, check.known);
  if (!written.ok) return unusable('unstorable', { path: '/data', message: written.message });
  const content = contentHash(type, written.data);
  if (!time.ok) return unusable(time.code, { path: '/time', message: time.message }, content);
  return {
    kind: 'usable',
    event: candidate,
    stream: streamOf(type),
    data: written.data,
    content,
    unknownKeys: written.unknownKeys
  };
}

function readableId(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !('id' in value) || typeof value.id !== 'string') return null;
  return value.id.toWellFormed().slice(0, 128);
}

/**
 * Decides one item. Allowed sources and types are looked at before the data: what a key may not send is never kept.
 * @returns never throws for anything a producer can send
 */
export function decodeItem(items: Items, index: number, context: DecodeContext): Decoded {
  // what is known to be unusable is kept whatever its size: its sender, a platform, cannot send it smaller
  if (!context.fault && items.isTooLarge(index)) {
    return refused(null, 'event_too_large', { path: '', message: 'an event may have at most 256 KiB' });
  }
  const value = items.value(index);
  if (value === NOT_JSON) return refused(null, 'invalid_json', { path: '', message: 'the line is not JSON' });
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refused(null, 'invalid_envelope', { path: '', message: 'expected a JSON object: one CloudEvents envelope' });
  }
  const envelope = Envelope.safeParse(value);
  if (!envelope.success) return refused(readableId(value), 'invalid_envelope', firstFault(envelope.error, value));
  const { id, source, type } = envelope.data;
  const { sources, types } = context.allowance;
  if (sources.size > 0 && !sources.has(source)) {
    return refused(id, 'source_forbidden', { path: '/source', message: 'this key may not send for this source' });
  }
  if (types.size > 0 && !types.has(type)) {
    return refused(id, 'type_forbidden', { path: '/type', message: 'this key may not send events of this type' });
  }
  const { fault } = context;
  if (fault)
    return { kind: 'quarantined', source, id, type, code: 'invalid_data', fault, raw: items.raw(index), content: 0 };
  return decodeData(envelope.data, () => items.raw(index), context);
}
