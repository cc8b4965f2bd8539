import type { IngestKey } from '#lib/contracts/internal.ts';
import type { Role } from '#lib/contracts/roles.ts';

/** One row of the table: an ingest key, or a read token, which has a role and no scopes. Times in epoch ms. */
export interface KeyLine {
  readonly kind: 'ingest' | 'read';
  readonly id: string;
  readonly name: string;
  readonly last4: string;
  readonly scopes: IngestKey['scopes'];
  /** empty: all */
  readonly sources: readonly string[];
  /** families or single types; empty: all */
  readonly types: readonly string[];
  /** events a second; null: no limit */
  readonly rate: number | null;
  readonly role: Role | null;
  readonly created_at: number;
  readonly last_used_at: number | null;
  readonly revoked_at: number | null;
  /** rotated: accepted beside its successor until then */
  readonly expires_at: number | null;
}
