/** The one-time link of the first start: while there is no user at all, who holds it becomes the first admin. */
import type { Auth } from '#lib/server/services.server.ts';
import type { AppDb } from './app-db.server.ts';
import { digest, randomSecret } from './secrets.server.ts';

export interface SetupLink {
  /** @returns the token of this process's link, made at the first call */
  token(): string;
  isGood(token: string): boolean;
  /** the link was used: none is good any more */
  close(): void;
}

export function createSetupLink(db: AppDb, clock: () => number): SetupLink {
  const insert = db.prepare<[string, number]>('INSERT INTO setup_tokens (token_hash, created_at) VALUES (?, ?)');
  const find = db.prepare<[string]>('SELECT 1 FROM setup_tokens WHERE token_hash = ?');
  const clear = db.prepare<[]>('DELETE FROM setup_tokens');
  let ours: string | null = null;
  return {
    token: () => {
      if (ours === null) {
        ours = randomSecret();
        insert.run(digest(ours), clock());
      }
      return ours;
    },
    isGood: (token) => find.get(digest(token)) !== undefined,
    close: () => {
      clear.run();
    }
  };
}

/**
 * @param origin where browsers reach the dashboard, `http://localhost:3000`
 * @returns the address at which the first admin is made, to be told to the operator; null: there are users
 */
export function setupAddress(auth: Pick<Auth, 'setupToken'>, origin: string): string | null {
  const token = auth.setupToken();
  return token === null ? null : `${origin}/setup?token=${token}`;
}
