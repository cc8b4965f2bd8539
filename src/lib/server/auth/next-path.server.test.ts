import { describe, expect, it } from 'vitest';
import { localPath, loginPath } from './next-path.server.ts';

describe('the way back after log-in', () => {
  it('keeps paths of this site with their search', () => {
    expect(localPath('/cash?as_of=2026-11-20T18:00:00-03:00#x')).toBe('/cash?as_of=2026-11-20T18:00:00-03:00#x');
    const login = new URL(loginPath(new URL('http://pulso.test/delinquency?bucket=over_90')), 'http://pulso.test');
    expect(localPath(login.searchParams.get('next'))).toBe('/delinquency?bucket=over_90');
    expect(loginPath(new URL('http://pulso.test/'))).toBe('/login');
  });

  it.each([
    null,
    '',
    'cash',
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/ok\n//evil.example',
    'javascript:alert(1)',
    'http:evil.example'
  ])('leads %j to the start page', (next) => {
    expect(localPath(next)).toBe('/');
  });
});
