/** Every figure that the dashboard's engine tells over what is stored, against the oracle, which is told what was sent. */
import { isDeepStrictEqual } from 'node:util';
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { KPI_IDS, type KpiId, type Tile } from '#lib/contracts/kpi.ts';
import { businessCalendar } from '#lib/domain/calendar.ts';
import { debtsFrom } from '#lib/server/kpi/debts.server.ts';
import { createEngine } from '#lib/server/kpi/engine.server.ts';
import { createFeed } from '#lib/server/kpi/feed.server.ts';
import { createFigures } from '#lib/server/kpi/figures.server.ts';
import { businessTime } from '#lib/server/kpi/moment.server.ts';
import { PART_NAMES } from '#lib/server/kpi/parts.server.ts';
import { systemTimers } from '#lib/server/kpi/timers.server.ts';
import type { Figures } from '#lib/server/services.server.ts';
import type { Random } from '#ingest/simulator/random.ts';
import { recompute } from '#ingest/verify/oracle/recompute.ts';
import type { Reader } from '#sql/interface.server.ts';
import { eventually } from '../../support/eventually.ts';

const ZONE = 'America/Sao_Paulo';
const CURRENCY = 'BRL';
const MOMENTS = 3;
const ROUNDS = 4;
const ROUND_MAX_MS = 20_000;
const BEFORE_MIDNIGHT_MS = 30 * 60_000;
const WORDS_MAX = 300;

/** Half an hour before midnight: late enough for all that happened today, and the day does not end while we look. */
function lookAt(now: number): number {
  const time = businessTime(ZONE, 'BR');
  const today = time.dayStart(time.at(now), 1) - BEFORE_MIDNIGHT_MS;
  return now < today ? today : time.dayStart(time.at(now), 2) - BEFORE_MIDNIGHT_MS;
}

interface Told {
  readonly id: KpiId;
  readonly value: unknown;
  readonly reason: unknown;
  readonly others: unknown;
}

function expected(truth: readonly AcceptedEvent[], asOf: number | null, now: number): Told[] {
  const moment = { asOf, now, timezone: ZONE, calendar: businessCalendar('BR') };
  const { figures, otherCurrencies } = recompute(truth, moment, CURRENCY);
  return KPI_IDS.map((id) => {
    const figure = figures.get(id);
    return { id, value: figure?.value ?? null, reason: figure?.reason, others: otherCurrencies.get(id) ?? [] };
  });
}

/** Of a live tile with a value the reason is that of its state, and not the figure's. */
const toldBy = (tile: Tile, isLive: boolean): Told => ({
  id: tile.id,
  value: tile.value,
  reason: isLive && tile.value !== null ? undefined : tile.reason,
  others: tile.other_currencies ?? []
});

async function toldAt(figures: Figures, asOf: number | null): Promise<Told[]> {
  const answer = await figures.tiles(KPI_IDS, asOf ?? undefined);
  if (!answer.ok) throw new Error(answer.failure.kind);
  return answer.value.kpis.map((tile) => toldBy(tile, asOf === null));
}

const words = (told: Told | undefined): string => JSON.stringify(told).slice(0, WORDS_MAX);

const NOT_READ = 'not read';

/** The product's figures over what is stored. @returns `NOT_READ` when the engine did not come to read all */
async function figuresOver<T>(
  reader: Reader,
  start: number,
  use: (figures: Figures) => Promise<T>
): Promise<T | typeof NOT_READ> {
  const began = Date.now();
  const timers = { ...systemTimers, now: () => start + Date.now() - began };
  const time = businessTime(ZONE, 'BR');
  const debts = debtsFrom(reader);
  // a machine that is busy may keep it from asking for a while: that is no difference
  const engine = createEngine({ reader, time, currency: CURRENCY, ...debts, timers, log: { warn: () => undefined } });
  const feed = createFeed({ reader, timers });
  engine.start();
  try {
    const isRead = (): boolean => Object.keys(engine.facts()).length === PART_NAMES.length;
    for (let round = 0; round < ROUNDS && !isRead(); round++) {
      // a part of whole days whose question broke off would else be asked for again only after its long gap
      if (round > 0) engine.doorbellOpened();
      await eventually('every part', ROUND_MAX_MS, isRead).catch(() => false);
    }
    if (!isRead()) return NOT_READ;
    return await use(createFigures({ engine, feed, reader, time, currency: CURRENCY, now: timers.now, ...debts }));
  } finally {
    engine.stop();
    feed.stop();
  }
}

/** @returns how many figures were compared, and where they differ */
export async function compareFigures(
  reader: Reader,
  truth: readonly AcceptedEvent[],
  { now, random }: { readonly now: number; readonly random: Random }
): Promise<{ readonly compared: number; readonly differences: readonly string[] }> {
  const start = lookAt(now);
  const moments = [null, ...Array.from({ length: MOMENTS }, () => random.pick(truth).time + random.int(0, 3_600_000))];
  // beforehand: it takes seconds, in which an engine of this process would hear nothing
  const wanted = moments.map((asOf) => ({ asOf, figures: expected(truth, asOf, start) }));
  const differences = await figuresOver(reader, start, async (figures) => {
    const found: string[] = [];
    for (const { asOf, figures: want } of wanted) {
      const told = new Map((await toldAt(figures, asOf)).map((tile) => [tile.id, tile]));
      const when = asOf === null ? 'live' : new Date(asOf).toISOString();
      for (const figure of want)
        if (!isDeepStrictEqual(told.get(figure.id), figure))
          found.push(`${when}: the oracle says ${words(figure)}, the figure ${words(told.get(figure.id))}`);
    }
    return found;
  });
  if (differences === NOT_READ) return { compared: 0, differences: ['the engine did not come to read every figure'] };
  return { compared: moments.length * KPI_IDS.length, differences };
}
