/** Every figure, live and at past moments, against the plain recomputation, out of a real ClickHouse. */
import * as fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { createDeriver } from '#ingest/derive/deriver.ts';
import { eventCurrency, subjectKeys } from '#ingest/derive/keys.ts';
import { recompute } from '#ingest/verify/oracle/recompute.ts';
import { streamOf, type AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { KPI_IDS, type Tile } from '#lib/contracts/kpi.ts';
import { businessCalendar } from '#lib/domain/calendar.ts';
import { createEngine, type Engine } from '#lib/server/kpi/engine.server.ts';
import { createFeed } from '#lib/server/kpi/feed.server.ts';
import { createFigures } from '#lib/server/kpi/figures.server.ts';
import { businessTime } from '#lib/server/kpi/moment.server.ts';
import { startTestClickHouse, type TestClickHouse } from '../support/clickhouse.ts';
import { eventually } from '../support/eventually.ts';
import { accept, heap, NOW, TIMES, ZONE } from '../support/generator.ts';

const CURRENCY = 'BRL';
const stops: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function ship(house: TestClickHouse, events: readonly AcceptedEvent[], batchSize: number): Promise<void> {
  const deriver = createDeriver({ writer: house.writer, tokenPrefix: 'test' });
  for (let start = 0; start < events.length; start += batchSize) {
    const batch = events.slice(start, start + batchSize);
    const rows = batch
      .map((event) =>
        JSON.stringify({
          ...event,
          data: JSON.stringify(event.data),
          keys: subjectKeys(event),
          stream: streamOf(event.type),
          currency: eventCurrency(event),
          content_hash: 1
        })
      )
      .join('\n');
    expect(await house.writer.insert('events_raw_v1', rows, { token: `raw:${start}` })).toMatchObject({ ok: true });
    const from = batch[0]?.seq ?? 0;
    const through = batch.at(-1)?.seq ?? 0;
    expect(await deriver.derive({ from, through, events: batch }, () => undefined)).toMatchObject({ ok: true });
  }
}

/** The dashboard's figures over this ClickHouse, its clock standing at NOW. */
function openFigures(house: TestClickHouse) {
  const timers = {
    now: () => NOW,
    after(ms: number, run: () => void) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    }
  };
  const time = businessTime(ZONE, 'BR');
  const log = { warn: (fields: object) => expect.unreachable(JSON.stringify(fields)) };
  const engine = createEngine({ reader: house.reader, time, currency: CURRENCY, timers, log });
  const feed = createFeed({ reader: house.reader, timers });
  stops.push(() => engine.stop());
  return {
    engine,
    figures: createFigures({ reader: house.reader, time, currency: CURRENCY, now: timers.now, engine, feed })
  };
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
  const house = await startTestClickHouse();
  stops.push(() => house.stop());
  const [sent] = fc.sample(heap({ min: 250, max: 300 }), { seed: 4, numRuns: 1 });
  await ship(house, accept(sent ?? { sent: [] }), 100);
  const { engine, figures } = openFigures(house);
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
  const house = await startTestClickHouse();
  stops.push(() => house.stop());
  const [sent] = fc.sample(heap({ min: 250, max: 300 }), { seed, numRuns: 1 });
  const events = accept(sent ?? { sent: [] });
  await ship(house, events, 37 * seed);
  const { engine, figures } = openFigures(house);
  expect(told(await loaded(engine))).toEqual(expected(events, null));
  // a third of the moments each: together the heaps pass through all of them
  for (const asOf of TIMES.filter((_, index) => index % SEEDS.length === seed % SEEDS.length)) {
    const past = await figures.tiles(KPI_IDS, asOf);
    if (!past.ok) throw new Error('no answer');
    expect(told(past.value.kpis), new Date(asOf).toISOString()).toEqual(expected(events, asOf));
  }
});
