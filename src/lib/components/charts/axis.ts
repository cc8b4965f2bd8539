/** Round marks within what is drawn: the axis ends where the data end, so that one tall bar does not squeeze the rest further. Pure. */

const STEPS = [1, 2, 2.5, 4, 5, 10] as const;

/**
 * @param marksMax at most so many, zero included
 * @returns multiples of one round step, ascending, `low` and `high` not passed; always with zero
 */
export function roundMarks(low: number, high: number, marksMax: number): number[] {
  const from = Math.min(0, low);
  const to = Math.max(0, high);
  if (from === to || marksMax < 2) return [0];
  const rough = (to - from) / marksMax;
  const power = 10 ** Math.floor(Math.log10(rough));
  for (const step of [...STEPS.map((n) => n * power), 20 * power]) {
    const first = Math.ceil(from / step);
    const last = Math.floor(to / step);
    if (last - first + 1 <= marksMax)
      return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
  }
  return [0];
}
