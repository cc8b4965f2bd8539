/**
 * What routes may ask of the server. The composition root (src/entry) builds it and leaves it on globalThis under
 * `SERVICES_KEY`: Kit's bundle and the entry are two module graphs and share no module state.
 */
import type { KpiId, KpisAnswer, ReceivablesAnswer, StockAnswer, Bucket } from '#lib/contracts/kpi.ts';
import type { FeedEvent } from '#lib/contracts/push.ts';
import type { Flow } from '#lib/contracts/flow.ts';
import type { IngestKey, NewIngestKey } from '#lib/contracts/internal.ts';
import type { IngestFailure, QuarantineAdmin } from './quarantine-admin.server.ts';
import type { WhatIf } from './what-if-answer.server.ts';
import type {
  Delivery,
  NewSource,
  SecretChange,
  SourceChange,
  SourceCreated,
  WebhookSource
} from '#lib/contracts/sources.ts';
import type { QuarantineEffects } from '#lib/contracts/quarantine.ts';
import type { Result } from '#lib/contracts/result.ts';
import type { Role, UserRole } from '#lib/contracts/roles.ts';

export const SERVICES_KEY = Symbol.for('pulso.services');

/** `unavailable`: ClickHouse does not answer or refuses; `not_found`: no such customer, sku … */
export type AskFailure = { readonly kind: 'unavailable' | 'not_found' | 'invalid_cursor'; readonly retryable: boolean };
type Asked<T> = Promise<Result<T, AskFailure>>;

export interface HourSums {
  /** local hour 0..23 → minor units; null: not yet */
  readonly in: readonly (number | null)[];
  readonly out: readonly (number | null)[];
}
export interface CashByHour {
  readonly currency: string;
  readonly today: HourSums;
  readonly yesterday: HourSums;
}
export interface AccountRow {
  readonly account: string;
  readonly currency: string;
  readonly balance_minor: number;
  /** the last report: RFC 3339, its figure, and report − our running balance before it; null: never reported */
  readonly report: { readonly time: string; readonly balance_minor: number; readonly drift_minor: number } | null;
  readonly moved_today_minor: number;
}
export interface LedgerRow {
  readonly time: string;
  readonly source: string;
  readonly id: string;
  readonly kind: string;
  readonly flow: 'in' | 'out' | 'transfer' | 'report';
  readonly account: string;
  readonly method: string;
  readonly currency: string;
  readonly amount_minor: number;
  /** of that account, after this row */
  readonly balance_minor: number;
  readonly entity: string;
  readonly customer_id: string | null;
  readonly customer_name: string | null;
}
export interface ReceivablesFilter {
  readonly as_of?: number | undefined;
  readonly bucket?: Bucket | 'overdue' | undefined;
  /** exact customer id */
  readonly customer?: string | undefined;
  /** free text over customer id, name and invoice id */
  readonly search?: string | undefined;
  readonly sort?: 'days_overdue' | 'open_minor' | 'due_date' | 'customer' | undefined;
  readonly descending?: boolean | undefined;
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
}
export interface StockFilter {
  readonly as_of?: number | undefined;
  readonly sku?: string | undefined;
  readonly search?: string | undefined;
  /** out: free ≤ 0; low: cover short of lead time; risk: either */
  readonly only?: 'out' | 'low' | 'risk' | undefined;
  readonly sort?: 'sku' | 'free' | 'days_of_cover' | 'value_minor' | undefined;
  readonly descending?: boolean | undefined;
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
}
export interface CustomerInstalment {
  readonly invoice_id: string;
  readonly installment: number;
  readonly currency: string;
  readonly due_date: string;
  readonly effective_due_date: string;
  readonly billed_minor: number;
  readonly credited_minor: number;
  readonly paid_minor: number;
  readonly open_minor: number;
  readonly days_overdue: number;
  readonly state: 'open' | 'overdue' | 'paid' | 'cancelled' | 'written_off' | 'replaced';
  readonly paid_by: readonly {
    readonly payment_id: string;
    readonly amount_minor: number;
    readonly time: string;
    readonly method: string;
  }[];
}
export interface TimelineRow {
  readonly time: string;
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly entity: string;
  readonly amount_minor: number | null;
  readonly currency: string | null;
  readonly detail: string | null;
}
export interface CustomerView {
  readonly customer_id: string;
  readonly name: string | null;
  readonly tax_id: string | null;
  readonly state: string | null;
  readonly currency: string;
  readonly open_minor: number;
  readonly overdue_minor: number;
  readonly unapplied_minor: number;
  readonly oldest_overdue_days: number;
  /** mean days late of paid instalments, last 12 months; null: none paid */
  readonly average_days_late: number | null;
  readonly last_payment: { readonly time: string; readonly amount_minor: number } | null;
  readonly next_promise: { readonly due_date: string; readonly amount_minor: number } | null;
  readonly instalments: readonly CustomerInstalment[];
  readonly timeline: readonly TimelineRow[];
}

