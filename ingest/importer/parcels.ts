/** A card sale's parcels: whole minor units that add up exactly. */

/** A split of `total` (minor, > 0) into at most `count` parts ≥ 1 that differ by at most 1, the greater first. */
export function splitMinor(total: number, count: number): readonly number[] {
  const parts = Math.min(count, total);
  const base = Math.floor(total / parts);
  const rest = total - base * parts;
  return Array.from({ length: parts }, (_, i) => (i < rest ? base + 1 : base));
}
