/** Shares of a whole in tenths of a per cent that add up to 100.0 (largest remainder). Pure. */

/** @param amounts ≥ 0 @returns ratios, multiples of 0.001, summing to 1; all 0 when the whole is 0 */
export function shares(amounts: readonly number[]): number[] {
  const whole = amounts.reduce((sum, amount) => sum + amount, 0);
  if (whole <= 0) return amounts.map(() => 0);
  const exact = amounts.map((amount) => (amount / whole) * 1000);
  const floors = exact.map(Math.floor);
  let left = 1000 - floors.reduce((sum, floor) => sum + floor, 0);
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: value - Math.floor(value) }))
    .toSorted((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder) {
    if (left <= 0) break;
    floors[index] = (floors[index] ?? 0) + 1;
    left -= 1;
  }
  return floors.map((thousandths) => thousandths / 1000);
}