/** Figures and lists. `asOf` epoch ms; left out: live. */
export interface Figures {
  tiles(ids: readonly KpiId[], asOf?: number): Promise<Result<KpisAnswer, AskFailure>>;
  cashByHour(asOf?: number): Asked<CashByHour>;
  accounts(asOf?: number): Asked<readonly AccountRow[]>;
  ledger(options: { readonly asOf?: number; readonly limit: number }): Asked<readonly LedgerRow[]>;
  receivables(filter: ReceivablesFilter): Asked<ReceivablesAnswer>;
  stock(filter: StockFilter): Asked<StockAnswer>;
  customer(customerId: string, asOf?: number): Asked<CustomerView>;
  /** events by half hour of the local day of `asOf`: 48 counts */
  dayEvents(asOf: number): Asked<readonly number[]>;
  whatIf(effects: QuarantineEffects): Asked<WhatIf>;
  /** newest first, at most 50, already cut to what the role may see */
  recentEvents(role: Role): readonly FeedEvent[];
}

export interface SessionUser {
  readonly user_id: string;
  readonly email: string;
  readonly name: string;
  readonly role: UserRole;
  /** after a reset: every page leads to the change of password first */
  readonly must_change_password: boolean;
}
export interface UserRow extends SessionUser {
  readonly created_at: number;
  readonly last_seen_at: number | null;
  readonly disabled_at: number | null;
  /** how many are open */
  readonly sessions: number;
}
export interface ReadTokenRow {
  readonly token_id: string;
  readonly name: string;
  readonly role: Role;
  readonly last4: string;
  readonly created_at: number;
  readonly last_used_at: number | null;
  readonly revoked_at: number | null;
}
export type LoginFailure = {
  readonly kind: 'wrong_credentials' | 'throttled' | 'disabled';
  readonly retryable: boolean;
  readonly retry_after_s?: number;
};
export type UserFailure = {
  readonly kind:
    'email_taken' | 'weak_password' | 'wrong_password' | 'throttled' | 'last_admin' | 'not_found' | 'invalid';
  readonly retryable: boolean;
};

/** Who is asking: a person's session, a read token, or nobody. */
export interface Caller {
  readonly kind: 'user' | 'token';
  readonly role: Role;
  readonly user: SessionUser | null;
  readonly session_id: string | null;
}

