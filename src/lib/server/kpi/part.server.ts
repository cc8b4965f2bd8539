/** What a part is: which events make it dirty, and how it is asked for, live and for the past. */
import type { Result } from '#lib/contracts/result.ts';
import type { FactGroup } from '#lib/contracts/streams.ts';
import type { ClickHouseFailure, Reader } from '#sql/interface.server.ts';
import type { DebtDays } from './debts.server.ts';
import type { PartName, PartValues } from './facts.server.ts';
import type { BusinessTime, Moment } from './moment.server.ts';
import type { Past } from './past.server.ts';

export type Answer<T> = Promise<Result<T, ClickHouseFailure>>;
export interface Asking {
  readonly reader: Reader;
  readonly time: BusinessTime;
  readonly currency: string;
  readonly debtDays: DebtDays;
}
interface Part<T> {
  /** groups whose commit makes it dirty; `any`: whatever became visible */
  readonly groups: readonly (FactGroup | 'any')[];
  /** dirty when an event of this group is older than today: it restates a past day */
  readonly late?: FactGroup;
  /** at least so long between two loads */
  readonly gapMs: number;
  /** @param isAhead an event lies ahead of the clock */
  live(asking: Asking, moment: Moment, isAhead: boolean): Answer<T>;
  at(asking: Asking, moment: Moment, past: Past): Answer<T>;
}
export type PartsOf<N extends PartName> = { readonly [K in N]: Part<PartValues[K]> };

/** Live figures: at once, then at most ten times a second. */
export const LIVE_GAP_MS = 100;
