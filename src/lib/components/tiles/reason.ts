/** Why there is no value, in words. Branches on codes, never on texts. */
import type { Reason } from '#lib/contracts/kpi.ts';
import * as m from '#lib/paraglide/messages.js';

const TEXTS: Partial<Record<Reason, () => string>> = {
  no_denominator: m.empty_no_denominator,
  no_kept_sku: m.empty_no_kept_sku
};
export const reasonText = (reason: Reason | undefined): string => (TEXTS[reason ?? 'no_data'] ?? m.empty_no_data)();
