import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { KPI_IDS, type Tile } from '#lib/contracts/kpi.ts';
import { businessCalendar } from '#lib/domain/calendar.ts';
import { debtsFrom } from '#lib/server/kpi/debts.server.ts';
import { createEngine } from '#lib/server/kpi/engine.server.ts';
import { createFeed } from '#lib/server/kpi/feed.server.ts';
import { createFigures } from '#lib/server/kpi/figures.server.ts';
import { businessTime } from '#lib/server/kpi/moment.server.ts';
import { PART_NAMES } from '#lib/server/kpi/parts.server.ts';
import { systemTimers } from '#lib/server/kpi/timers.server.ts';
import type { Figures } from '#lib/server/services.server.ts';
import { recompute } from '#ingest/verify/oracle/recompute.ts';
import { reportLines } from '#ingest/verify/report.ts';
import { verify } from '#ingest/verify/verify.ts';
import type { Reader } from '#sql/interface.server.ts';
import { startTestClickHouse } from '../support/clickhouse.ts';
import { eventually } from '../support/eventually.ts';
import { accept, NOW, TIMES, ZONE } from '../support/generator.ts';
import { world } from '../support/generator-worlds.ts';
import { ship } from '../support/ship.ts';

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000_007);
const numRuns = Number(process.env.WORLDS ?? 3);
const CURRENCY = 'BRL';

/** Moments at, just before and long after events, and in the middle of a minute. */
const momentsOf = fc.subarray(
  [...TIMES, ...TIMES.map((time) => time + 29_999), ...TIMES.map((time) => time + 3_600_000)].filter(
    (time) => time < NOW
  ),
  {
    minLength: 8,
    maxLength: 10
  }
);

const told = (tile: Tile): unknown => ({
  id: tile.id,
  value: tile.value,
  reason: tile.reason,
  others: tile.other_currencies ?? []
});

function expectedAt(events: readonly AcceptedEvent[], asOf: number | null): unknown[] {
  const { figures, otherCurrencies } = recompute(
    events,
    { asOf, now: NOW, timezone: ZONE, calendar: businessCalendar('BR') },
    CURRENCY
  );
  return KPI_IDS.map((id) => {
    const figure = figures.get(id);
    return { id, value: figure?.value ?? null, reason: figure?.reason, others: otherCurrencies.get(id) ?? [] };
  });
}

/** The product's figures over a database, with a clock that starts at NOW: half an hour before midnight, after every event. */
async function figuresOver<T>(reader: Reader, use: (figures: Figures) => Promise<T>): Promise<T> {
  const time = businessTime(ZONE, 'BR');
  const started = Date.now();
  const timers = { ...systemTimers, now: () => NOW + Date.now() - started };
  const debts = debtsFrom(reader);
  const engine = createEngine({ reader, time, currency: CURRENCY, ...debts, timers, log: { warn: () => undefined } });
  const feed = createFeed({ reader, timers });
  engine.start();
  try {
    await eventually('every part is read', 20_000, () => Object.keys(engine.facts()).length === PART_NAMES.length);
    return await use(createFigures({ engine, feed, reader, time, currency: CURRENCY, now: timers.now, ...debts }));
  } finally {
    engine.stop();
    feed.stop();
  }
}

async function tilesAt(figures: Figures, asOf?: number): Promise<readonly Tile[]> {
  const answer = await figures.tiles(KPI_IDS, asOf);
  if (!answer.ok) throw new Error(answer.failure.kind);
  return answer.value.kpis;
}

async function expectRowsOfTheOracle(reader: Reader, events: readonly AcceptedEvent[]): Promise<void> {
  const answer = await verify(reader);
  if (!answer.ok) throw new Error(answer.failure.message);
  expect(answer.value.events).toBe(events.length);
  const wrong = answer.value.tables.filter(({ differences }) => differences.length > 0);
  expect(wrong, reportLines(answer.value).join('\n')).toEqual([]);
}

async function expectFiguresOfTheOracle(
  reader: Reader,
  events: readonly AcceptedEvent[],
  moments: readonly number[]
): Promise<void> {
  await figuresOver(reader, async (figures) => {
    // a live tile has reasons of its own: those of its state are not the figure's
    const live = (await tilesAt(figures)).map((tile) =>
      told({ ...tile, ...(tile.value !== null && { reason: undefined }) })
    );
    expect(live, 'live').toEqual(expectedAt(events, null));
    for (const moment of moments)
      expect((await tilesAt(figures, moment)).map(told), new Date(moment).toISOString()).toEqual(
        expectedAt(events, moment)
      );
  });
}

it('whatever the order, copies, batch borders, restarts and repeated batches: every derived row, and every figure live and past, is the oracle’s', async () => {
  console.info(`seed ${seed}`);
  // holds the server while databases come and go
  const server = await startTestClickHouse({ migrated: false });
  try {
    await fc.assert(
      fc.asyncProperty(world(8), momentsOf, async ({ heap, shipping }, moments) => {
        const database = await startTestClickHouse();
        try {
          const events = accept(heap);
          await ship(database.writer, events, shipping);
          await expectRowsOfTheOracle(database.reader, events);
          await expectFiguresOfTheOracle(database.reader, events, moments);
        } finally {
          await database.stop();
        }
      }),
      { seed, numRuns, endOnFailure: true }
    );
  } finally {
    await server.stop();
  }
});
