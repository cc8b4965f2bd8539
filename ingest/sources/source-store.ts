/**
 * Sources with their secrets and their recent deliveries, in DATA_DIR/ingest.sqlite beside the keys. Secrets are kept as they are: what
 * a platform signs with must be at hand to check it; the folder is for its owner alone.
 */
import Database from 'libsql';
import { z } from 'zod';
import {
  DEFAULT_SETTINGS,
  Delivery,
  PLATFORMS,
  SourceSettings,
  type NewSource,
  type Platform,
  type SourceChange
} from '#lib/contracts/sources.ts';

/** Deliveries kept a source, and of these the refused ones: whoever knows its name can send those. */
const DELIVERIES_MAX = 500;
const REFUSED_MAX = 50;

const SCHEMA = `
CREATE TABLE IF NOT EXISTS webhook_sources (
  source               TEXT PRIMARY KEY,
  platform             TEXT NOT NULL,
  settings             TEXT NOT NULL,
  silent_after_minutes INTEGER,
  created_at           INTEGER NOT NULL,
  disabled_at          INTEGER,
  last_seen_at         INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS webhook_secrets (
  secret_id      INTEGER PRIMARY KEY,
  source         TEXT NOT NULL,
  secret         TEXT NOT NULL,
  created_at     INTEGER NOT NULL,
  accepted_until INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS webhook_deliveries (
  delivery_id INTEGER PRIMARY KEY,
  source      TEXT NOT NULL,
  body        TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS webhook_deliveries_by_source ON webhook_deliveries (source, delivery_id)`;

const Row = z.object({
  source: z.string(),
  platform: z.enum(PLATFORMS),
  settings: z.string(),
  silent_after_minutes: z.int().nullable(),
  created_at: z.int(),
  disabled_at: z.int().nullable(),
  last_seen_at: z.int().nullable()
});
const SecretRow = z.object({
  source: z.string(),
  secret: z.string(),
  created_at: z.int(),
  accepted_until: z.int().nullable()
});
const BodyRow = z.object({ body: z.string() });
const DataVersion = z.object({ data_version: z.int() });

export interface StoredSecret {
  readonly secret: string;
  readonly created_at: number;
  /** null: the current one */
  readonly accepted_until: number | null;
}
export interface StoredSource {
  readonly source: string;
  readonly platform: Platform;
  readonly settings: SourceSettings;
  /** the current one first, then earlier ones, newest first */
  readonly secrets: readonly StoredSecret[];
  readonly silent_after_minutes: number | null;
  readonly created_at: number;
  readonly disabled_at: number | null;
  readonly last_seen_at: number | null;
}

export interface SourceStore {
  /** in order of their names */
  list(): StoredSource[];
  find(source: string): StoredSource | null;
  /** @returns null when the name is taken */
  create(input: NewSource & { readonly secret: string }, now: number): StoredSource | null;
  /** @returns null when there is no such source */
  change(source: string, change: SourceChange, now: number): StoredSource | null;
  /** Makes `secret` the current one (null: it stays) and lets earlier ones be accepted until then. */
  rotate(source: string, secret: string | null, acceptedUntil: number, now: number): StoredSource | null;
  /** Writes what was seen, and keeps the newest {@link DELIVERIES_MAX} a source. */
  record(
    deliveries: readonly { readonly source: string; readonly delivery: Delivery }[],
    seen: ReadonlyMap<string, number>
  ): void;
  /** newest first */
  deliveries(source: string): Delivery[];
  /** Another number after another process has changed something. */
  version(): number;
  close(): void;
}

const toSettings = (text: string): SourceSettings => {
  // settings that a later version adds have their defaults
  const known: unknown = JSON.parse(text);
  return SourceSettings.parse(typeof known === 'object' ? { ...DEFAULT_SETTINGS, ...known } : DEFAULT_SETTINGS);
};

function readAll(database: Database.Database): StoredSource[] {
  const secrets = database
    .prepare('SELECT * FROM webhook_secrets ORDER BY accepted_until IS NOT NULL, secret_id DESC')
    .all()
    .map((row) => SecretRow.parse(row));
  return database
    .prepare('SELECT * FROM webhook_sources ORDER BY source')
    .all()
    .map((row) => {
      const { settings, ...stored } = Row.parse(row);
      const own = secrets.filter(({ source }) => source === stored.source).map(({ source: _, ...secret }) => secret);
      return { ...stored, settings: toSettings(settings), secrets: own };
    });
}

