/**
 * What customers owe, followed from batch to batch with all that is left out as unchangeable: sealed invoices, and money that comes to
 * an end before an invoice. Few customers, many invoices and payments that often name but the customer, revised and reversed in small
 * batches. Against the same rules over all events at once, which rules.test.ts holds against the oracle.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { z } from 'zod';
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { ok } from '#lib/contracts/result.ts';
import { createSubjects } from '#ingest/derive/closure.ts';
import { DERIVED_COLUMNS, type DerivedTable, type Lines } from '#ingest/derive/columns.ts';
import { createDebtors } from '#ingest/derive/debtors.ts';
import type { History } from '#ingest/derive/history.ts';
import { historyKeys } from '#ingest/derive/keys.ts';
import { addReceivables } from '#ingest/derive/state.ts';
import { accepted } from '#ingest/verify/oracle/events.fixture.ts';

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000_007);
const numRuns = Number(process.env.RUNS ?? 200);
const START = Date.UTC(2026, 0, 1);

const among = (name: string, count: number): fc.Arbitrary<string> =>
  fc.integer({ min: 1, max: count }).map((n) => `${name}${n}`);
const customer_id = among('c', 3);
const invoice_id = among('i', 20);
const payment_id = among('p', 14);
const order_id = among('o', 3);
const currency = fc.constantFrom('BRL', 'BRL', 'BRL', 'BRL', 'BRL', 'USD');
const amount_minor = fc.constantFrom(10, 20, 30, 100);
const asked_minor = fc.constantFrom(30, 50, 200);
const revision = fc.constantFrom(undefined, undefined, 1, 2);
const due_date = fc.integer({ min: 1, max: 9 }).map((day) => `2026-02-0${day}`);
const reason = fc.constant('refund');
const rarely = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 7, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });

const links = fc.oneof(
  { weight: 4, arbitrary: fc.record({ customer_id }) },
  { weight: 4, arbitrary: fc.record({ customer_id, invoice_id }) },
  { weight: 1, arbitrary: fc.record({ customer_id, order_id }) },
  { weight: 1, arbitrary: fc.constant({}) }
);
const payment = fc
  .tuple(fc.record({ payment_id, amount_minor, currency, method: fc.constant('pix'), revision }), links)
  .map(([own, named]) => ({ ...own, ...named }));
const TOLD: readonly (readonly [number, string, fc.Arbitrary<object>])[] = [
  [
    10,
    'invoice.issued',
    fc
      .record({
        invoice_id,
        customer_id,
        currency,
        revision,
        order_id: rarely(order_id),
        kind: fc.constantFrom('sale', 'sale', 'agreement'),
        replaces: rarely(fc.record({ invoice_id }).map((old) => [old])),
        installments: fc.array(fc.record({ due_date, amount_minor: asked_minor }), { minLength: 1, maxLength: 2 })
      })
      .map((data) => ({
        ...data,
        installments: data.installments.map((one, index) => ({ ...one, number: index + 1 }))
      }))
  ],
  [9, 'payment.settled', payment.map((data) => ({ ...data, account: 'itau', fee_minor: 0 }))],
  [3, 'payment.confirmed', payment],
  [2, 'payment.reversed', fc.record({ payment_id, amount_minor, currency, reason, movement_id: rarely(order_id) })],
  [1, 'payment.reinstated', fc.record({ payment_id, amount_minor, currency, reason })],
  [
    1,
    'payment.allocated',
    fc.record({ payment_id, allocations: fc.array(fc.record({ invoice_id, amount_minor }), { maxLength: 2 }) })
  ],
  [1, 'invoice.credited', fc.record({ invoice_id, amount_minor, currency, reason: fc.constant('discount') })],
  [2, 'invoice.cancelled', fc.record({ invoice_id, revision })],
  [1, 'invoice.written_off', fc.record({ invoice_id })]
];
const told = fc.oneof(
  ...TOLD.map(([weight, type, arbitrary]) => ({
    weight,
    arbitrary: fc.record({ type: fc.constant(type), data: arbitrary })
  }))
);
const withoutUndefined = (data: object): unknown => JSON.parse(JSON.stringify(data));

interface World {
  readonly events: readonly AcceptedEvent[];
  readonly sizes: readonly number[];
  readonly repeated: readonly number[];
  readonly restarted: readonly number[];
}
const world: fc.Arbitrary<World> = fc.record({
  events: fc.array(fc.tuple(told, fc.nat({ max: 40 })), { minLength: 30, maxLength: 90, size: 'max' }).map((list) =>
    list.map(([{ type, data }, day], index): AcceptedEvent => {
      const place = { id: `e${index}`, source: '/t', seq: index + 1, time: START + day * 86_400_000 };
      return accepted({ ...place, received_at: START, type, data: withoutUndefined(data) });
    })
  ),
  sizes: fc.array(fc.constantFrom(1, 1, 1, 2, 4), { minLength: 7, maxLength: 7 }),
  /** these batches are asked for twice before they are committed */
  repeated: fc.array(fc.nat({ max: 60 }), { maxLength: 8 }),
  /** before these nothing is remembered */
  restarted: fc.array(fc.nat({ max: 60 }), { maxLength: 2 })
});

