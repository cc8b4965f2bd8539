/**
 * Amounts and quantities as large as the schemas take them: what the rules make of them is a whole number that every derived table
 * holds. A row that a table refused would hold up all that comes after it.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { eventSchemas, isEventType, type AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { accepted } from '#ingest/verify/oracle/events.fixture.ts';
import { accept, heap } from '../support/generator.ts';
import { productRules } from '../support/oracle-comparison.ts';

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000_007);
const numRuns = Number(process.env.RUNS ?? 1000);
const MOST = Number.MAX_SAFE_INTEGER;
const SIZED = /(_minor|quantity)$/;

/** The same with its amounts and quantities as `sizes` say, in turn; null: as they are. */
function sized(data: unknown, next: () => number | null): unknown {
  if (Array.isArray(data)) return data.map((one) => sized(one, next));
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => {
      if (typeof value !== 'number') return [name, sized(value, next)];
      const size = SIZED.test(name) ? next() : null;
      return [name, size === null ? value : Math.sign(value) * size];
    })
  );
}

/** Where the schema takes the large event, that; else what it was. */
function enlarge(
  events: readonly AcceptedEvent[],
  sizes: readonly (number | null)[]
): { events: AcceptedEvent[]; enlarged: number } {
  let at = 0;
  let enlarged = 0;
  const next = (): number | null => sizes[at++ % sizes.length] ?? null;
  const large = events.map((event) => {
    const data = sized(event.data, next);
    const isTaken = isEventType(event.type) && eventSchemas[event.type].safeParse(data).success;
    if (isTaken && JSON.stringify(data) !== JSON.stringify(event.data)) enlarged++;
    return isTaken ? accepted({ ...event, data }) : event;
  });
  return { events: large, enlarged };
}

it('the largest amounts and quantities that are taken make rows that every table holds', () => {
  let enlarged = 0;
  fc.assert(
    fc.property(
      heap({ max: 45 }),
      fc.array(fc.constantFrom(null, MOST, MOST - 1, Math.floor(MOST / 2), 0), { minLength: 1, maxLength: 12 }),
      (sent, sizes) => {
        const large = enlarge(accept(sent), sizes);
        enlarged += large.enlarged;
        const { instalments, allocations } = productRules.receivables(large.events);
        const rows: readonly object[] = [
          ...productRules.money(large.events),
          ...productRules.sales(large.events),
          ...productRules.reserved(large.events),
          ...large.events.flatMap(productRules.direct),
          ...instalments,
          ...allocations
        ];
        for (const row of rows)
          for (const [column, value] of Object.entries(row))
            if (typeof value === 'number' && !Number.isSafeInteger(value))
              expect.fail(`${column} ${value} in ${JSON.stringify(row)}`);
      }
    ),
    { seed, numRuns }
  );
  console.info(`seed ${seed}: ${enlarged} events enlarged`);
  expect(enlarged).toBeGreaterThan(numRuns);
});
