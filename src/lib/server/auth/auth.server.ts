/** Log-in, users, read tokens and the first admin, over one app database. Composition of this folder's parts. */
import type { UserRole } from '#lib/contracts/roles.ts';
import { fail, ok, type Result } from '#lib/contracts/result.ts';
import type { Auth, LoginFailure, SessionUser, UserFailure } from '#lib/server/services.server.ts';
import { appDbPath, openAppDb, type AppDbPlace } from './app-db.server.ts';
import { createPasswordCheck, hashPassword, isWeakPassword, type PasswordCheck } from './passwords.server.ts';
import { createReadTokens } from './read-tokens.server.ts';
import { oneTimePassword } from './secrets.server.ts';
import { createSessions, type Sessions } from './sessions.server.ts';
import { createSetupLink, type SetupLink } from './setup.server.ts';
import { createThrottle, type Throttle } from './throttle.server.ts';
import { createUsers, emailKey, isEmail, toSessionUser, type Users } from './users.server.ts';

export interface AuthLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface AuthOptions extends AppDbPlace {
  /** epoch ms */
  readonly clock: () => number;
  readonly log: AuthLog;
  /** both given: the first admin, made only while there is no user at all */
  readonly adminEmail?: string | undefined;
  readonly adminPassword?: string | undefined;
}

/** `Auth` and what only its owner may do. */
export interface AuthStore extends Auth {
  close(): void;
}

interface Parts {
  readonly users: Users;
  readonly sessions: Sessions;
  readonly throttle: Throttle;
  readonly setup: SetupLink;
  readonly check: PasswordCheck;
  readonly log: AuthLog;
}

const NAME_LENGTH_MAX = 80;
const refused = (kind: UserFailure['kind']) => fail({ kind, retryable: kind === 'throttled' } as const);
const settled = (outcome: 'done' | 'not_found' | 'last_admin'): Result<void, UserFailure> =>
  outcome === 'done' ? ok(undefined) : refused(outcome);

/**
 * Opens the app database, brings its schema up to date and makes the first admin when the settings name one.
 * @throws Error when the file cannot be opened or belongs to a newer version
 */
export async function createAuth(options: AuthOptions): Promise<AuthStore> {
  const { clock, log } = options;
  const db = openAppDb(appDbPath(options));
  const tokens = createReadTokens(db, clock);
  const parts: Parts = {
    users: createUsers(db, clock),
    sessions: createSessions(db, clock),
    throttle: createThrottle(db, clock),
    setup: createSetupLink(db, clock),
    check: await createPasswordCheck(),
    log
  };
  await addFirstAdmin(parts, options);
  return {
    ...sessionMethods(parts),
    ...passwordMethods(parts),
    ...userMethods(parts),
    ...setupMethods(parts),
    readToken: (secret) => Promise.resolve(tokens.read(secret)),
    readTokens: () => tokens.list(),
    addReadToken: (name, role) => tokens.add(name.trim().slice(0, NAME_LENGTH_MAX), role),
    revokeReadToken: (tokenId) => tokens.revoke(tokenId),
    close: () => {
      db.close();
    }
  };
}

async function addFirstAdmin({ users, setup, log }: Parts, options: AuthOptions): Promise<void> {
  const { adminEmail, adminPassword } = options;
  if (!adminEmail || !adminPassword || users.count() > 0) return;
  if (!isEmail(adminEmail)) throw new Error('ADMIN_EMAIL is not an e-mail address');
  if (isWeakPassword(adminPassword, adminEmail)) {
    // the operator's own choice: said, not refused, or nothing would start
    log.warn({}, 'ADMIN_PASSWORD is short or well known: change it after the first log-in');
  }
  const passwordHash = await hashPassword(adminPassword);
  const name = nameOr('', adminEmail);
  const added = users.insert({ email: adminEmail, name, role: 'admin', passwordHash, mustChangePassword: false }, true);
  if (added === 'email_taken' || added === 'not_first') return;
  setup.close();
  log.info({ user_id: added.user_id }, 'first admin made from ADMIN_EMAIL');
}

function nameOr(name: string, email: string): string {
  const given = name.trim().slice(0, NAME_LENGTH_MAX);
  return given === '' ? (email.trim().split('@', 1)[0] ?? email) : given;
}

