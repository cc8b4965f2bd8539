import { BUCKETS, type Bucket } from '#lib/contracts/kpi.ts';
import * as m from '#lib/paraglide/messages.js';

const LABELS = {
  not_due: m.ageing_not_due,
  '1_30': m.ageing_1_30,
  '31_60': m.ageing_31_60,
  '61_90': m.ageing_61_90,
  over_90: m.ageing_over_90
} as const satisfies Record<Bucket, () => string>;
const SHORT = {
  not_due: m.ageing_not_due,
  '1_30': m.ageing_short_1_30,
  '31_60': m.ageing_short_31_60,
  '61_90': m.ageing_short_61_90,
  over_90: m.ageing_short_over_90
} as const satisfies Record<Bucket, () => string>;

/** `1–30 dias` */
export const bucketLabel = (bucket: Bucket): string => LABELS[bucket]();
/** `1–30` */
export const bucketShort = (bucket: Bucket): string => SHORT[bucket]();
/** The token of a bucket's colour. */
export const bucketColour = (bucket: Bucket): string =>
  bucket === 'not_due' ? 'var(--not-due)' : `var(--od-${BUCKETS.indexOf(bucket)})`;
