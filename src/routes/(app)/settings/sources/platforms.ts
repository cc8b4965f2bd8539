/** What the settings of each platform ask for and say. */
import type { Platform } from '#lib/contracts/sources.ts';
import * as m from '#lib/paraglide/messages.js';

type Setting = 'account' | 'bank_account' | 'cash_account' | 'fee' | 'reference' | 'currency' | 'skus';
interface PlatformFacts {
  readonly name: string;
  /** where to paste the address */
  readonly paste: () => string;
  readonly hint: () => string;
  /** we make the secret and the platform takes it; else the platform makes it */
  readonly takesOurSecret: boolean;
  readonly settings: readonly Setting[];
}

export const PLATFORM_FACTS = {
  asaas: {
    name: 'Asaas',
    paste: m.src_paste_asaas,
    hint: m.src_hint_asaas,
    takesOurSecret: true,
    settings: ['account', 'bank_account', 'cash_account', 'fee', 'reference']
  },
  pix: {
    name: 'Pix',
    paste: m.src_paste_pix,
    hint: m.src_hint_pix,
    takesOurSecret: true,
    settings: ['account', 'cash_account', 'fee', 'reference']
  },
  stripe: {
    name: 'Stripe',
    paste: m.src_paste_stripe,
    hint: m.src_hint_stripe,
    takesOurSecret: false,
    settings: ['account', 'bank_account', 'fee', 'reference']
  },
  shopify: {
    name: 'Shopify',
    paste: m.src_paste_shopify,
    hint: m.src_hint_shopify,
    takesOurSecret: false,
    settings: ['currency', 'skus']
  },
  standard: {
    name: 'Standard Webhooks',
    paste: m.src_paste_standard,
    hint: m.src_hint_standard,
    takesOurSecret: true,
    settings: []
  }
} as const satisfies Record<Platform, PlatformFacts>;

export const factsOf = (platform: Platform): PlatformFacts => PLATFORM_FACTS[platform];

/** The path to paste, in the parts it may wrap between. */
export const addressOf = (platform: Platform, source: string): string =>
  `/v1/webhooks/${platform}/${source}${platform === 'pix' ? '/SEGREDO' : ''}`;
