/**
 * Schema of the app database, append-only: `PRAGMA user_version` counts the steps a file has had.
 * Times are epoch milliseconds, but `sessions.expires_at`, which lucia keeps in seconds.
 */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE users (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL,
    -- trimmed and lower-cased: one account an address, however it is typed
    email_key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('admin', 'manager', 'collector', 'viewer')),
    password_hash TEXT NOT NULL,
    must_change_password INTEGER NOT NULL CHECK (must_change_password IN (0, 1)),
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER,
    disabled_at INTEGER
  ) STRICT;
  CREATE TABLE sessions (
    -- sha-256 of the secret in the cookie
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX sessions_of_user ON sessions (user_id);
  CREATE TABLE read_tokens (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    secret_hash TEXT NOT NULL UNIQUE,
    last4 TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    revoked_at INTEGER
  ) STRICT;
  CREATE TABLE login_attempts (
    id INTEGER PRIMARY KEY,
    account_key TEXT NOT NULL,
    -- '' when the attempt came from inside a session
    address_key TEXT NOT NULL,
    time INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX login_attempts_of_account ON login_attempts (account_key, time);
  CREATE INDEX login_attempts_of_address ON login_attempts (address_key, time);
  -- every link ever printed while there was no user is good, until one is used
  CREATE TABLE setup_tokens (
    token_hash TEXT PRIMARY KEY,
    created_at INTEGER NOT NULL
  ) STRICT;`
];
