/** Comparing secrets and signatures in constant time. */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** How far a signed moment may lie from our clock, either way. */
export const TOLERANCE_MS = 5 * 60_000;

/** Equal in a time that tells nothing about either, whatever their lengths. */
export function isSame(a: string | Buffer, b: string | Buffer): boolean {
  const digest = (value: string | Buffer): Buffer => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(a), digest(b));
}

export const hmacSha256 = (key: string | Buffer, ...parts: readonly (string | Buffer)[]): Buffer => {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
};

/** Unix seconds as text, within the tolerance of `now` (epoch ms)? */
export function isTimely(seconds: string | undefined, now: number): boolean {
  return seconds !== undefined && /^\d{1,12}$/.test(seconds) && Math.abs(Number(seconds) * 1_000 - now) <= TOLERANCE_MS;
}

/** For platforms that send back what we gave them. */
export const newToken = (): string => randomBytes(32).toString('base64url');
