import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PLATFORMS } from '#lib/contracts/sources.ts';
import { call, NOW } from './calls.fixture.ts';
import type { Call } from './platform.ts';
import { WEBHOOK_PLATFORMS } from './registry.ts';

const SECRETS = {
  standard: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  asaas: 'token-do-asaas',
  pix: 'segredo-do-banco',
  stripe: 'whsec_test_secret',
  shopify: 'shpss_test_secret'
} as const;
const sign = (key: string | Buffer, text: string, encoding: 'hex' | 'base64'): string =>
  createHmac('sha256', key).update(text).digest(encoding);

/** A call as the platform makes it. @param seconds when it was signed */
function signed(platform: (typeof PLATFORMS)[number], body: string, seconds = NOW / 1_000): Call {
  switch (platform) {
    case 'standard': {
      const key = Buffer.from(SECRETS.standard.slice('whsec_'.length), 'base64');
      return call(body, {
        'webhook-id': 'msg_1',
        'webhook-timestamp': String(seconds),
        'webhook-signature': `v1,${sign(key, `msg_1.${seconds}.${body}`, 'base64')}`
      });
    }
    case 'stripe':
      return call(body, { 'stripe-signature': `t=${seconds},v1=${sign(SECRETS.stripe, `${seconds}.${body}`, 'hex')}` });
    case 'shopify':
      return call(body, { 'x-shopify-hmac-sha256': sign(SECRETS.shopify, body, 'base64') });
    case 'asaas':
      return call(body, { 'asaas-access-token': SECRETS.asaas });
    case 'pix':
      return call(body, {}, [SECRETS.pix, 'pix']);
  }
}

describe.each(PLATFORMS)('%s', (platform) => {
  const { verify, isSecret, newSecret, toEvents } = WEBHOOK_PLATFORMS[platform];

  it('takes what its secret signed, and nothing by another secret or none', () => {
    const ours = signed(platform, '{"a": 1}');
    expect(verify(ours, SECRETS[platform])).toBe(true);
    expect(verify(ours, `${SECRETS[platform].slice(0, -1)}0`)).toBe(false);
    expect(verify(call('{"a": 1}'), SECRETS[platform])).toBe(false);
    expect(isSecret('')).toBe(false);
  });

  it('makes secrets that it can use, no two alike, where the platform takes ours', () => {
    if (newSecret === null) return;
    const [one, two] = [newSecret(), newSecret()];
    expect([isSecret(one), one === two]).toEqual([true, false]);
  });

  it('never throws, whatever is sent', () => {
    const settings = {
      account: null,
      bank_account: 'b',
      cash_account: 'c',
      fee_bps: 0,
      fee_fixed_minor: 0,
      reference: 'none',
      currency: 'BRL',
      skus: {}
    } as const;
    const topics = ['orders/create', 'refunds/create', 'inventory_levels/update', 'constructor', ''];
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), fc.constantFrom(...topics), (body, topic) => {
        const one = call(body, { 'x-shopify-topic': topic, 'webhook-id': 'm', 'stripe-signature': body });
        toEvents(one, settings);
        verify(one, SECRETS[platform]);
      }),
      { numRuns: 300 }
    );
  });
});

describe.each(['standard', 'stripe', 'shopify'] as const)('%s signs the raw bytes', (platform) => {
  it('a body of the same meaning and another spelling is not what was signed', () => {
    const ours = signed(platform, '{"a": 1}');
    expect(WEBHOOK_PLATFORMS[platform].verify({ ...ours, raw: Buffer.from('{"a":1}') }, SECRETS[platform])).toBe(false);
  });
});

describe.each(['standard', 'stripe'] as const)('%s signs the moment', (platform) => {
  it('five minutes either way are taken, a second more is not', () => {
    const verdicts = [-301, -300, 300, 301].map((off) =>
      WEBHOOK_PLATFORMS[platform].verify(signed(platform, '{}', NOW / 1_000 + off), SECRETS[platform])
    );
    expect(verdicts).toEqual([false, true, true, false]);
  });
});
