/** Rows of people. Rules that need several rows at once (the last admin, one account an address) are held here. */
import * as z from 'zod';
import { USER_ROLES, type UserRole } from '#lib/contracts/roles.ts';
import type { SessionUser, UserRow } from '#lib/server/services.server.ts';
import { immediately, type AppDb } from './app-db.server.ts';
import { randomId } from './secrets.server.ts';

/** `last_seen_at` is written at most so often a user. */
const SEEN_EVERY_MS = 60_000;

const StoredUser = z.object({
  id: z.string(),
  email: z.string(),
  email_key: z.string(),
  name: z.string(),
  role: z.enum(USER_ROLES),
  password_hash: z.string(),
  must_change_password: z.int(),
  created_at: z.int(),
  last_seen_at: z.int().nullable(),
  disabled_at: z.int().nullable()
});
export type StoredUser = z.infer<typeof StoredUser>;
const ListedUser = StoredUser.extend({ sessions: z.int() });

/** @returns the address as accounts are told apart: trimmed, composed, lower case */
export const emailKey = (email: string): string => email.trim().normalize('NFC').toLowerCase();

/** Something on both sides of one `@`: whether it is delivered to is not ours to know. */
export const isEmail = (email: string): boolean => email.length <= 254 && /^[^\s@]+@[^\s@]+$/.test(email.trim());

export const toSessionUser = (row: StoredUser): SessionUser => ({
  user_id: row.id,
  email: row.email,
  name: row.name,
  role: row.role,
  must_change_password: row.must_change_password === 1
});

const toUserRow = (row: z.infer<typeof ListedUser>): UserRow => ({
  ...toSessionUser(row),
  created_at: row.created_at,
  last_seen_at: row.last_seen_at,
  disabled_at: row.disabled_at,
  sessions: row.sessions
});

export interface NewUser {
  readonly email: string;
  readonly name: string;
  readonly role: UserRole;
  readonly passwordHash: string;
  readonly mustChangePassword: boolean;
}

export interface Users {
  count(): number;
  list(): readonly UserRow[];
  byId(userId: string): StoredUser | null;
  byEmail(key: string): StoredUser | null;
  /** `onlyIfNone`: not even a disabled one may exist */
  insert(user: NewUser, onlyIfNone?: boolean): UserRow | 'email_taken' | 'not_first';
  setPassword(userId: string, passwordHash: string, mustChange: boolean): void;
  setRole(userId: string, role: UserRole): 'done' | 'not_found' | 'last_admin';
  disable(userId: string): 'done' | 'not_found' | 'last_admin';
  enable(userId: string): 'done' | 'not_found';
  seen(user: StoredUser): void;
}

const SELECT_LISTED = `SELECT users.*, (
    SELECT count(*) FROM sessions WHERE sessions.user_id = users.id AND sessions.expires_at > ?
  ) AS sessions FROM users`;

function prepare(db: AppDb) {
  return {
    list: db.prepare<[number]>(
      `${SELECT_LISTED} ORDER BY users.disabled_at IS NOT NULL, users.name COLLATE NOCASE, users.id`
    ),
    listed: db.prepare<[number, string]>(`${SELECT_LISTED} WHERE users.id = ?`),
    byId: db.prepare<[string]>('SELECT * FROM users WHERE id = ?'),
    byEmail: db.prepare<[string]>('SELECT * FROM users WHERE email_key = ?'),
    counts: db.prepare<[]>(
      `SELECT count(*) AS users, coalesce(sum(role = 'admin' AND disabled_at IS NULL), 0) AS admins FROM users`
    ),
    insert: db.prepare<[string, string, string, string, UserRole, string, number, number]>(
      `INSERT INTO users (id, email, email_key, name, role, password_hash, must_change_password, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
    ),
    setPassword: db.prepare<[string, number, string]>(
      'UPDATE users SET password_hash = ?, must_change_password = ? WHERE id = ?'
    ),
    setRole: db.prepare<[UserRole, string]>('UPDATE users SET role = ? WHERE id = ?'),
    setDisabled: db.prepare<[number | null, string]>('UPDATE users SET disabled_at = ? WHERE id = ?'),
    setSeen: db.prepare<[number, string]>('UPDATE users SET last_seen_at = ? WHERE id = ?')
  };
}

export function createUsers(db: AppDb, clock: () => number): Users {
  const sql = prepare(db);
  const count = () => z.object({ users: z.int(), admins: z.int() }).parse(sql.counts.get());
  const stored = (row: unknown): StoredUser | null => (row === undefined ? null : StoredUser.parse(row));
  const find = (userId: string): StoredUser | null => stored(sql.byId.get(userId));
  const nowS = (): number => Math.floor(clock() / 1000);
  const isLastAdmin = (user: StoredUser): boolean =>
    user.role === 'admin' && user.disabled_at === null && count().admins === 1;

  return {
    count: () => count().users,
    list: () => z.array(ListedUser).parse(sql.list.all(nowS())).map(toUserRow),
    byId: find,
    byEmail: (key) => stored(sql.byEmail.get(key)),
    insert: (user, onlyIfNone = false) =>
      immediately(db, () => {
        if (onlyIfNone && count().users > 0) return 'not_first';
        const key = emailKey(user.email);
        if (sql.byEmail.get(key) !== undefined) return 'email_taken';
        const id = randomId('u');
        const mustChange = user.mustChangePassword ? 1 : 0;
        sql.insert.run(id, user.email.trim(), key, user.name, user.role, user.passwordHash, mustChange, clock());
        return toUserRow(ListedUser.parse(sql.listed.get(nowS(), id)));
      }),
    setPassword: (userId, passwordHash, mustChange) => {
      sql.setPassword.run(passwordHash, mustChange ? 1 : 0, userId);
    },
    setRole: (userId, role) =>
      immediately(db, () => {
        const user = find(userId);
        if (user === null) return 'not_found';
        if (role !== 'admin' && isLastAdmin(user)) return 'last_admin';
        sql.setRole.run(role, userId);
        return 'done';
      }),
    disable: (userId) =>
      immediately(db, () => {
        const user = find(userId);
        if (user === null) return 'not_found';
        if (isLastAdmin(user)) return 'last_admin';
        if (user.disabled_at === null) sql.setDisabled.run(clock(), userId);
        return 'done';
      }),
    enable: (userId) => {
      if (find(userId) === null) return 'not_found';
      sql.setDisabled.run(null, userId);
      return 'done';
    },
    seen: (user) => {
      const now = clock();
      if (user.last_seen_at === null || now - user.last_seen_at >= SEEN_EVERY_MS) sql.setSeen.run(now, user.id);
    }
  };
}
