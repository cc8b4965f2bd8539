/**
 * What the ingest service and the dashboard say to each other (`/internal/…`, Bearer INTERNAL_TOKEN).
 * The doorbell is `GET /internal/doorbell`: an endless NDJSON body, one message a line, a beat each second.
 * It carries no figures: only which groups changed and how far things are.
 */
import * as z from 'zod/mini';
import { FACT_GROUPS, STREAMS } from './streams.ts';

const watermarks = z.partialRecord(z.enum(STREAMS), z.int());

export const DoorbellMessage = z.discriminatedUnion('kind', [
  /** the figures of `groups` are committed through journal position `seq` */
  z.object({ kind: z.literal('committed'), groups: z.array(z.enum(FACT_GROUPS)), seq: z.int(), watermarks }),
  /** once a second: newest acknowledged position, newest position visible in every figure, and since when (epoch ms) something waits; null: nothing waits */
  z.object({
    kind: z.literal('beat'),
    acknowledged_seq: z.int(),
    visible_seq: z.int(),
    waiting_since: z.nullable(z.int()),
    clickhouse_ok: z.boolean()
  }),
  /** derived tables were exchanged by a rebuild: read everything again */
  z.object({ kind: z.literal('rebuilt'), seq: z.int() })
]);
export type DoorbellMessage = z.infer<typeof DoorbellMessage>;

/** An ingest key as settings show it; the secret itself is shown once, at creation. */
export const IngestKey = z.object({
  key_id: z.string(),
  name: z.string(),
  last4: z.string(),
  scopes: z.array(z.enum(['ingest', 'quarantine'])),
  /** empty: all */
  sources: z.array(z.string()),
  types: z.array(z.string()),
  /** events a second; null: unlimited */
  rate: z.nullable(z.int()),
  created_at: z.int(),
  last_used_at: z.nullable(z.int()),
  revoked_at: z.nullable(z.int()),
  /** rotated: until then this key and the one that took its place are both accepted; null: no end */
  expires_at: z.nullable(z.int())
});
export type IngestKey = z.infer<typeof IngestKey>;
export const NewIngestKey = z.object({
  name: z.string().check(z.minLength(1), z.maxLength(80)),
  scopes: z._default(z.array(z.enum(['ingest', 'quarantine'])), ['ingest']),
  sources: z._default(z.array(z.string()), []),
  types: z._default(z.array(z.string()), []),
  rate: z._default(z.nullable(z.int().check(z.positive())), null)
});
export type NewIngestKey = z.infer<typeof NewIngestKey>;
/** How long a rotated key is accepted beside its successor: 0 to 30 days. */
export const RotateKey = z.object({
  grace_hours: z._default(z.number().check(z.minimum(0), z.maximum(24 * 30)), 24)
});

/** `POST /internal/keys/:key_id/rotate` RotateKey → {key, secret} of the successor; `GET /internal/keys` → {keys}; `POST /internal/keys` NewIngestKey → {key, secret}; `POST /internal/keys/:key_id/revoke` → {key} */
export const KeysAnswer = z.object({ keys: z.array(IngestKey) });
export const KeyCreated = z.object({ key: IngestKey, secret: z.string() });
