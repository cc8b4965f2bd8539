/**
 * What is on the shelves, moved on from batch to batch in the deriver's memory: few skus and few moments, so that counts, movements and
 * costs meet at the same millisecond in every order, in small batches of which many fail half-way and are asked for again.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { accepted } from '#ingest/verify/oracle/events.fixture.ts';
import { reportLines } from '#ingest/verify/report.ts';
import { verify } from '#ingest/verify/verify.ts';
import { startTestClickHouse } from '../support/clickhouse.ts';
import { ship } from '../support/ship.ts';

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000_007);
const EVENTS = 400;
const START = Date.UTC(2026, 9, 1, 12);

const sku = fc.constantFrom('a', 'b', 'c', 'd');
const warehouse = fc.constantFrom(undefined, 'SP');
const quantity = fc.integer({ min: 1, max: 9 });
const order_id = fc.integer({ min: 1, max: 60 }).map((n) => `o${n}`);
const lines = fc.tuple(sku, quantity).map(([one, count]) => [{ sku: one, quantity: count }]);

const told = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant('stock.adjusted'), data: move({ reason: 'theft' }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('stock.received'),
      data: fc.record({ sku, warehouse, quantity, unit_cost_minor: fc.option(quantity, { nil: undefined }) })
    })
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('stock.counted'), data: move({}) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('return.received'),
      data: fc.record({
        return_id: order_id,
        lines: fc
          .tuple(lines, fc.constantFrom('saleable', 'damaged'))
          .map(([list, condition]) => list.map((line) => ({ ...line, condition })))
      })
    })
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('order.shipped'), data: fc.record({ order_id, lines }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('order.placed'),
      data: fc.record({
        order_id,
        currency: fc.constant('BRL'),
        lines: lines.map((list) => list.map((line) => ({ ...line, unit_price_minor: 100 })))
      })
    })
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('product.updated'),
      data: fc.record({ sku, cost_minor: quantity, active: fc.boolean() })
    })
  }
);

function move(more: object): fc.Arbitrary<object> {
  return fc.record({ sku, warehouse, quantity }).map((data) => ({ ...data, ...more }));
}

const withoutUndefined = (data: object): unknown => JSON.parse(JSON.stringify(data));

const history = fc.array(fc.tuple(told, fc.nat({ max: 5 })), { minLength: EVENTS, maxLength: EVENTS }).map((list) =>
  list.map(([{ type, data }, moment], index): AcceptedEvent => {
    const time = START + moment;
    const place = { id: `e${index}`, source: '/t', seq: index + 1, time, received_at: START + 10 };
    return accepted({ ...place, type, data: withoutUndefined(data) });
  })
);
const shipping = fc.record({
  batches: fc.array(fc.constantFrom(1, 1, 2, 5), { minLength: 7, maxLength: 7 }),
  restarts: fc.array(fc.nat({ max: 150 }), { maxLength: 3 }),
  stumbles: fc.array(fc.record({ batch: fc.nat({ max: 150 }), insert: fc.nat({ max: 5 }) }), {
    minLength: 40,
    maxLength: 60
  })
});

it('skus moved on in memory are those of the oracle, whatever fails half-way', async () => {
  console.info(`seed ${seed}`);
  const database = await startTestClickHouse();
  try {
    const [world] = fc.sample(fc.tuple(history, shipping), { seed, numRuns: 1 });
    if (!world) throw new Error('no world');
    await ship(database.writer, world[0], world[1]);
    const answer = await verify(database.reader);
    if (!answer.ok) throw new Error(answer.failure.message);
    const wrong = answer.value.tables.filter(({ differences }) => differences.length > 0);
    expect(wrong, reportLines(answer.value).join('\n')).toEqual([]);
    expect(answer.value.events).toBe(EVENTS);
  } finally {
    await database.stop();
  }
});
