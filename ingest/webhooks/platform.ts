/** What a platform's adapter is: who may call, and what its payloads mean. Pure functions; the HTTP part is http/webhooks-route.ts. */
import type { z } from 'zod';
import type { eventSchemas, EventType } from '#lib/contracts/events/registry.ts';
import type { SourceSettings } from '#lib/contracts/sources.ts';
import type { Fault } from '#ingest/decode/fault.ts';
import { EVENT_BYTES_MAX } from '#ingest/decode/items.ts';

/** One call, as it came. */
export interface Call {
  readonly raw: Buffer;
  /** a request header by its lower-case name; undefined when missing or given twice */
  readonly header: (name: string) => string | undefined;
  /** what follows `/v1/webhooks/:platform/:source` in the path, decoded, without a query */
  readonly rest: readonly string[];
  readonly query: URLSearchParams;
  /** epoch ms */
  readonly now: number;
}

/** An event before it is decoded: the envelope, to be judged like any other. */
export interface Told {
  readonly id: unknown;
  readonly type: unknown;
  readonly time?: unknown;
  readonly data?: unknown;
  /** more of the envelope, where the platform tells one */
  readonly specversion?: unknown;
  readonly data_base64?: unknown;
  readonly datacontenttype?: unknown;
  /** left out: that of the address; another one, as `standard` bodies may name, will be refused */
  readonly source?: unknown;
  /** why it cannot be used, where the platform's payload tells it better than the event's schema */
  readonly fault?: Fault | undefined;
}

export interface Understood {
  /** what the platform calls it, such as PAYMENT_RECEIVED */
  readonly told: string;
  /** what it is about, in the platform's ids */
  readonly subject: string;
  /** none: we have no use for it */
  readonly events: readonly Told[];
  /** why there are none */
  readonly ignored?: string | undefined;
}

/** The body is not JSON: the caller is told so, and nothing is kept. */
export const NOT_JSON = Symbol('not JSON');

export interface WebhookPlatform {
  /** false: the secret itself comes with the call, so that a stranger's body need not be read */
  readonly signsBody: boolean;
  /** constant-time, over the raw bytes where the scheme signs them */
  verify(call: Call, secret: string): boolean;
  /**
   * Depends on the call's content alone, never on when or how often it came: the same call gives the same ids and data.
   * Never throws for anything a caller can send.
   */
  toEvents(call: Call, settings: SourceSettings): Understood | typeof NOT_JSON;
  /** An event that waited for a setting, when the setting is there: as toEvents would tell it now. Anything else as it is. */
  readonly complete?: (event: unknown, settings: SourceSettings) => unknown;
  /** a secret of the form the platform takes; null: the platform gives it */
  readonly newSecret: (() => string) | null;
  /** can this secret sign at all? */
  readonly isSecret: (secret: string) => boolean;
}

type DataOf<T extends EventType> = z.input<(typeof eventSchemas)[T]>;

/** An event whose data the compiler holds to its type. */
export const told = <T extends EventType>(type: T, id: string, time: string, data: DataOf<T>): Told => ({
  id,
  type,
  time,
  data
});

export const ignored = (what: string, subject: string, why: string): Understood => ({
  told: what,
  subject,
  events: [],
  ignored: why
});

const TOO_LARGE: Fault = { path: '', message: 'an event may have at most 256 KiB: shorten it here' };

/** The events as a body that ingest takes, and what is known to be wrong with some, by place. */
export function toBody(
  events: readonly Told[],
  source: string
): { readonly body: Buffer; readonly faults: ReadonlyMap<number, Fault> } {
  const faults = new Map<number, Fault>();
  const texts = events.map(({ fault, ...envelope }, index) => {
    const text = JSON.stringify({ ...envelope, source: envelope.source === undefined ? source : envelope.source });
    const known = fault ?? (Buffer.byteLength(text) > EVENT_BYTES_MAX ? TOO_LARGE : undefined);
    if (known) faults.set(index, known);
    return text;
  });
  return { body: Buffer.from(`[${texts.join()}]`), faults };
}
