/**
 * Ingest keys in DATA_DIR/ingest.sqlite. Any number of processes may use it at a time (the service, the admin command); the service
 * follows changes of others by {@link KeyStore.version}. Secrets are kept as SHA-256 only: 256 random bits need no slow hash.
 */
import Database from 'libsql';
import { hash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { IngestKey, NewIngestKey } from '#lib/contracts/internal.ts';

const SCHEMA = `
CREATE TABLE IF NOT EXISTS ingest_keys (
  key_id       TEXT PRIMARY KEY,
  name         TEXT NOT NULL,
  secret_hash  TEXT NOT NULL UNIQUE,
  last4        TEXT NOT NULL,
  scopes       TEXT NOT NULL,
  sources      TEXT NOT NULL,
  types        TEXT NOT NULL,
  rate         INTEGER,
  origin       TEXT NOT NULL,
  created_at   INTEGER NOT NULL,
  last_used_at INTEGER,
  revoked_at   INTEGER
) STRICT`;
/**
 * Added since; `family`: the first of the keys that took each other's place, null: itself; `gave_way`: 1 when another INGEST_API_KEY
 * revoked it, and not a person
 */
const ADDED = { expires_at: 'INTEGER', family: 'TEXT', gave_way: 'INTEGER' } as const;

const jsonList = <T extends z.ZodType>(item: T) =>
  z.string().transform((text): z.output<T>[] => z.array(item).parse(JSON.parse(text)));
const Row = z.object({
  key_id: z.string(),
  name: z.string(),
  secret_hash: z.string(),
  last4: z.string(),
  scopes: jsonList(z.enum(['ingest', 'quarantine'])),
  sources: jsonList(z.string()),
  types: jsonList(z.string()),
  rate: z.int().nullable(),
  created_at: z.int(),
  last_used_at: z.int().nullable(),
  revoked_at: z.int().nullable(),
  expires_at: z.int().nullable(),
  family: z.string().nullable()
});
const Ends = Row.pick({ revoked_at: true, expires_at: true });
const Column = z.object({ name: z.string() });
const DataVersion = z.object({ data_version: z.int() });

/** A key with what its secret is recognised by. */
interface StoredKey {
  readonly key: IngestKey;
  /** hex */
  readonly secretHash: string;
  /** what it shares its rate with: the keys it took the place of */
  readonly family: string;
}

export interface KeyStore {
  /** oldest first, revoked ones included */
  list(): StoredKey[];
  /** The secret is told here and never again. */
  create(input: NewIngestKey, now: number): { readonly key: IngestKey; readonly secret: string };
  /** @returns null when there is no such key; a key revoked before stays as it is */
  revoke(keyId: string, now: number): IngestKey | null;
  /**
   * Makes a key that takes the place of another, which is accepted until `expiresAt`.
   * @returns null when there is no such key, or it is revoked, expired or rotated already
   */
  rotate(keyId: string, expiresAt: number, now: number): { readonly key: IngestKey; readonly secret: string } | null;
  /**
   * Makes INGEST_API_KEY a key for all sources, and revokes the one of an earlier value, which is in force again when it is set again.
   * @returns false: it opens nothing, as it was revoked by hand, or took a successor and is past its end
   */
  adopt(secret: string, now: number): boolean;
  /** @param uses key_id → epoch ms */
  recordUses(uses: ReadonlyMap<string, number>): void;
  /** Another number after another process has changed something. */
  version(): number;
  close(): void;
}

export const hashSecret = (secret: string): string => hash('sha256', secret);

const toStored = (row: unknown): StoredKey => {
  const { secret_hash, family, ...key } = Row.parse(row);
  return { key, secretHash: secret_hash, family: family ?? key.key_id };
};

interface Insert {
  readonly input: NewIngestKey;
  readonly secret: string;
  readonly origin: 'settings' | 'environment';
  readonly now: number;
  readonly family?: string;
}

function insert(database: Database.Database, { input, secret, origin, now, family }: Insert): string {
  const keyId = `key_${randomBytes(6).toString('hex')}`;
  database
    .prepare(
      `INSERT INTO ingest_keys (key_id, name, secret_hash, last4, scopes, sources, types, rate, origin, created_at, family)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
    )
    .run(
      keyId,
      input.name,
      hashSecret(secret),
      secret.slice(-4),
      JSON.stringify(input.scopes),
      JSON.stringify(input.sources),
      JSON.stringify(input.types),
      input.rate,
      origin,
      now,
      family ?? null
    );
  return keyId;
}

function adopt(database: Database.Database, secret: string, now: number): boolean {
  const hash = hashSecret(secret);
  const givesWay = `UPDATE ingest_keys SET revoked_at = ?, gave_way = 1
    WHERE origin = 'environment' AND secret_hash <> ? AND revoked_at IS NULL`;
  database.prepare(givesWay).run(now, hash);
  database
    .prepare('UPDATE ingest_keys SET revoked_at = NULL, gave_way = NULL WHERE secret_hash = ? AND gave_way = 1')
    .run(hash);
  const known: unknown = database
    .prepare('SELECT revoked_at, expires_at FROM ingest_keys WHERE secret_hash = ?')
    .get(hash);
  if (known !== undefined) {
    const { revoked_at, expires_at } = Ends.parse(known);
    return revoked_at === null && (expires_at === null || now < expires_at);
  }
  const input: NewIngestKey = {
    name: 'INGEST_API_KEY',
    scopes: ['ingest', 'quarantine'],
    sources: [],
    types: [],
    rate: null
  };
  insert(database, { input, secret, origin: 'environment', now });
  return true;
}

function addColumns(database: Database.Database): void {
  const known = new Set(
    database
      .prepare('PRAGMA table_info(ingest_keys)')
      .all()
      .map((row) => Column.parse(row).name)
  );
  for (const [name, type] of Object.entries(ADDED))
    if (!known.has(name)) database.exec(`ALTER TABLE ingest_keys ADD COLUMN ${name} ${type}`);
}

const newSecret = (): string => `pulso_${randomBytes(32).toString('base64url')}`;

/** Opens or creates the file. @throws when it cannot be opened */
export function openKeyStore(file: string): KeyStore {
  const database = new Database(file);
  database.pragma('journal_mode = WAL');
  database.pragma('busy_timeout = 5000');
  database.exec(SCHEMA);
  addColumns(database);
  const find = (keyId: string): StoredKey | null => {
    const row: unknown = database.prepare('SELECT * FROM ingest_keys WHERE key_id = ?').get(keyId);
    return row === undefined ? null : toStored(row);
  };
  const added = (row: Insert): { readonly key: IngestKey; readonly secret: string } => {
    const created = find(insert(database, row));
    if (!created) throw new Error('a key just written is not there');
    return { key: created.key, secret: row.secret };
  };
  return {
    list: () => database.prepare('SELECT * FROM ingest_keys ORDER BY created_at, key_id').all().map(toStored),
    create: (input, now) => added({ input, secret: newSecret(), origin: 'settings', now }),
    rotate: database.transaction((keyId: string, expiresAt: number, now: number) => {
      const old = find(keyId);
      if (!old || old.key.revoked_at !== null || old.key.expires_at !== null) return null;
      database.prepare('UPDATE ingest_keys SET expires_at = ? WHERE key_id = ?').run(expiresAt, keyId);
      return added({ input: old.key, secret: newSecret(), origin: 'settings', now, family: old.family });
    }),
    revoke(keyId, now) {
      database
        .prepare('UPDATE ingest_keys SET revoked_at = coalesce(revoked_at, ?), gave_way = NULL WHERE key_id = ?')
        .run(now, keyId);
      return find(keyId)?.key ?? null;
    },
    adopt: (secret, now) => adopt(database, secret, now),
    recordUses(uses) {
      const update = database.prepare('UPDATE ingest_keys SET last_used_at = ? WHERE key_id = ?');
      const all = database.transaction(() => {
        for (const [keyId, at] of uses) update.run(at, keyId);
      });
      all();
    },
    version: () => DataVersion.parse(database.prepare('PRAGMA data_version').get()).data_version,
    close: () => database.close()
  };
}
