import fc from 'fast-check';
import { expect, it } from 'vitest';
import { happened } from '#ingest/verify/oracle/happened.ts';
import { accept, arrived, heap } from '../support/generator.ts';
import { countCases } from '../support/generator-cases.ts';
import { disagreements } from '../support/oracle-comparison.ts';

/** `SEED=… RUNS=…` repeat or lengthen a run; the seed of a failing one is in fast-check's report. */
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000_007);
const numRuns = Number(process.env.RUNS ?? 1500);

it('the rules of money, sales, goods and receivables agree with the oracle at every moment of every heap', () => {
  const cases = countCases();
  fc.assert(
    fc.property(heap({ max: 45 }), (sent) => {
      cases.add(sent);
      expect(disagreements(accept(sent))).toEqual([]);
    }),
    { seed, numRuns }
  );
  console.info(`seed ${seed}\n${cases.table()}`);
  for (const [name, count] of cases.counts()) expect(count, `heaps with ${name}`).toBeGreaterThanOrEqual(numRuns / 500);
});

it('the oracle itself sees through copies: of one identity the first to arrive counts, whatever time the others carry', () => {
  fc.assert(
    fc.property(heap({ max: 45 }), (sent) => {
      const seen = happened(arrived(sent), null).map(({ source, id, time, data }) => ({ source, id, time, data }));
      const kept = happened(accept(sent), null).map(({ source, id, time, data }) => ({ source, id, time, data }));
      expect(seen).toEqual(kept);
    }),
    { seed, numRuns: 200 }
  );
});