export interface Auth {
  login(
    email: string,
    password: string,
    address: string
  ): Promise<
    Result<{ readonly session_token: string; readonly user: SessionUser; readonly expires_at: number }, LoginFailure>
  >;
  logout(sessionToken: string): Promise<void>;
  /** by the `pulso_session` cookie value; `fresh_until` when the session was extended and the cookie must be set again */
  session(
    sessionToken: string
  ): Promise<{ readonly user: SessionUser; readonly session_id: string; readonly fresh_until: number | null } | null>;
  readToken(token: string): Promise<{ readonly role: Role } | null>;
  /** every session of the user ends, but `keepSessionId` (a session_id); guesses of `current` are throttled like log-ins */
  changePassword(
    userId: string,
    current: string,
    next: string,
    keepSessionId?: string
  ): Promise<Result<void, UserFailure>>;
  users(): readonly UserRow[];
  addUser(input: {
    readonly email: string;
    readonly name: string;
    readonly role: UserRole;
    readonly password?: string;
  }): Promise<Result<{ readonly user: UserRow; readonly password: string | null }, UserFailure>>;
  disableUser(userId: string): Result<void, UserFailure>;
  enableUser(userId: string): Result<void, UserFailure>;
  /** a new one-time password, shown once; every session of the user ends */
  resetPassword(userId: string): Promise<Result<{ readonly password: string }, UserFailure>>;
  setRole(userId: string, role: UserRole): Result<void, UserFailure>;
  /** first start without users: the one-time token of the set-up link, else null */
  setupToken(): string | null;
  /** whether the set-up link with this token still opens */
  isSetupToken(token: string): boolean;
  completeSetup(
    token: string,
    input: { readonly email: string; readonly name: string; readonly password: string }
  ): Promise<Result<SessionUser, UserFailure | { readonly kind: 'wrong_token'; readonly retryable: false }>>;
  readTokens(): readonly ReadTokenRow[];
  addReadToken(name: string, role: Role): { readonly token_id: string; readonly secret: string };
  revokeReadToken(tokenId: string): boolean;
}

/** The ingest service's internal API: it owns keys, sources and quarantine. */
export type { IngestFailure };
export interface IngestAdmin extends QuarantineAdmin {
  flow(): Promise<Result<Flow, IngestFailure>>;
  keys(): Promise<Result<readonly IngestKey[], IngestFailure>>;
  addKey(key: NewIngestKey): Promise<Result<{ readonly key: IngestKey; readonly secret: string }, IngestFailure>>;
  revokeKey(keyId: string): Promise<Result<IngestKey, IngestFailure>>;
  /** a successor; the old one is accepted for so long */
  rotateKey(
    keyId: string,
    graceHours: number
  ): Promise<Result<{ readonly key: IngestKey; readonly secret: string }, IngestFailure>>;
}

/** `unusable`: nothing can be checked with this secret, or it is missing where the platform gives it. */
export type SourceFailure = {
  readonly kind: 'unreachable' | 'refused' | 'taken' | 'unusable' | 'not_found';
  readonly retryable: boolean;
};
type AskedSource<T> = Promise<Result<T, SourceFailure>>;
/** The platforms that call us; the ingest service owns them. */
export interface SourcesAdmin {
  /** where this process finds the ingest service; platforms may know it by another name */
  readonly ingestUrl: string;
  list(): AskedSource<readonly WebhookSource[]>;
  /** newest first */
  deliveries(source: string): AskedSource<readonly Delivery[]>;
  /** `secret` is told when it was made by us, this once */
  add(source: NewSource): AskedSource<SourceCreated>;
  change(source: string, change: SourceChange): AskedSource<WebhookSource>;
  rotate(source: string, change: SecretChange): AskedSource<SourceCreated>;
  endEarlier(source: string): AskedSource<SourceCreated>;
}

export interface Services {
  readonly figures: Figures;
  readonly auth: Auth;
  readonly ingest: IngestAdmin;
  readonly sources: SourcesAdmin;
  /** when the ingest service last said how things are, epoch ms; null: never since the start */
  readonly ingestHeardAt: () => number | null;
  readonly business: {
    readonly timezone: string;
    readonly currency: string;
    readonly calendar: 'BR' | 'none';
    readonly default_locale: 'pt-BR' | 'en';
    /** says "Demonstração" on screen */
    readonly demo: boolean;
    readonly name: string;
  };
  readonly build_id: string;
  readonly clock: () => number;
  /** true when ClickHouse answers and the schema is current */
  ready(): Promise<boolean>;
  metrics(): Promise<string>;
}
