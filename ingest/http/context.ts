/** What routes work with. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Flow } from '#lib/contracts/flow.ts';
import type { Frugality } from '#ingest/frugality.ts';
import type { Doorbell } from '#ingest/doorbell/doorbell.ts';
import type { Keyring } from '#ingest/keys/keyring.ts';
import type { Desk } from '#ingest/quarantine/desk.ts';
import type { Readiness } from '#ingest/readiness.ts';
import type { Sources } from '#ingest/sources/sources.ts';
import type { Metrics } from './metrics.ts';
import type { Receive } from './receive.ts';

/** What answers once journal and identities are there. */
export interface Core {
  readonly receive: Receive;
  readonly desk: Desk;
  /** rows acknowledged and not in ClickHouse yet */
  readonly backlog: () => number;
  /** how full the journal is, of its bound: 0 to 1 and somewhat more */
  readonly fill: () => number;
  /** runs a rebuild of the derived tables. @returns the journal position it reaches; null when ClickHouse refused, which is logged */
  readonly rebuild: () => Promise<{ readonly seq: number; readonly events: number } | null>;
  readonly readiness: () => Promise<Readiness>;
  readonly frugality: Frugality;
}

export interface Context {
  readonly keyring: Keyring;
  readonly sources: Sources;
  readonly doorbell: Doorbell;
  readonly metrics: Metrics;
  readonly internalToken: string;
  readonly log: Logger;
  /** epoch ms */
  readonly now: () => number;
  /** null: still starting */
  readonly core: () => Core | null;
  readonly flow: () => Promise<Flow>;
}

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly context: Context;
}

export type Route = (exchange: Exchange) => void | Promise<void>;

/** The token of `Authorization: Bearer …`; null without one */
export function bearer(request: IncomingMessage): string | null {
  const match = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '');
  return match?.[1] ?? null;
}