function sessionMethods({ users, sessions, throttle, check, log }: Parts): Pick<Auth, 'login' | 'logout' | 'session'> {
  const refuse = (failure: LoginFailure) => fail(failure);
  return {
    login: async (email, password, address) => {
      const key = emailKey(email);
      const attempt = throttle.begin(key, address);
      if (!attempt.ok) {
        log.warn({ address, retry_after_s: attempt.retry_after_s }, 'log-in throttled');
        return refuse({ kind: 'throttled', retryable: true, retry_after_s: attempt.retry_after_s });
      }
      const before = users.byEmail(key);
      const matches = await check.matches(before?.password_hash ?? null, password);
      // read again: the account may have been disabled or reset while the hash was computed
      const user = users.byEmail(key);
      if (!matches || user === null || user.password_hash !== before?.password_hash) {
        return refuse({ kind: 'wrong_credentials', retryable: true });
      }
      if (user.disabled_at !== null) return refuse({ kind: 'disabled', retryable: false });
      throttle.forgive(key);
      const { token, expires_at } = await sessions.create(user.id);
      users.seen(user);
      log.info({ user_id: user.id, address }, 'logged in');
      return ok({ session_token: token, user: toSessionUser(user), expires_at });
    },
    logout: (token) => sessions.end(token),
    session: async (token) => {
      const session = await sessions.read(token);
      const user = session === null ? null : users.byId(session.user_id);
      if (session === null || user === null || user.disabled_at !== null) return null;
      users.seen(user);
      return { user: toSessionUser(user), session_id: session.session_id, fresh_until: session.fresh_until };
    }
  };
}

function passwordMethods(parts: Parts): Pick<Auth, 'changePassword' | 'resetPassword'> {
  const { users, sessions, throttle, check, log } = parts;
  return {
    changePassword: async (userId, current, next, keepSessionId) => {
      const before = users.byId(userId);
      if (before === null) return refused('not_found');
      if (!throttle.begin(before.email_key, null).ok) return refused('throttled');
      const matches = await check.matches(before.password_hash, current);
      if (!matches) return refused('wrong_password');
      throttle.forgive(before.email_key);
      if (isWeakPassword(next, before.email) || next === current) return refused('weak_password');
      const passwordHash = await hashPassword(next);
      // a reset by an admin in the meantime wins
      if (users.byId(userId)?.password_hash !== before.password_hash) return refused('wrong_password');
      users.setPassword(userId, passwordHash, false);
      sessions.endAll(userId, keepSessionId);
      log.info({ user_id: userId }, 'password changed');
      return ok(undefined);
    },
    resetPassword: async (userId) => {
      const user = users.byId(userId);
      if (user === null) return refused('not_found');
      const password = oneTimePassword();
      users.setPassword(userId, await hashPassword(password), true);
      sessions.endAll(userId);
      throttle.forgive(user.email_key);
      log.info({ user_id: userId }, 'password reset');
      return ok({ password });
    }
  };
}

function userMethods(parts: Parts): Pick<Auth, 'users' | 'addUser' | 'disableUser' | 'enableUser' | 'setRole'> {
  const { users, sessions, setup, log } = parts;
  return {
    users: () => users.list(),
    addUser: async ({ email, name, role, password }) => {
      if (!isEmail(email)) return refused('invalid');
      if (password !== undefined && isWeakPassword(password, email)) return refused('weak_password');
      const initial = password ?? oneTimePassword();
      const passwordHash = await hashPassword(initial);
      const mustChangePassword = password === undefined;
      const added = users.insert({ email, name: nameOr(name, email), role, passwordHash, mustChangePassword });
      if (added === 'email_taken' || added === 'not_first') return refused('email_taken');
      setup.close();
      log.info({ user_id: added.user_id, role }, 'user added');
      return ok({ user: added, password: mustChangePassword ? initial : null });
    },
    disableUser: (userId) => {
      const outcome = settled(users.disable(userId));
      if (outcome.ok) {
        sessions.endAll(userId);
        log.info({ user_id: userId }, 'user disabled');
      }
      return outcome;
    },
    enableUser: (userId) => settled(users.enable(userId)),
    setRole: (userId, role: UserRole) => {
      const outcome = settled(users.setRole(userId, role));
      if (outcome.ok) log.info({ user_id: userId, role }, 'role set');
      return outcome;
    }
  };
}

function setupMethods({ users, setup, log }: Parts): Pick<Auth, 'setupToken' | 'isSetupToken' | 'completeSetup'> {
  const isGood = (token: string): boolean => users.count() === 0 && setup.isGood(token);
  return {
    setupToken: () => (users.count() === 0 ? setup.token() : null),
    isSetupToken: isGood,
    completeSetup: async (token, { email, name, password }) => {
      const wrongToken = fail({ kind: 'wrong_token', retryable: false } as const);
      if (!isGood(token)) return wrongToken;
      if (!isEmail(email)) return refused('invalid');
      if (isWeakPassword(password, email)) return refused('weak_password');
      const passwordHash = await hashPassword(password);
      const first = {
        email,
        name: nameOr(name, email),
        role: 'admin',
        passwordHash,
        mustChangePassword: false
      } as const;
      const added = users.insert(first, true);
      if (added === 'not_first' || added === 'email_taken') return wrongToken;
      setup.close();
      log.info({ user_id: added.user_id }, 'first admin made by the set-up link');
      const { user_id, role, must_change_password } = added;
      return ok<SessionUser>({ user_id, email: added.email, name: added.name, role, must_change_password });
    }
  };
}
