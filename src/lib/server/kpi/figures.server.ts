/** `Figures`: what routes may ask. Live tiles come from the engine without a question; the past and the lists ask ClickHouse. */
import { KPI_FACTS, type KpiId, type KpisAnswer, type Tile } from '#lib/contracts/kpi.ts';
import { ok, type Result } from '#lib/contracts/result.ts';
import type { Stream } from '#lib/contracts/streams.ts';
import type { AskFailure, CashByHour, Figures } from '#lib/server/services.server.ts';
import type { ClickHouseFailure } from '#sql/interface.server.ts';
import { listAccounts, listLedger } from './accounts.server.ts';
import { unavailable, type AskContext } from './asking.server.ts';
import { viewCustomer } from './customer.server.ts';
import { countDayEvents } from './day-events.server.ts';
import type { Engine } from './engine.server.ts';
import type { PartName, SomeFacts } from './facts.server.ts';
import type { Feed } from './feed.server.ts';
import type { Kpi } from './kpi-rule.server.ts';
import { KPIS } from './kpis.server.ts';
import { toRfc3339, type Moment } from './moment.server.ts';
import { PARTS } from './parts.server.ts';
import { createPast, type Past } from './past.server.ts';
import { streamWatermarksAt } from './queries/events.server.ts';
import { listReceivables } from './receivables-list.server.ts';
import { listStock } from './stock-list.server.ts';
import { toTile } from './tiles.server.ts';
import { whatIf } from './what-if.server.ts';

export interface FiguresOptions extends AskContext {
  readonly engine: Engine;
  readonly feed: Feed;
}

async function loadAt(
  name: PartName,
  context: AskContext,
  moment: Moment,
  past: Past
): Promise<Result<SomeFacts, ClickHouseFailure>> {
  const answer = await PARTS[name].at(context, moment, past);
  return answer.ok ? ok({ [name]: { value: answer.value, moment } }) : answer;
}

/** The parts of these figures at a past moment. */
async function factsAt(
  ids: readonly KpiId[],
  context: AskContext,
  moment: Moment
): Promise<Result<SomeFacts, ClickHouseFailure>> {
  const names = new Set<PartName>(
    ids.flatMap((id) => {
      const kpi: Kpi = KPIS[id];
      return [...kpi.parts, ...kpi.extras];
    })
  );
  const past = createPast(context, moment);
  const answers = await Promise.all([...names].map((name) => loadAt(name, context, moment, past)));
  const facts: SomeFacts = {};
  for (const answer of answers) {
    if (!answer.ok) return answer;
    Object.assign(facts, answer.value);
  }
  return ok(facts);
}

async function pastTiles(
  ids: readonly KpiId[],
  context: AskContext,
  asOf: number
): Promise<Result<Tile[], ClickHouseFailure>> {
  const { reader, time, currency } = context;
  const moment = time.at(asOf);
  const [facts, reached] = await Promise.all([
    factsAt(ids, context, moment),
    reader.read(streamWatermarksAt, { as_of: asOf })
  ]);
  if (!facts.ok) return facts;
  if (!reached.ok) return reached;
  return ok(
    ids.map((id) => {
      const kpi: Kpi = KPIS[id];
      const streams: readonly Stream[] = KPI_FACTS[id].streams;
      const times = reached.value.filter((row) => streams.includes(row.stream)).map((row) => row.last_time);
      const figure = kpi.figure(facts.value, { time, currency, now: asOf });
      return toTile(id, 0, figure, {
        state: figure === null || figure.value === null ? 'empty' : 'live',
        reason: figure?.reason,
        as_of: asOf,
        watermark: times.length === 0 ? null : Math.max(...times)
      });
    })
  );
}

/** Hours of the tiles' own series, so that chart and tile agree. */
function cashByHour(tiles: readonly Tile[], currency: string): CashByHour {
  const hours = (id: KpiId, name: string): (number | null)[] => {
    const series = tiles.find((tile) => tile.id === id)?.series?.find((line) => line.name === name);
    return series ? series.points.map(([, value]) => value) : Array.from({ length: 24 }, () => null);
  };
  const day = (name: string) => ({ in: hours('cash-in-today', name), out: hours('cash-out-today', name) });
  return { currency, today: day('hours'), yesterday: day('hours_yesterday') };
}

export function createFigures(options: FiguresOptions): Figures {
  const { engine, feed, currency } = options;
  const tiles = async (ids: readonly KpiId[], asOf?: number): Promise<Result<KpisAnswer, AskFailure>> => {
    if (asOf === undefined) {
      const kpis = engine.tiles(ids);
      const newest = kpis.map((tile) => tile.as_of).reduce((a, b) => (a > b ? a : b), toRfc3339(engine.asOf()));
      return ok({ as_of: newest, kpis });
    }
    const past = await pastTiles(ids, options, asOf);
    return past.ok ? ok({ as_of: toRfc3339(asOf), kpis: past.value }) : unavailable(past.failure);
  };
  return {
    tiles,
    async cashByHour(asOf) {
      const answer = await tiles(['cash-in-today', 'cash-out-today'], asOf);
      return answer.ok ? ok(cashByHour(answer.value.kpis, currency)) : answer;
    },
    accounts: (asOf) => listAccounts(options, asOf),
    ledger: (page) => listLedger(options, page),
    receivables: (filter) => listReceivables(options, filter),
    stock: (filter) => listStock(options, filter),
    customer: (customerId, asOf) => viewCustomer(options, customerId, asOf),
    dayEvents: (asOf) => countDayEvents(options, asOf),
    whatIf: (effects) => whatIf(options, effects),
    recentEvents: (role) => feed.recent(role)
  };
}
