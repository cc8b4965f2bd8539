/** Read tokens: what programs show at `/api` in place of a session. Kept as sha-256, with the last four characters. */
import * as z from 'zod';
import { ROLES, type Role } from '#lib/contracts/roles.ts';
import type { ReadTokenRow } from '#lib/server/services.server.ts';
import type { AppDb } from './app-db.server.ts';
import { digest, randomId, randomSecret } from './secrets.server.ts';

const USED_EVERY_MS = 60_000;

const StoredToken = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  last4: z.string(),
  created_at: z.int(),
  last_used_at: z.int().nullable(),
  revoked_at: z.int().nullable()
});

export interface ReadTokens {
  list(): readonly ReadTokenRow[];
  /** `secret` is shown once and not kept */
  add(name: string, role: Role): { readonly token_id: string; readonly secret: string };
  /** @returns false when there is no such token or it was revoked before */
  revoke(tokenId: string): boolean;
  read(secret: string): { readonly role: Role } | null;
}

export function createReadTokens(db: AppDb, clock: () => number): ReadTokens {
  const columns = 'id, name, role, last4, created_at, last_used_at, revoked_at';
  const list = db.prepare<[]>(
    `SELECT ${columns} FROM read_tokens ORDER BY revoked_at IS NOT NULL, created_at DESC, id`
  );
  const bySecret = db.prepare<[string]>(
    `SELECT ${columns} FROM read_tokens WHERE secret_hash = ? AND revoked_at IS NULL`
  );
  const insert = db.prepare<[string, string, Role, string, string, number]>(
    'INSERT INTO read_tokens (id, name, role, secret_hash, last4, created_at) VALUES (?, ?, ?, ?, ?, ?)'
  );
  const revoke = db.prepare<[number, string]>(
    'UPDATE read_tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL'
  );
  const setUsed = db.prepare<[number, string]>('UPDATE read_tokens SET last_used_at = ? WHERE id = ?');
  return {
    list: () =>
      z
        .array(StoredToken)
        .parse(list.all())
        .map(({ id, ...token }) => ({ token_id: id, ...token })),
    add: (name, role) => {
      const secret = `pulso_r1_${randomSecret()}`;
      const tokenId = randomId('rt');
      insert.run(tokenId, name, role, digest(secret), secret.slice(-4), clock());
      return { token_id: tokenId, secret };
    },
    revoke: (tokenId) => revoke.run(clock(), tokenId).changes === 1,
    read: (secret) => {
      const row = bySecret.get(digest(secret));
      if (row === undefined) return null;
      const token = StoredToken.parse(row);
      const now = clock();
      if (token.last_used_at === null || now - token.last_used_at >= USED_EVERY_MS) setUsed.run(now, token.id);
      return { role: token.role };
    }
  };
}