function historyOf(events: readonly AcceptedEvent[]): History & { readonly asked: () => number } {
  const byKey = new Map<string, AcceptedEvent[]>();
  for (const event of events) for (const key of historyKeys(event)) byKey.set(key, [...(byKey.get(key) ?? []), event]);
  let asked = 0;
  const nothing = (): void => undefined;
  return {
    load(keys, before) {
      const found = [...keys].map((key) => [key, (byKey.get(key) ?? []).filter(({ seq }) => seq < before)] as const);
      asked += found.reduce((sum, [, list]) => sum + list.length, 0);
      return Promise.resolve(ok(new Map(found)));
    },
    commit: nothing,
    beFrugal: nothing,
    clear: nothing,
    asked: () => asked
  };
}

const TABLES = ['receivable_state_v1', 'payment_allocations_v1'] as const satisfies readonly DerivedTable[];

/** What stands in the tables once rows of sign -1 have met those of sign 1: row without sign and position → how often. */
function add(standing: Map<string, number>, lines: Lines): void {
  for (const table of TABLES) {
    const at = DERIVED_COLUMNS[table].findIndex((column) => column === 'sign');
    for (const line of lines.get(table) ?? []) {
      const cells = z.array(z.unknown()).parse(JSON.parse(line));
      const row = JSON.stringify([table, ...cells.slice(0, at)]);
      const count = (standing.get(row) ?? 0) + Number(cells[at]);
      if (count === 0) standing.delete(row);
      else standing.set(row, count);
    }
  }
}

async function followed(
  { events, sizes, repeated, restarted }: World,
  remembers: boolean
): Promise<{ readonly standing: Map<string, number>; readonly asked: number }> {
  const history = historyOf(events);
  const standing = new Map<string, number>();
  let debtors = createDebtors();
  let done = 0;
  for (let index = 0; done < events.length; index++) {
    if (restarted.includes(index)) debtors = createDebtors();
    const part = events.slice(done, done + (sizes[index % sizes.length] ?? 1));
    done += part.length;
    const batch = { from: part[0]?.seq ?? 0, through: part.at(-1)?.seq ?? 0, events: part };
    const subjects = createSubjects(history, batch);
    if (repeated.includes(index)) await debtors.add(new Map(), subjects, batch);
    const lines: Lines = new Map();
    await debtors.add(lines, subjects, batch);
    // what is not committed is not remembered
    if (remembers) debtors.commit();
    add(standing, lines);
  }
  return { standing, asked: history.asked() };
}

it('what is left out of a batch cannot have changed', async () => {
  console.info(`seed ${seed}`);
  let asked = 0;
  let askedWithoutMemory = 0;
  await fc.assert(
    fc.asyncProperty(world, async (one) => {
      const result = await followed(one, true);
      const expected = new Map<string, number>();
      const lines: Lines = new Map();
      addReceivables(lines, one.events, 0, 0);
      add(expected, lines);
      expect(Object.fromEntries(result.standing)).toEqual(Object.fromEntries(expected));
      asked += result.asked;
      askedWithoutMemory += (await followed(one, false)).asked;
    }),
    { seed, numRuns, endOnFailure: true }
  );
  // else nothing was left out, and nothing was proved
  expect(asked).toBeLessThan(0.95 * askedWithoutMemory);
  console.info(`events looked at: ${asked} instead of ${askedWithoutMemory}`);
});
