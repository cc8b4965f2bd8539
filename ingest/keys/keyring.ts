/** The keys as requests see them: in memory, following the store, which other processes may change too. */
import type { IngestKey, NewIngestKey } from '#lib/contracts/internal.ts';
import type { Allowance } from '#ingest/decode/event.ts';
import { hashSecret, type KeyStore } from './key-store.ts';
import { RateLimit } from './rate-limit.ts';

/** A revocation anywhere is in force within 5 s; we look more often. */
const FOLLOW_EVERY_MS = 1_000;
const RECORD_EVERY_MS = 10_000;

/** A key that may be used now. */
export interface ActiveKey {
  readonly keyId: string;
  readonly scopes: ReadonlySet<'ingest' | 'quarantine'>;
  readonly allowance: Allowance;
  /** null: unlimited */
  readonly limit: RateLimit | null;
}

export class Keyring {
  readonly #store: KeyStore;
  readonly #now: () => number;
  readonly #onTrouble: (error: unknown) => void;
  readonly #timers: NodeJS.Timeout[];
  readonly #uses = new Map<string, number>();
  #byHash = new Map<string, ActiveKey>();
  #version: number;

  /** @param onTrouble told when the file could not be read or written at that moment; it is tried again */
  constructor(store: KeyStore, now: () => number, onTrouble: (error: unknown) => void) {
    this.#store = store;
    this.#now = now;
    this.#onTrouble = onTrouble;
    this.#version = store.version();
    this.#load();
    this.#timers = [
      setInterval(() => this.#attempt(() => this.follow()), FOLLOW_EVERY_MS),
      setInterval(() => this.#attempt(() => this.#recordUses()), RECORD_EVERY_MS)
    ];
    for (const timer of this.#timers) timer.unref();
  }

  /** Looks whether another process has changed the keys. */
  follow(): void {
    const version = this.#store.version();
    if (version === this.#version) return;
    this.#version = version;
    this.#load();
  }

  #load(): void {
    const limits = new Map([...this.#byHash.values()].map(({ keyId, limit }) => [keyId, limit]));
    const active = this.#store.list().filter(({ key }) => key.revoked_at === null);
    this.#byHash = new Map(
      active.map(({ key, secretHash }) => [secretHash, this.#activate(key, limits.get(key.key_id) ?? null)])
    );
  }

  #activate(key: IngestKey, known: RateLimit | null): ActiveKey {
    // a reload must not fill a bucket again
    const limit = key.rate === null ? null : known?.rate === key.rate ? known : new RateLimit(key.rate, this.#now());
    return {
      keyId: key.key_id,
      scopes: new Set(key.scopes),
      allowance: { sources: new Set(key.sources), types: new Set(key.types) },
      limit
    };
  }

  /** null: unknown or revoked */
  authenticate(secret: string): ActiveKey | null {
    // looked up by hash: how long it takes tells nothing about a secret
    const key = this.#byHash.get(hashSecret(secret)) ?? null;
    if (key) this.#uses.set(key.keyId, this.#now());
    return key;
  }

  /** Last uses are those written, at most 10 s old, and newer ones from memory. */
  list(): IngestKey[] {
    return this.#store
      .list()
      .map(({ key }) => ({ ...key, last_used_at: this.#uses.get(key.key_id) ?? key.last_used_at }));
  }

  create(input: NewIngestKey): { readonly key: IngestKey; readonly secret: string } {
    const created = this.#store.create(input, this.#now());
    this.#load();
    return created;
  }

  revoke(keyId: string): IngestKey | null {
    const revoked = this.#store.revoke(keyId, this.#now());
    this.#load();
    return revoked;
  }

  #recordUses(): void {
    if (this.#uses.size === 0) return;
    this.#store.recordUses(this.#uses);
    this.#uses.clear();
  }

  /** A moment's lock by another process must not end the service. */
  #attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#onTrouble(error);
    }
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#attempt(() => this.#recordUses());
    this.#store.close();
  }
}
