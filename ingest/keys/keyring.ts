/** The keys as requests see them: in memory, following the store, which other processes may change too. */
import type { IngestKey, NewIngestKey } from '#lib/contracts/internal.ts';
import type { Allowance } from '#ingest/decode/event.ts';
import { hashSecret, type KeyStore } from './key-store.ts';
import { FollowedStore } from './follow-store.ts';
import { RateLimit } from './rate-limit.ts';

const RECORD_EVERY_MS = 10_000;

/** A key that may be used now. */
export interface ActiveKey {
  readonly keyId: string;
  readonly scopes: ReadonlySet<'ingest' | 'quarantine'>;
  readonly allowance: Allowance;
  /** null: unlimited */
  readonly limit: RateLimit | null;
}

/** The key as it is at that moment; null: it has ended. Asked again before anything is taken: a body may come for minutes, a stream for months. */
export type KeyNow = () => ActiveKey | null;

interface Held extends ActiveKey {
  /** epoch ms; null: no end */
  readonly expiresAt: number | null;
}

export class Keyring {
  readonly #store: KeyStore;
  readonly #now: () => number;
  readonly #file: FollowedStore;
  readonly #uses = new Map<string, number>();
  #byHash = new Map<string, Held>();
  /** one a family: a rotation doubles no rate, and a reload fills no bucket again */
  #limits = new Map<string, RateLimit>();

  /** @param onTrouble told when the file could not be read or written at that moment; it is tried again */
  constructor(store: KeyStore, now: () => number, onTrouble: (error: unknown) => void) {
    this.#store = store;
    this.#now = now;
    this.#file = new FollowedStore({
      version: () => store.version(),
      load: () => this.#load(),
      record: () => this.#recordUses(),
      recordEveryMs: RECORD_EVERY_MS,
      onTrouble
    });
  }

  #load(): void {
    const known = this.#limits;
    this.#limits = new Map();
    const limitOf = (family: string, rate: number | null): RateLimit | null => {
      if (rate === null) return null;
      const held = this.#limits.get(family) ?? known.get(family);
      const limit = held?.rate === rate ? held : new RateLimit(rate, this.#now());
      this.#limits.set(family, limit);
      return limit;
    };
    const active = this.#store.list().filter(({ key }) => key.revoked_at === null);
    this.#byHash = new Map(
      active.map(({ key, secretHash, family }) => [
        secretHash,
        {
          keyId: key.key_id,
          scopes: new Set(key.scopes),
          allowance: { sources: new Set(key.sources), types: new Set(key.types) },
          limit: limitOf(family, key.rate),
          expiresAt: key.expires_at
        }
      ])
    );
  }

  /** @returns asks, as often as it is called: null for a secret that is unknown, revoked, or rotated and past its end */
  keyOf(secret: string): KeyNow {
    // looked up by hash: how long it takes tells nothing about a secret. Hashed once, as a request asks several times
    const hash = hashSecret(secret);
    return () => this.#active(hash);
  }

  #active(hash: string): ActiveKey | null {
    // one made by another process a moment ago is used at once
    if (!this.#byHash.has(hash)) this.#file.attempt(() => this.#file.follow());
    const key = this.#byHash.get(hash) ?? null;
    const now = this.#now();
    if (!key || (key.expiresAt !== null && now >= key.expiresAt)) return null;
    this.#uses.set(key.keyId, now);
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
    this.#file.changed();
    return created;
  }

  /** null: no such key, or one that can take no successor */
  rotate(keyId: string, graceMs: number): { readonly key: IngestKey; readonly secret: string } | null {
    const now = this.#now();
    const rotated = this.#store.rotate(keyId, now + graceMs, now);
    this.#file.changed();
    return rotated;
  }

  revoke(keyId: string): IngestKey | null {
    const revoked = this.#store.revoke(keyId, this.#now());
    this.#file.changed();
    return revoked;
  }

  #recordUses(): void {
    if (this.#uses.size === 0) return;
    this.#store.recordUses(this.#uses);
    this.#uses.clear();
  }

  close(): void {
    this.#file.close();
    this.#store.close();
  }
}
