/**
 * Sources whose platform calls us (`POST /v1/webhooks/:platform/:source`), as settings and the operator's commands see them.
 * The ingest service owns them; `/internal/sources…` carries these shapes. Browser-safe.
 */
import * as z from 'zod/mini';

export const PLATFORMS = ['standard', 'asaas', 'pix', 'stripe', 'shopify'] as const;
export type Platform = (typeof PLATFORMS)[number];

/** It is a segment of an address and the `source` of every event: letters, digits and `. _ ~ : @ -`. */
const SourceName = z.string().check(z.maxLength(128), z.regex(/^[A-Za-z0-9][A-Za-z0-9._~:@-]*$/));
const Account = z.string().check(z.minLength(1), z.maxLength(128));

/** What a platform does not tell by itself. Each platform reads its own part of it. */
export const SourceSettings = z.object({
  /** the account in which its money becomes available; null: named after the platform */
  account: z.nullable(Account),
  /** the own bank account its payouts go to */
  bank_account: Account,
  /** the till that takes and gives cash */
  cash_account: Account,
  /** what a payment costs where the platform does not say: hundredths of a percent of the amount, and minor units beside it */
  fee_bps: z.int().check(z.minimum(0), z.maximum(10_000)),
  fee_fixed_minor: z.int().check(z.minimum(0), z.maximum(1_000_000)),
  /** what the platform's free reference (externalReference, txid) names */
  reference: z.enum(['none', 'order', 'invoice']),
  /** where a payload names no currency */
  currency: z.string().check(z.regex(/^[A-Z]{3}$/)),
  /** inventory item id → sku */
  skus: z.record(z.string(), z.string().check(z.minLength(1), z.maxLength(128)))
});
export type SourceSettings = z.infer<typeof SourceSettings>;
export const DEFAULT_SETTINGS: SourceSettings = {
  account: null,
  bank_account: 'banco',
  cash_account: 'caixa',
  fee_bps: 0,
  fee_fixed_minor: 0,
  reference: 'none',
  currency: 'BRL',
  skus: {}
};

/** Times in epoch ms. The secret itself is never told again. */
const SourceSecret = z.object({
  last4: z.string(),
  created_at: z.int(),
  /** null: the current one; else an earlier one, accepted until then */
  accepted_until: z.nullable(z.int())
});

export const WebhookSource = z.object({
  source: z.string(),
  platform: z.enum(PLATFORMS),
  settings: SourceSettings,
  secrets: z.array(SourceSecret),
  created_at: z.int(),
  disabled_at: z.nullable(z.int()),
  /** its last delivery that was let in */
  last_seen_at: z.nullable(z.int()),
  /** minutes without a delivery after which it counts as silent; null: never */
  silent_after_minutes: z.nullable(z.int()),
  /** since when it has been silent for longer than that; null: it is not */
  silent_since: z.nullable(z.int())
});
export type WebhookSource = z.infer<typeof WebhookSource>;

const Secret = z.string().check(z.minLength(1), z.maxLength(512));
const SilentAfter = z.nullable(z.int().check(z.minimum(1), z.maximum(525_600)));

export const NewSource = z.object({
  platform: z.enum(PLATFORMS),
  source: SourceName,
  /** left out: one is made */
  secret: z.optional(Secret),
  settings: z._default(z.partial(SourceSettings), {}),
  silent_after_minutes: z._default(SilentAfter, null)
});
export type NewSource = z.infer<typeof NewSource>;

/** What is left out stays. */
export const SourceChange = z.object({
  settings: z.optional(z.partial(SourceSettings)),
  silent_after_minutes: z.optional(SilentAfter),
  disabled: z.optional(z.boolean())
});
export type SourceChange = z.infer<typeof SourceChange>;

/** `overlap_hours`: how long the earlier secret is still accepted; 0 ends it now. No `secret`: one is made. */
export const SecretChange = z.object({
  secret: z.optional(Secret),
  overlap_hours: z._default(z.int().check(z.minimum(0), z.maximum(24 * 30)), 24)
});
export type SecretChange = z.infer<typeof SecretChange>;

/** What became of one call, the first that applies: quarantined before stored before differs before duplicate. */
export const DELIVERY_OUTCOMES = ['quarantined', 'stored', 'differs', 'duplicate', 'ignored', 'refused'] as const;
export const Delivery = z.object({
  received_at: z.int(),
  /** what the platform calls it; '' when unknown */
  told: z.string(),
  /** what it is about, in the platform's ids */
  subject: z.string(),
  outcome: z.enum(DELIVERY_OUTCOMES),
  /** event types it became */
  became: z.array(z.string()),
  /** why not, when it was not stored */
  reason: z.string(),
  amount_minor: z.nullable(z.int()),
  currency: z.nullable(z.string()),
  /** the answer's HTTP status */
  status: z.int(),
  took_ms: z.int(),
  /** it came with an earlier secret */
  by_earlier_secret: z.boolean()
});
export type Delivery = z.infer<typeof Delivery>;

/** `GET /internal/sources`; `POST` there NewSource → SourceCreated; `POST /internal/sources/:source` SourceChange → {source} */
export const SourcesAnswer = z.object({ sources: z.array(WebhookSource) });
export const SourceAnswer = z.object({ source: WebhookSource });
/** `POST /internal/sources` and `POST /internal/sources/:source/secret` SecretChange; `secret` is told when it was made here */
export const SourceCreated = z.object({ source: WebhookSource, secret: z.nullable(z.string()) });
export type SourceCreated = z.infer<typeof SourceCreated>;
/** `GET /internal/sources/:source/deliveries`, newest first */
export const DeliveriesAnswer = z.object({ deliveries: z.array(Delivery) });
