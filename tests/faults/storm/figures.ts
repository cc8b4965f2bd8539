/** Every figure that the dashboard's engine tells over what is stored, against the oracle, which is told what was sent. */
import { isDeepStrictEqual } from 'node:util';
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { KPI_IDS, type KpiId, type Tile } from '#lib/contracts/kpi.ts';
import { businessCalendar } from '#lib/domain/calendar.ts';
import { businessTime } from '#lib/server/kpi/moment.server.ts';
import { PART_NAMES } from '#lib/server/kpi/parts.server.ts';
import type { Figures } from '#lib/server/services.server.ts';
import type { Random } from '#ingest/simulator/random.ts';
import { recompute } from '#ingest/verify/oracle/recompute.ts';
import type { Reader } from '#sql/interface.server.ts';
import { eventually } from '../../support/eventually.ts';
import { openFigures } from '../../support/figures.ts';

const ZONE = 'America/Sao_Paulo';
const CURRENCY = 'BRL';
const MOMENTS = 3;
const READ_MAX_MS = 90_000;
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

/** @returns how many figures were compared, and where they differ */
export async function compareFigures(
  reader: Reader,
  truth: readonly AcceptedEvent[],
  { now, random }: { readonly now: number; readonly random: Random }
): Promise<{ readonly compared: number; readonly differences: readonly string[] }> {
  const start = lookAt(now);
  const began = Date.now();
  const { engine, feed, figures } = openFigures(reader, ZONE, CURRENCY, () => start + Date.now() - began);
  const moments = [null, ...Array.from({ length: MOMENTS }, () => random.pick(truth).time + random.int(0, 3_600_000))];
  const differences: string[] = [];
  engine.start();
  try {
    const missing = (): string[] => PART_NAMES.filter((name) => !(name in engine.facts()));
    const isRead = await eventually('every part', READ_MAX_MS, () => missing().length === 0).catch(() => false);
    if (!isRead) return { compared: 0, differences: [`the engine could not read ${missing().join(', ')}`] };
    for (const asOf of moments) {
      const told = new Map((await toldAt(figures, asOf)).map((tile) => [tile.id, tile]));
      const when = asOf === null ? 'live' : new Date(asOf).toISOString();
      for (const want of expected(truth, asOf, start))
        if (!isDeepStrictEqual(told.get(want.id), want))
          differences.push(`${when}: the oracle says ${words(want)}, the figure ${words(told.get(want.id))}`);
    }
  } finally {
    engine.stop();
    feed.stop();
  }
  return { compared: moments.length * KPI_IDS.length, differences };
}
