/** What a comparison found. */
import type { KpiId } from '#lib/contracts/kpi.ts';
import type { StoredTable } from './stored.ts';
import type { Difference } from './tally.ts';

/** `account balances` is the live query behind cash-position, which reads sums, minutes and rows. */
export type Checked = StoredTable | 'events_raw_v1' | 'events_by_key_v1' | 'account balances';

export interface TableReport {
  readonly table: Checked;
  /** keys compared, both sides together */
  readonly keys: number;
  /** keys left out: they changed while we looked */
  readonly moving: number;
  readonly differences: readonly Difference[];
  /** what the columns of a difference's key are called */
  readonly columns: readonly string[];
  /** figures that read it */
  readonly figures: readonly KpiId[];
}
export interface VerifyReport {
  readonly events: number;
  readonly lastSeq: number;
  readonly tables: readonly TableReport[];
}
export const differenceCount = ({ tables }: VerifyReport): number =>
  tables.reduce((count, table) => count + table.differences.length, 0);
