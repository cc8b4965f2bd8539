/** Sessions by lucia. The cookie holds the secret, the database its sha-256: a copy of the file opens no session. */
import { BetterSqlite3Adapter } from '@lucia-auth/adapter-sqlite';
import { Lucia, TimeSpan, type Adapter } from 'lucia';
import type { AppDb } from './app-db.server.ts';
import { digest } from './secrets.server.ts';

declare module 'lucia' {
  interface Register {
    DatabaseSessionAttributes: { created_at: number };
  }
}

/** Unused for so long, a session ends; used after half of it, it is extended. Lucia reads the system's clock for this. */
const SESSION_DAYS = 14;

export interface Sessions {
  /** @returns the secret for the cookie and when it ends, epoch ms */
  create(userId: string): Promise<{ readonly token: string; readonly expires_at: number }>;
  /** `fresh_until`: the session was just extended to then, epoch ms; null: as it was */
  read(
    token: string
  ): Promise<{ readonly session_id: string; readonly user_id: string; readonly fresh_until: number | null } | null>;
  end(token: string): Promise<void>;
  /** `exceptSessionId`: public id of a session that goes on */
  endAll(userId: string, exceptSessionId?: string): void;
}

function hashedAdapter(adapter: Adapter): Adapter {
  return {
    getSessionAndUser: async (secret) => {
      const [session, user] = await adapter.getSessionAndUser(digest(secret));
      // lucia goes on with this id to extend or delete the session: it must be the secret again
      return [session === null ? null : { ...session, id: secret }, user];
    },
    getUserSessions: (userId) => adapter.getUserSessions(userId),
    setSession: (session) => adapter.setSession({ ...session, id: digest(session.id) }),
    updateSessionExpiration: (secret, expiresAt) => adapter.updateSessionExpiration(digest(secret), expiresAt),
    deleteSession: (secret) => adapter.deleteSession(digest(secret)),
    deleteUserSessions: (userId) => adapter.deleteUserSessions(userId),
    deleteExpiredSessions: () => adapter.deleteExpiredSessions()
  };
}

export function createSessions(db: AppDb, clock: () => number): Sessions {
  const lucia = new Lucia(hashedAdapter(new BetterSqlite3Adapter(db, { user: 'users', session: 'sessions' })), {
    sessionExpiresIn: new TimeSpan(SESSION_DAYS, 'd')
  });
  const endOthers = db.prepare<[string, string]>('DELETE FROM sessions WHERE user_id = ? AND id <> ?');
  return {
    create: async (userId) => {
      // the row is written before the first await inside lucia: nothing comes between the caller's check and it
      const created = lucia.createSession(userId, { created_at: clock() });
      const session = await created;
      await lucia.deleteExpiredSessions();
      return { token: session.id, expires_at: session.expiresAt.getTime() };
    },
    read: async (token) => {
      const { session } = await lucia.validateSession(token);
      if (session === null) return null;
      return {
        session_id: digest(token),
        user_id: session.userId,
        fresh_until: session.fresh ? session.expiresAt.getTime() : null
      };
    },
    end: (token) => lucia.invalidateSession(token),
    endAll: (userId, exceptSessionId = '') => {
      endOthers.run(userId, exceptSessionId);
    }
  };
}
