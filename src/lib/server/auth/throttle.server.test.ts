import { describe, expect, it } from 'vitest';
import { addressKey, ATTEMPT_WINDOW_MS, retryAfterS } from './throttle.server.ts';

const NOW = Date.UTC(2026, 10, 24, 17, 5);
const minutesAgo = (minutes: number): number => NOW - minutes * 60_000;

describe('throttle', () => {
  it('lets the fifth attempt in and holds back the sixth', () => {
    const four = [4, 3, 2, 1].map(minutesAgo);
    expect(retryAfterS(four, 5, NOW)).toBe(0);
    expect(retryAfterS([...four, minutesAgo(0)], 5, NOW)).toBeGreaterThan(0);
  });

  it('says the exact second at which the fifth-newest attempt leaves the window', () => {
    const times = [14, 5, 4, 3, 2].map(minutesAgo);
    const wait = retryAfterS(times, 5, NOW);
    expect(wait).toBe(60);
    expect(retryAfterS(times, 5, NOW + wait * 1000 - 1)).toBe(1);
    expect(retryAfterS(times, 5, NOW + wait * 1000)).toBe(0);
  });

  it('does not look at attempts older than 15 minutes, nor at their order', () => {
    const old = Array.from({ length: 50 }, () => NOW - ATTEMPT_WINDOW_MS);
    expect(retryAfterS(old, 5, NOW)).toBe(0);
    const times = [2, 14, 3, 5, 4].map(minutesAgo);
    expect(retryAfterS(times, 5, NOW)).toBe(retryAfterS(times.toReversed(), 5, NOW));
  });

  it('counts an IPv6 customer by the /64 and a mapped IPv4 address as itself', () => {
    expect(addressKey('2001:db8:1:2:aaaa::1')).toBe('2001:db8:1:2::/64');
    expect(addressKey('2001:0DB8:0001:0002:0:0:0:9')).toBe('2001:db8:1:2::/64');
    expect(addressKey('2001:db8:1:3::1')).not.toBe('2001:db8:1:2::/64');
    expect(addressKey('::1')).toBe('0:0:0:0::/64');
    expect(addressKey('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
    expect(addressKey('::ffff:192.0.2.7')).toBe('192.0.2.7');
    expect(addressKey('192.0.2.7')).toBe('192.0.2.7');
  });
});
