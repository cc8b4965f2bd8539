/**
 * A small seeded generator (sfc32): the same seed gives the same world on every machine. Never Math.random here.
 */
export interface Random {
  /** [0, 1) */
  next(): number;
  /** whole number, both ends included */
  int(min: number, max: number): number;
  between(min: number, max: number): number;
  chance(probability: number): boolean;
  /** @throws RangeError on an empty list */
  pick<T>(list: readonly T[]): T;
  /** standard normal */
  normal(): number;
  /** exp(N(ln median, sigma)) */
  logNormal(median: number, sigma: number): number;
  /** a count with that mean; normal approximation above 60 */
  poisson(mean: number): number;
  /** an independent stream, the same for the same label whatever was drawn before */
  fork(label: string): Random;
}

/** Four 32-bit words out of a text (xmur3). */
function words(text: string): [number, number, number, number] {
  let h = 1779033703 ^ text.length;
  for (let i = 0; i < text.length; i++) {
    h = Math.imul(h ^ text.charCodeAt(i), 3432918353);
    h = (h << 13) | (h >>> 19);
  }
  const word = (): number => {
    h = Math.imul(h ^ (h >>> 16), 2246822507);
    h = Math.imul(h ^ (h >>> 13), 3266489909);
    h ^= h >>> 16;
    return h >>> 0;
  };
  return [word(), word(), word(), word()];
}

function sfc32(text: string): () => number {
  let [a, b, c, d] = words(text);
  const next = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 4_294_967_296;
  };
  // the first draws still resemble the seed
  for (let i = 0; i < 12; i++) next();
  return next;
}

export function createRandom(seed: string): Random {
  const next = sfc32(seed);
  const int = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const poisson = (mean: number): number => {
    if (mean > 60) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = next(); product > limit; product *= next()) count++;
    return count;
  };
  return {
    next,
    int,
    between: (min, max) => min + next() * (max - min),
    chance: (probability) => next() < probability,
    pick: (list) => {
      const picked = list[Math.floor(next() * list.length)];
      if (picked === undefined) throw new RangeError('nothing to pick from');
      return picked;
    },
    normal,
    logNormal: (median, sigma) => median * Math.exp(sigma * normal()),
    poisson,
    fork: (label) => createRandom(`${seed}/${label}`)
  };
}

/** Draws by weight in O(log n). @throws RangeError when no weight is positive */
export function weighted<T>(list: readonly T[], weightOf: (entry: T) => number): (random: Random) => T {
  const sums: number[] = [];
  let total = 0;
  for (const entry of list) sums.push((total += weightOf(entry)));
  if (!(total > 0)) throw new RangeError('no positive weight');
  return (random) => {
    const wanted = random.next() * total;
    let low = 0;
    let high = sums.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] ?? 0) > wanted) high = middle;
      else low = middle + 1;
    }
    const picked = list[low];
    if (picked === undefined) throw new RangeError('nothing to pick from');
    return picked;
  };
}
