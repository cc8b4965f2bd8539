/** What figures are made of: named parts, each the answer to one or a few questions. */
import type { CashSlot, Amount, Balance, Fees } from './queries/cash.server.ts';
import type { SeenRow } from './queries/events.server.ts';
import type { CollectedSlot, OpenByDueDate } from './queries/receivables.server.ts';
import type { SalesSlot } from './queries/sales.server.ts';
import type { MonthUnits, ReturnsDay, StockTotals } from './queries/stock.server.ts';
import type { Curve, Point } from './curve.server.ts';
import type { Moment } from './moment.server.ts';

export interface PartValues {
  /** which streams have delivered which currencies */
  readonly seen: readonly SeenRow[];
  readonly cashSlots: readonly CashSlot[];
  readonly cashCurves: readonly Curve[];
  readonly position: readonly Balance[];
  /** yesterday's position as it moved, in the business's currency */
  readonly positionCurves: readonly Curve[];
  /** closing balances of the last 13 local days in the business's currency */
  readonly positionDays: readonly Point[];
  readonly pending: readonly Amount[];
  /** what was pending at the end of the last 13 local days, in the business's currency */
  readonly pendingDays: readonly Point[];
  readonly fees: readonly Fees[];
  readonly salesSlots: readonly SalesSlot[];
  readonly salesCurves: readonly Curve[];
  readonly salesOffsets: readonly Amount[];
  readonly open: readonly OpenByDueDate[];
  /** at the end of the last 13 local days, in the business's currency; of a past moment: none, each takes as long as the moment itself */
  readonly debtDays: readonly { readonly end: number; readonly overdue_minor: number; readonly open_minor: number }[];
  /** slots count from the start of yesterday */
  readonly collected: { readonly from: number; readonly slots: readonly CollectedSlot[] };
  readonly stock: StockTotals;
  /** at the end of the last 13 local days */
  readonly stockDays: readonly { readonly end: number; readonly stock: StockTotals }[];
  readonly returns: ReturnsDay;
  readonly units: MonthUnits;
  /** month to date at the end of the last 13 local days */
  readonly unitDays: readonly { readonly end: number; readonly units: MonthUnits }[];
}
export type PartName = keyof PartValues;
/** A part with the moment it was asked for. */
interface Loaded<T> {
  readonly value: T;
  readonly moment: Moment;
}
export type Facts = { readonly [K in PartName]: Loaded<PartValues[K]> };
export type SomeFacts = { [K in PartName]?: Loaded<PartValues[K]> };
