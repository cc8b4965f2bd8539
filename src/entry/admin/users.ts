import { USER_ROLES } from '#lib/contracts/roles.ts';
import type { Result } from '#lib/contracts/result.ts';
import type { UserFailure, UserRow } from '#lib/server/services.server.ts';
import {
  oneOf,
  Refusal,
  required,
  table,
  text,
  time,
  UsageError,
  type Answer,
  type Asked,
  type Command,
  type Stores
} from './command.ts';

const WHY = {
  email_taken: 'there is already an account with this e-mail',
  weak_password: 'the password is too short (10 characters at least), the e-mail, or well known',
  wrong_password: 'the password does not match',
  throttled: 'too many attempts, try again later',
  last_admin: 'this is the last active admin: give the role to someone else first',
  not_found: 'there is no such user',
  invalid: 'this is not an e-mail address'
} as const satisfies Record<UserFailure['kind'], string>;

function value<T>(result: Result<T, UserFailure>): T {
  if (result.ok) return result.value;
  throw new Refusal(result.failure.kind, WHY[result.failure.kind]);
}

function find({ subject, given }: Asked, { auth }: Stores): UserRow {
  const email = subject ?? text(given, 'email');
  if (email === undefined) throw new UsageError('which user? give the e-mail');
  const wanted = email.trim().toLowerCase();
  const user = auth.users().find((known) => known.email.toLowerCase() === wanted || known.user_id === email);
  if (user === undefined) throw new Refusal('not_found', `there is no user ${email}`);
  return user;
}

const state = (user: UserRow): string => {
  if (user.disabled_at !== null) return `disabled ${time(user.disabled_at)}`;
  return user.must_change_password ? 'must change password' : 'active';
};

/** the user as it is after the change */
function changed({ auth }: Stores, user: UserRow, what: string): Answer {
  const now = auth.users().find((known) => known.user_id === user.user_id) ?? user;
  return { json: { user: now }, text: `${what}: ${now.email}` };
}

const EMAIL = { email: { type: 'string' } } as const;

export const USER_COMMANDS = {
  'user add': {
    usage: `user add --email E --role ${USER_ROLES.join('|')} [--name N] [--password P]`,
    does: 'adds a user; without --password a one-time password is made and printed',
    options: { ...EMAIL, role: { type: 'string' }, name: { type: 'string' }, password: { type: 'string' } },
    begins: true,
    run: async ({ given }, { auth }) => {
      const role = oneOf(required(given, 'role'), USER_ROLES, 'role');
      const password = text(given, 'password');
      const input = { email: required(given, 'email'), name: text(given, 'name') ?? '', role };
      const added = value(await auth.addUser(password === undefined ? input : { ...input, password }));
      const once = added.password === null ? '' : `\none-time password: ${added.password}`;
      return { json: added, text: `added: ${added.user.email} (${role})${once}` };
    }
  },
  'user list': {
    usage: 'user list',
    does: 'lists users with role, open sessions and state',
    options: {},
    begins: false,
    run: (_, { auth }) => {
      const users = auth.users();
      const rows = users.map((user) => [
        user.email,
        user.name,
        user.role,
        time(user.last_seen_at),
        String(user.sessions),
        state(user)
      ]);
      return { json: { users }, text: table(['email', 'name', 'role', 'last seen (UTC)', 'sessions', 'state'], rows) };
    }
  },
  'user disable': {
    usage: 'user disable E',
    does: 'ends all sessions of a user and lets none begin',
    options: EMAIL,
    begins: false,
    run: (asked, stores) => {
      const user = find(asked, stores);
      value(stores.auth.disableUser(user.user_id));
      return changed(stores, user, 'disabled');
    }
  },
  'user enable': {
    usage: 'user enable E',
    does: 'lets a disabled user in again, with the password as it was',
    options: EMAIL,
    begins: false,
    run: (asked, stores) => {
      const user = find(asked, stores);
      value(stores.auth.enableUser(user.user_id));
      return changed(stores, user, 'enabled');
    }
  },
  'user reset': {
    usage: 'user reset E',
    does: 'ends all sessions and prints a one-time password, to be changed at the next log-in',
    options: EMAIL,
    begins: false,
    run: async (asked, stores) => {
      const user = find(asked, stores);
      const { password } = value(await stores.auth.resetPassword(user.user_id));
      return { json: { email: user.email, password }, text: `reset: ${user.email}\none-time password: ${password}` };
    }
  }
} as const satisfies Record<string, Command>;
