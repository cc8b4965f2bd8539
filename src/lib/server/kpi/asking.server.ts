/** What every list needs to ask, and how a failure of ClickHouse reads to a route. */
import { fail } from '#lib/contracts/result.ts';
import type { AskFailure } from '#lib/server/services.server.ts';
import type { ClickHouseFailure, Reader } from '#sql/interface.server.ts';
import type { PastDebts } from './debts.server.ts';
import type { BusinessTime } from './moment.server.ts';

export interface AskContext extends PastDebts {
  readonly reader: Reader;
  readonly time: BusinessTime;
  /** BUSINESS_CURRENCY */
  readonly currency: string;
  /** epoch ms */
  readonly now: () => number;
}

export const unavailable = (failure: ClickHouseFailure): { readonly ok: false; readonly failure: AskFailure } =>
  fail({ kind: 'unavailable', retryable: failure.retryable });
