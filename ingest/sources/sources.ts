/** The sources as calls see them: in memory, following the store, which other processes may change too. */
import type { Delivery, NewSource, SecretChange, SourceChange, WebhookSource } from '#lib/contracts/sources.ts';
import { WEBHOOK_PLATFORMS } from '#ingest/webhooks/registry.ts';
import { FollowedStore } from '#ingest/keys/follow-store.ts';
import type { SourceStore, StoredSource } from './source-store.ts';

const RECORD_EVERY_MS = 1_000;
/** Deliveries that wait to be written; the store keeps fewer of each source anyway. Refused ones may fill half of it. */
const WAITING_MAX = 5_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

export type SourceFault = 'taken' | 'secret_missing' | 'secret_unusable' | 'not_found';
export type Made = { readonly source: WebhookSource; readonly secret: string | null } | { readonly fault: SourceFault };

export class Sources {
  readonly #store: SourceStore;
  readonly #now: () => number;
  readonly #file: FollowedStore;
  readonly #seen = new Map<string, number>();
  #waiting: { readonly source: string; readonly delivery: Delivery }[] = [];
  #byName = new Map<string, StoredSource>();

  /** @param onTrouble told when the file could not be read or written at that moment; it is tried again */
  constructor(store: SourceStore, now: () => number, onTrouble: (error: unknown) => void) {
    this.#store = store;
    this.#now = now;
    this.#file = new FollowedStore({
      version: () => store.version(),
      load: () => this.#load(),
      record: () => this.#record(),
      recordEveryMs: RECORD_EVERY_MS,
      onTrouble
    });
  }

  #load(): void {
    this.#byName = new Map(this.#store.list().map((source) => [source.source, source]));
  }

  /** null: there is none, or it is switched off */
  find(source: string): StoredSource | null {
    // one just added by a command needs no second's wait
    if (!this.#byName.has(source)) this.#file.attempt(() => this.#file.follow());
    const found = this.#byName.get(source);
    return found && found.disabled_at === null ? found : null;
  }

  /** What waited in quarantine for a setting that its source has by now, as it would come today; anything else as it is. */
  complete(source: string, event: unknown): unknown {
    const known = this.#byName.get(source);
    const { complete } = known ? WEBHOOK_PLATFORMS[known.platform] : {};
    return known && complete ? complete(event, known.settings) : event;
  }

  /** Those accepted now, the current one first. */
  secretsOf({ secrets }: StoredSource): string[] {
    const now = this.#now();
    return secrets.filter((one) => one.accepted_until === null || one.accepted_until > now).map(({ secret }) => secret);
  }

  /** Keeps a delivery for the list, in a second or so. */
  note(source: string, delivery: Delivery): void {
    const isRefused = delivery.outcome === 'refused';
    if (!isRefused) this.#seen.set(source, delivery.received_at);
    if (this.#waiting.length < (isRefused ? WAITING_MAX / 2 : WAITING_MAX)) this.#waiting.push({ source, delivery });
  }

  list(): WebhookSource[] {
    this.#load();
    return [...this.#byName.values()].map((source) => this.#view(source));
  }

  deliveries(source: string): Delivery[] {
    this.#file.attempt(() => this.#record());
    return this.#store.deliveries(source);
  }

  create(input: NewSource): Made {
    const { newSecret, isSecret } = WEBHOOK_PLATFORMS[input.platform];
    const made = input.secret === undefined ? newSecret?.() : undefined;
    const secret = input.secret ?? made;
    if (secret === undefined) return { fault: 'secret_missing' };
    if (!isSecret(secret)) return { fault: 'secret_unusable' };
    const stored = this.#store.create({ ...input, secret }, this.#now());
    this.#file.changed();
    return stored ? { source: this.#view(stored), secret: made ?? null } : { fault: 'taken' };
  }

  change(source: string, change: SourceChange): WebhookSource | null {
    const stored = this.#store.change(source, change, this.#now());
    this.#file.changed();
    return stored && this.#view(stored);
  }

  /** A new current secret; the earlier one is accepted for a while. */
  rotate(source: string, { secret, overlap_hours }: SecretChange): Made {
    const known = this.#store.find(source);
    if (!known) return { fault: 'not_found' };
    const { newSecret, isSecret } = WEBHOOK_PLATFORMS[known.platform];
    const made = secret === undefined ? newSecret?.() : undefined;
    const next = secret ?? made;
    if (next === undefined) return { fault: 'secret_missing' };
    if (!isSecret(next)) return { fault: 'secret_unusable' };
    return this.#rotated(source, next, overlap_hours * HOUR_MS, made ?? null);
  }

  /** Ends every earlier secret now. */
  endEarlier(source: string): Made {
    return this.#rotated(source, null, 0, null);
  }

  #rotated(source: string, secret: string | null, overlapMs: number, made: string | null): Made {
    const now = this.#now();
    const stored = this.#store.rotate(source, secret, now + overlapMs, now);
    this.#file.changed();
    return stored ? { source: this.#view(stored), secret: made } : { fault: 'not_found' };
  }

  #view(stored: StoredSource): WebhookSource {
    const now = this.#now();
    const lastSeen = this.#seen.get(stored.source) ?? stored.last_seen_at;
    const quietSince = lastSeen ?? stored.created_at;
    const { silent_after_minutes: minutes, disabled_at } = stored;
    const isSilent = disabled_at === null && minutes !== null && now - quietSince > minutes * MINUTE_MS;
    return {
      ...stored,
      secrets: stored.secrets
        .filter((one) => one.accepted_until === null || one.accepted_until > now)
        .map(({ secret, ...rest }) => ({ last4: secret.length > 8 ? secret.slice(-4) : '', ...rest })),
      last_seen_at: lastSeen,
      silent_since: isSilent ? quietSince : null
    };
  }

  #record(): void {
    if (this.#waiting.length === 0 && this.#seen.size === 0) return;
    const waiting = this.#waiting;
    this.#store.record(waiting, this.#seen);
    this.#waiting = this.#waiting.slice(waiting.length);
    this.#seen.clear();
  }

  close(): void {
    this.#file.close();
    this.#store.close();
  }
}
