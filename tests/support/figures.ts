/** Figures over a real ClickHouse whose rows came through the deriver, as the shipper brings them. */
import { createDeriver } from '#ingest/derive/deriver.ts';
import { eventCurrency, subjectKeys } from '#ingest/derive/keys.ts';
import { streamOf, type AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { debtsFrom, type PastDebts } from '#lib/server/kpi/debts.server.ts';
import { createEngine, type Engine } from '#lib/server/kpi/engine.server.ts';
import { createFeed, type Feed } from '#lib/server/kpi/feed.server.ts';
import { createFigures } from '#lib/server/kpi/figures.server.ts';
import { businessTime } from '#lib/server/kpi/moment.server.ts';
import type { Figures } from '#lib/server/services.server.ts';
import type { Reader, Writer } from '#sql/interface.server.ts';

/** Writes accepted events as batches. @throws when ClickHouse refuses */
export async function ship(writer: Writer, events: readonly AcceptedEvent[], batchSize = 1_000): Promise<void> {
  const deriver = createDeriver({ writer, tokenPrefix: 'test' });
  for (let start = 0; start < events.length; start += batchSize) {
    const batch = events.slice(start, start + batchSize);
    const from = batch[0]?.seq ?? 0;
    const through = batch.at(-1)?.seq ?? 0;
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
    const written = await writer.insert('events_raw_v1', rows, { token: `raw:${from}` });
    const derived = written.ok ? await deriver.derive({ from, through, events: batch }, () => undefined) : written;
    if (!derived.ok) throw new Error(derived.failure.message);
  }
}

export interface OpenFigures {
  readonly engine: Engine;
  readonly feed: Feed;
  readonly figures: Figures;
}

/**
 * The dashboard's figures, not started.
 * @param now the clock, epoch ms; timers run in real time
 * @param debts left out: computed here and not in a thread
 */
export function openFigures(
  reader: Reader,
  zone: string,
  currency: string,
  now: () => number,
  debts: PastDebts = debtsFrom(reader)
): OpenFigures {
  const timers = {
    now,
    after(ms: number, run: () => void) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    }
  };
  const time = businessTime(zone, 'BR');
  const log = {
    warn(fields: object, message: string) {
      throw new Error(`${message}: ${JSON.stringify(fields)}`);
    }
  };
  const engine = createEngine({ reader, time, currency, ...debts, timers, log });
  const feed = createFeed({ reader, timers });
  return { engine, feed, figures: createFigures({ reader, time, currency, now, ...debts, engine, feed }) };
}
