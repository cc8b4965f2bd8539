import { describe, expect, it } from 'vitest';
import { isForeignWrite } from './same-site.server.ts';

const HERE = new URL('https://pulso.example/login');
const post = (headers: Record<string, string>) => isForeignWrite(new Request(HERE, { method: 'POST', headers }), HERE);

describe('writes from other sites', () => {
  it('are refused by Origin, an opaque one too, and by Sec-Fetch-Site where there is no Origin', () => {
    expect(post({ origin: 'https://evil.example' })).toBe(true);
    expect(post({ origin: 'https://pulso.example.evil.example' })).toBe(true);
    expect(post({ origin: 'https://pulso.example:8443' })).toBe(true);
    expect(post({ origin: 'null' })).toBe(true);
    expect(post({ 'sec-fetch-site': 'cross-site' })).toBe(true);
    expect(post({ 'sec-fetch-site': 'same-site' })).toBe(true);
  });

  it('are told from our own pages, under any of our names, and from programs', () => {
    expect(post({ origin: 'https://pulso.example' })).toBe(false);
    expect(post({ origin: 'http://127.0.0.1:3000', host: '127.0.0.1:3000' })).toBe(false);
    expect(post({ 'sec-fetch-site': 'same-origin' })).toBe(false);
    expect(post({})).toBe(false);
    expect(isForeignWrite(new Request(HERE, { headers: { origin: 'https://evil.example' } }), HERE)).toBe(false);
  });
});
