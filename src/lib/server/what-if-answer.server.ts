import type { KpiId, KpiValue } from '#lib/contracts/kpi.ts';

/** What some rows more in the derived tables would change; figures in the business's currency first. */
export interface WhatIf {
  readonly figures: readonly {
    readonly id: KpiId;
    readonly before: KpiValue | null;
    readonly after: KpiValue | null;
  }[];
  /** they change in a way that takes more than the rows to tell */
  readonly untold: readonly KpiId[];
  readonly accounts: readonly {
    readonly account: string;
    readonly currency: string;
    readonly before_minor: number;
    readonly after_minor: number;
  }[];
  /** open amounts; 0: settled, or not there yet */
  readonly instalments: readonly {
    readonly invoice_id: string;
    readonly number: number;
    readonly customer: string;
    readonly currency: string;
    readonly before_minor: number;
    readonly after_minor: number;
  }[];
  readonly skus: readonly { readonly sku: string; readonly before_free: number; readonly after_free: number }[];
}