function insert(database: Database.Database, input: NewSource & { readonly secret: string }, now: number): boolean {
  if (database.prepare('SELECT 1 FROM webhook_sources WHERE source = ?').get(input.source) !== undefined) return false;
  database
    .prepare(
      'INSERT INTO webhook_sources (source, platform, settings, silent_after_minutes, created_at) VALUES (?, ?, ?, ?, ?)'
    )
    .run(
      input.source,
      input.platform,
      JSON.stringify({ ...DEFAULT_SETTINGS, ...input.settings }),
      input.silent_after_minutes,
      now
    );
  database
    .prepare('INSERT INTO webhook_secrets (source, secret, created_at) VALUES (?, ?, ?)')
    .run(input.source, input.secret, now);
  return true;
}

function update(database: Database.Database, known: StoredSource, change: SourceChange, now: number): void {
  const { silent_after_minutes: silentAfter = known.silent_after_minutes, disabled } = change;
  const disabledAt = disabled === undefined ? known.disabled_at : disabled ? (known.disabled_at ?? now) : null;
  database
    .prepare('UPDATE webhook_sources SET settings = ?, silent_after_minutes = ?, disabled_at = ? WHERE source = ?')
    .run(JSON.stringify({ ...known.settings, ...change.settings }), silentAfter, disabledAt, known.source);
}

interface Rotation {
  readonly source: string;
  readonly secret: string | null;
  readonly acceptedUntil: number;
  readonly now: number;
}

function rotate(database: Database.Database, { source, secret, acceptedUntil, now }: Rotation): void {
  if (secret !== null)
    database
      .prepare('UPDATE webhook_secrets SET accepted_until = ? WHERE source = ? AND accepted_until IS NULL')
      .run(acceptedUntil, source);
  // one that was to be accepted for longer ends then, too; ended ones are forgotten
  database
    .prepare(
      'UPDATE webhook_secrets SET accepted_until = min(accepted_until, ?) WHERE source = ? AND accepted_until IS NOT NULL'
    )
    .run(acceptedUntil, source);
  database.prepare('DELETE FROM webhook_secrets WHERE source = ? AND accepted_until <= ?').run(source, now);
  if (secret !== null)
    database
      .prepare('INSERT INTO webhook_secrets (source, secret, created_at) VALUES (?, ?, ?)')
      .run(source, secret, now);
}

/** Opens or creates the tables. @throws when the file cannot be opened */
export function openSourceStore(file: string): SourceStore {
  const database = new Database(file);
  database.pragma('journal_mode = WAL');
  database.pragma('busy_timeout = 5000');
  database.exec(SCHEMA);
  const find = (source: string): StoredSource | null =>
    readAll(database).find((known) => known.source === source) ?? null;
  const record: SourceStore['record'] = (deliveries, seen) => {
    const add = database.prepare('INSERT INTO webhook_deliveries (source, body) VALUES (?, ?)');
    for (const { source, delivery } of deliveries) add.run(source, JSON.stringify(delivery));
    const prune = database.prepare(
      `DELETE FROM webhook_deliveries WHERE source = ? AND delivery_id <= (
         SELECT delivery_id FROM webhook_deliveries WHERE source = ? ORDER BY delivery_id DESC LIMIT 1 OFFSET ?)`
    );
    const refused = `source = ? AND json_extract(body, '$.outcome') = 'refused'`;
    const pruneRefused = database.prepare(
      `DELETE FROM webhook_deliveries WHERE ${refused} AND delivery_id <= (
         SELECT delivery_id FROM webhook_deliveries WHERE ${refused} ORDER BY delivery_id DESC LIMIT 1 OFFSET ?)`
    );
    for (const source of new Set(deliveries.map((one) => one.source))) {
      pruneRefused.run(source, source, REFUSED_MAX);
      prune.run(source, source, DELIVERIES_MAX);
    }
    const see = database.prepare(
      'UPDATE webhook_sources SET last_seen_at = max(coalesce(last_seen_at, 0), ?) WHERE source = ?'
    );
    for (const [source, at] of seen) see.run(at, source);
  };
  const inOne = <A extends unknown[], T>(step: (...args: A) => T) => database.transaction(step);
  return {
    list: () => readAll(database),
    find,
    create: (input, now) => (inOne(() => insert(database, input, now))() ? find(input.source) : null),
    change: inOne((source: string, change: SourceChange, now: number) => {
      const known = find(source);
      if (!known) return null;
      update(database, known, change, now);
      return find(source);
    }),
    rotate: inOne((source: string, secret: string | null, acceptedUntil: number, now: number) => {
      if (!find(source)) return null;
      rotate(database, { source, secret, acceptedUntil, now });
      return find(source);
    }),
    record: inOne(record),
    deliveries: (source) =>
      database
        .prepare('SELECT body FROM webhook_deliveries WHERE source = ? ORDER BY delivery_id DESC')
        .all(source)
        .map((row) => Delivery.parse(JSON.parse(BodyRow.parse(row).body))),
    version: () => DataVersion.parse(database.prepare('PRAGMA data_version').get()).data_version,
    close: () => database.close()
  };
}
