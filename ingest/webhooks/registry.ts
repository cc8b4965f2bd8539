import type { Platform } from '#lib/contracts/sources.ts';
import { asaas } from './asaas.ts';
import { pix } from './pix.ts';
import type { WebhookPlatform } from './platform.ts';
import { shopify } from './shopify.ts';
import { standard } from './standard.ts';
import { stripe } from './stripe.ts';

export const WEBHOOK_PLATFORMS = { standard, asaas, pix, stripe, shopify } as const satisfies Record<
  Platform,
  WebhookPlatform
>;

export const isPlatform = (name: string): name is Platform => name in WEBHOOK_PLATFORMS;
