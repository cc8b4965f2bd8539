/**
 * Log-in is throttled: 5 attempts an account and 20 an address in 15 minutes. An attempt is counted before the
 * password is looked at, so that guesses sent at once do not slip through together; the right password forgives them.
 */
import { isIPv6 } from 'node:net';
import * as z from 'zod';
import { immediately, type AppDb } from './app-db.server.ts';
import { digest } from './secrets.server.ts';

export const ATTEMPT_WINDOW_MS = 15 * 60_000;
export const ATTEMPTS_PER_ACCOUNT = 5;
export const ATTEMPTS_PER_ADDRESS = 20;

/**
 * @param times of the counted attempts, epoch ms, in any order
 * @returns whole seconds until fewer than `limit` of them lie in the window; 0: try now
 */
export function retryAfterS(times: readonly number[], limit: number, now: number): number {
  const counted = times.filter((time) => time > now - ATTEMPT_WINDOW_MS).toSorted((a, b) => b - a);
  const blocking = counted[limit - 1];
  return blocking === undefined ? 0 : Math.ceil((blocking + ATTEMPT_WINDOW_MS - now) / 1000);
}

/** @returns the address as it is counted: an IPv6 customer owns a whole /64, and `::ffff:10.0.0.1` is 10.0.0.1 */
export function addressKey(address: string): string {
  const plain = address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const rest = tail === '' ? [] : tail.split(':');
    while (groups.length + rest.length < 8) groups.push('0');
    groups.push(...rest);
  }
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

export type Attempt = { readonly ok: true } | { readonly ok: false; readonly retry_after_s: number };

export interface Throttle {
  /**
   * Counts one attempt, or says how long to wait; a refused attempt is not counted.
   * @param account normalised e-mail
   * @param address of the client; null: only the account is counted
   */
  begin(account: string, address: string | null): Attempt;
  /** the right password was given: the account's attempts are forgotten, those on other accounts are not */
  forgive(account: string): void;
}

const Times = z.array(z.object({ time: z.int() }));

export function createThrottle(db: AppDb, clock: () => number): Throttle {
  const purge = db.prepare<[number]>('DELETE FROM login_attempts WHERE time <= ?');
  const byAccount = db.prepare<[string]>('SELECT time FROM login_attempts WHERE account_key = ?');
  const byAddress = db.prepare<[string]>('SELECT time FROM login_attempts WHERE address_key = ?');
  const insert = db.prepare<[string, string, number]>(
    'INSERT INTO login_attempts (account_key, address_key, time) VALUES (?, ?, ?)'
  );
  const forgive = db.prepare<[string]>('DELETE FROM login_attempts WHERE account_key = ?');
  const timesOf = (rows: unknown): number[] => Times.parse(rows).map((row) => row.time);
  return {
    begin: (account, address) =>
      immediately(db, () => {
        const now = clock();
        const accountHash = digest(account);
        const addressHash = address === null ? '' : digest(addressKey(address));
        purge.run(now - ATTEMPT_WINDOW_MS);
        const wait = Math.max(
          retryAfterS(timesOf(byAccount.all(accountHash)), ATTEMPTS_PER_ACCOUNT, now),
          address === null ? 0 : retryAfterS(timesOf(byAddress.all(addressHash)), ATTEMPTS_PER_ADDRESS, now)
        );
        if (wait > 0) return { ok: false, retry_after_s: wait };
        insert.run(accountHash, addressHash, now);
        return { ok: true };
      }),
    forgive: (account) => {
      forgive.run(digest(account));
    }
  };
}
