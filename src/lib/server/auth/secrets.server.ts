/** Random secrets and their one-way form. High-entropy secrets need no slow hash; passwords are in passwords.server.ts. */
import { createHash, randomBytes, randomInt } from 'node:crypto';

/** @returns 32 characters of base64url: 192 random bits */
export const randomSecret = (): string => randomBytes(24).toString('base64url');

/** @returns `prefix` and 16 hexadecimal digits */
export const randomId = (prefix: string): string => `${prefix}_${randomBytes(8).toString('hex')}`;

/** @returns sha-256 in hexadecimal: what the database keeps of a secret */
export const digest = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** Without 0 o 1 l i: it is read aloud and typed. */
const READABLE = 'abcdefghjkmnpqrstuvwxyz23456789';

/** @returns a password a person types once, `xxxx-xxxx-xxxx-xxxx`: 79 random bits */
export function oneTimePassword(): string {
  const group = (): string => Array.from({ length: 4 }, () => READABLE.charAt(randomInt(READABLE.length))).join('');
  return [group(), group(), group(), group()].join('-');
}
