/** Every figure, live and at past moments, against the plain recomputation, out of a real ClickHouse. */
import * as fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { recompute } from '#ingest/verify/oracle/recompute.ts';
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { KPI_IDS, type KpiId, type Tile } from '#lib/contracts/kpi.ts';
import { businessCalendar } from '#lib/domain/calendar.ts';
import type { Engine } from '#lib/server/kpi/engine.server.ts';
import type { Figures } from '#lib/server/services.server.ts';
import { startTestClickHouse } from '../support/clickhouse.ts';
import { eventually } from '../support/eventually.ts';
import { openFigures, ship, type OpenFigures } from '../support/figures.ts';
import { accept, heap, NOW, TIMES, ZONE } from '../support/generator.ts';

const CURRENCY = 'BRL';
const SEEDS = [1, 2, 3];
const stops: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function filled(events: readonly AcceptedEvent[], batchSize: number): Promise<OpenFigures> {
  const house = await startTestClickHouse();
  stops.push(() => house.stop());
  await ship(house.writer, events, batchSize);
  const opened = openFigures(house.reader, ZONE, CURRENCY, () => NOW);
  stops.push(() => opened.engine.stop());
  return opened;
}

const seen = (engine: Engine): readonly Tile[] => engine.tiles(KPI_IDS);

async function loaded(engine: Engine): Promise<readonly Tile[]> {
  engine.start();
  return eventually('all tiles', 10_000, () =>
    seen(engine).every((tile) => tile.state !== 'failed') ? seen(engine) : null
  );
}

function expected(events: readonly AcceptedEvent[], asOf: number | null): object {
  const moment = { asOf, now: NOW, timezone: ZONE, calendar: businessCalendar('BR') };
  const { figures, otherCurrencies } = recompute(events, moment, CURRENCY);
  return Object.fromEntries(
    KPI_IDS.map((id) => {
      const { value, reason } = figures.get(id) ?? { value: null };
      return [id, { value, reason, others: otherCurrencies.get(id) ?? [] }];
    })
  );
}

const told = (tiles: readonly Tile[]): object =>
  Object.fromEntries(
    tiles.map(({ id, value, reason, other_currencies }) => [id, { value, reason, others: other_currencies ?? [] }])
  );

/** States of which the last two weeks are shown; the others draw their day. */
const WITH_DAYS = [
  'cash-position',
  'cash-confirmed-pending',
  'receivables-overdue',
  'delinquency-rate',
  'stock-on-hand',
  'stock-free',
  'stock-outs',
  'return-rate'
] as const satisfies readonly KpiId[];

const valueAt = async (figures: Figures, id: KpiId, at: number): Promise<Tile['value']> => {
  const then = await figures.tiles([id], at);
  if (!then.ok) throw new Error('no answer');
  return then.value.kpis[0]?.value ?? null;
};
const plain = (value: Tile['value']): number | null =>
  value === null || Array.isArray(value) ? null : typeof value === 'number' ? value : value.minor;

const daysOf = (tile: Tile | undefined) => tile?.series?.find(({ name }) => name === 'days')?.points;

async function withDays(events: readonly AcceptedEvent[]): Promise<OpenFigures> {
  const opened = await filled(events, 100);
  await loaded(opened.engine);
  await eventually('the days of every state', 10_000, () =>
    opened.engine.tiles(WITH_DAYS).every((tile) => tile.value === null || daysOf(tile) !== undefined)
  );
  return opened;
}

test('two weeks of a state are what it was at the end of each day', async () => {
  const [sent] = fc.sample(heap({ min: 250, max: 300 }), { seed: 4, numRuns: 1 });
  const { engine, figures } = await withDays(accept(sent ?? { sent: [] }));
  const checked: KpiId[] = [];
  for (const tile of engine.tiles(WITH_DAYS)) {
    const days = daysOf(tile);
    if (days === undefined) continue;
    checked.push(tile.id);
    expect(days).toHaveLength(14);
    for (const [end, value] of days.slice(0, -1)) {
      const then = plain(await valueAt(figures, tile.id, end));
      // before there was anything to confirm the line of what is pending has a hole and not a 0
      const isHole = tile.id === 'cash-confirmed-pending' && value === null && then === 0;
      expect(isHole ? then : value, `${tile.id} ${new Date(end).toISOString()}`).toEqual(then);
    }
  }
  expect(checked.length).toBeGreaterThanOrEqual(WITH_DAYS.length - 1);
});

test.each(SEEDS)('what a figure is compared with is what it was then, heap %i', async (seed) => {
  const [sent] = fc.sample(heap({ min: 250, max: 300 }), { seed: seed + 20, numRuns: 1 });
  const { engine, figures } = await withDays(accept(sent ?? { sent: [] }));
  const compared = seen(engine).flatMap((tile) => (tile.compare ?? []).map((entry) => ({ id: tile.id, ...entry })));
  expect(compared.map(({ id }) => id)).toContain('cash-position');
  for (const { id, label, as_of, value } of compared)
    expect(await valueAt(figures, id, Date.parse(as_of)), `${id} ${label} ${as_of}`).toEqual(value);
  const clocks = new Set(compared.filter(({ label }) => label === 'yesterday').map(({ as_of }) => as_of));
  expect([...clocks]).toHaveLength(1);
});

test('a past day is told by half hours, and adds up to its events', async () => {
  const [sent] = fc.sample(heap({ min: 250, max: 300 }), { seed: 4, numRuns: 1 });
  const events = accept(sent ?? { sent: [] });
  const { figures } = await filled(events, 100);
  const day = Date.parse('2026-02-19T00:00:00-03:00');
  const told = await figures.dayEvents(day + 12 * 3_600_000);
  if (!told.ok) throw new Error('no answer');
  const slotOf = (time: number): number => Math.floor((time - day) / 1_800_000);
  const expectedCounts = Array.from(
    { length: 48 },
    (_, slot) => events.filter(({ time }) => slotOf(time) === slot).length
  );
  expect(told.value).toEqual(expectedCounts);
  expect(expectedCounts.some((count) => count > 0)).toBe(true);
});

test.each(SEEDS)('live and past figures equal the recomputation, heap %i', async (seed) => {
  const [sent] = fc.sample(heap({ min: 250, max: 300 }), { seed, numRuns: 1 });
  const events = accept(sent ?? { sent: [] });
  const { engine, figures } = await filled(events, 37 * seed);
  expect(told(await loaded(engine))).toEqual(expected(events, null));
  // a third of the moments each: together the heaps pass through all of them
  for (const asOf of TIMES.filter((_, index) => index % SEEDS.length === seed % SEEDS.length)) {
    const past = await figures.tiles(KPI_IDS, asOf);
    if (!past.ok) throw new Error('no answer');
    expect(told(past.value.kpis), new Date(asOf).toISOString()).toEqual(expected(events, asOf));
  }
});
