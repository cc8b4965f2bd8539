/** Every figure, live and at past moments, against the plain recomputation, out of a real ClickHouse. */
import * as fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { recompute } from '#ingest/verify/oracle/recompute.ts';
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { KPI_IDS, type Tile } from '#lib/contracts/kpi.ts';
import { businessCalendar } from '#lib/domain/calendar.ts';
import type { Engine } from '#lib/server/kpi/engine.server.ts';
import { startTestClickHouse } from '../support/clickhouse.ts';
import { eventually } from '../support/eventually.ts';
import { openFigures, ship, type OpenFigures } from '../support/figures.ts';
import { accept, heap, NOW, TIMES, ZONE } from '../support/generator.ts';

const CURRENCY = 'BRL';
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

const SEEDS = [1, 2, 3];

test('two weeks of closings are what the position was at each midnight', async () => {
  const [sent] = fc.sample(heap({ min: 250, max: 300 }), { seed: 4, numRuns: 1 });
  const { engine, figures } = await filled(accept(sent ?? { sent: [] }), 100);
  await loaded(engine);
  const days = await eventually('the series', 5_000, () => engine.tiles(['cash-position'])[0]?.series?.[0]?.points);
  expect(days).toHaveLength(14);
  for (const [end, closing] of days.slice(0, -1)) {
    const then = await figures.tiles(['cash-position'], end);
    const value = then.ok ? then.value.kpis[0]?.value : undefined;
    expect(value === null ? null : value).toEqual(closing === null ? null : { minor: closing, currency: CURRENCY });
  }
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
