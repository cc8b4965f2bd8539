/** Effects → sums by minute and by UTC day, `start` columns in epoch seconds. */
import { addLine, type Lines } from './columns.ts';

const MINUTE_S = 60;
const DAY_S = 86_400;
const startOf = (timeMs: number, grainS: number): number => Math.floor(timeMs / 1000 / grainS) * grainS;

interface Movement {
  readonly measure: string;
  readonly currency: string;
  readonly time: number;
  readonly known_from: number;
  readonly account: string;
  readonly flow: string;
  readonly kind: string;
  readonly method: string;
  readonly amount: number;
  readonly base: number;
  readonly sign: number;
}
interface Sum {
  /** one of those summed, whose dimensions all of them share */
  readonly of: Movement;
  readonly grain: 'minute' | 'day';
  readonly start: number;
  readonly known_start: number;
  amount: number;
  base: number;
  rows: number;
}
/** Sums by minute and by UTC day of one batch. */
export interface Sums {
  add(row: Movement): void;
  write(lines: Lines): void;
}

export function createSums(): Sums {
  const sums = new Map<string, Sum>();
  /** sums that can take no more without losing units: ClickHouse adds the rows of one key itself */
  const full: Sum[] = [];
  const addTo = (row: Movement, grain: Sum['grain'], start: number, known_start: number): void => {
    const { measure, currency, account, flow, kind, method, amount, base, sign } = row;
    // the account, the only text that producers choose, stands last: no two keys are spelt alike
    const key = `${start} ${known_start} ${grain} ${measure} ${currency} ${flow} ${kind} ${method} ${account}`;
    const sum = sums.get(key);
    if (sum && Number.isSafeInteger(sum.amount + amount) && Number.isSafeInteger(sum.base + base)) {
      sum.amount += amount;
      sum.base += base;
      sum.rows += sign;
      return;
    }
    if (sum) full.push(sum);
    sums.set(key, { of: row, grain, start, known_start, amount, base, rows: sign });
  };
  return {
    add(row) {
      const day = startOf(row.time, DAY_S);
      addTo(row, 'minute', startOf(row.time, MINUTE_S), startOf(row.known_from, MINUTE_S));
      addTo(row, 'day', day, day);
    },
    write(lines) {
      for (const { of, grain, start, known_start, amount, base, rows } of [...full, ...sums.values()]) {
        if (amount === 0 && base === 0 && rows === 0) continue;
        const { measure, currency, account, flow, kind, method } = of;
        addLine(lines, 'movement_sums_v1', [
          measure,
          currency,
          grain,
          start,
          known_start,
          account,
          flow,
          kind,
          method,
          amount,
          base,
          rows
        ]);
      }
    }
  };
}
