/** What waits in quarantine, as it is remembered: across restarts, for what comes again, and for what an alert sees. */
import { expect, test } from 'vitest';
import { QuarantineOpen } from '#lib/contracts/quarantine.ts';
import { eventually } from '../support/eventually.ts';
import { askInternal, rows, send, shipped } from '../support/ingest.ts';
import { ingestForFile } from '../support/ingest-for-file.ts';

const house = ingestForFile();

const moved = (source: string, amount_minor: number, count = 7): object[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `o-${index}`,
    source,
    type: 'account.moved',
    time: '2026-11-20T12:00:00Z',
    data: { account: 'a', amount_minor, currency: 'BRL', category: 'yield' }
  }));

/** the gauge that alerts look at, and what ClickHouse says */
async function open(): Promise<{ gauge: number; told: number }> {
  await shipped(house.ingest.url);
  const metrics = await (await fetch(`${house.ingest.url}/metrics`)).text();
  const told = await askInternal(house.ingest.url, '/quarantine/open');
  return {
    gauge: Number(/^pulso_ingest_quarantine_open (\d+)$/m.exec(metrics)?.[1]),
    told: QuarantineOpen.parse(await told.json()).events
  };
}
/** once ClickHouse has been asked, after a start */
const opened = (waiting: number): Promise<unknown> =>
  eventually(`${waiting} that wait`, 10_000, async () => {
    const { gauge, told } = await open();
    return gauge === waiting && told === waiting;
  });
const closed = (source: string): Promise<Record<string, unknown>[]> =>
  rows(
    house.clickhouse.reader,
    `SELECT count() AS all, countIf(status = 'closed') AS closed, countIf(raw = '') AS without_raw
     FROM quarantine_v1 FINAL WHERE source = '${source}'`
  );

test('what was corrected waits no more after a restart either', async () => {
  await send(house.ingest.url, moved('urn:gauge', 1.5));
  expect(await open()).toEqual({ gauge: 7, told: 7 });
  await send(house.ingest.url, moved('urn:gauge', 100));
  expect(await open()).toEqual({ gauge: 0, told: 0 });
  await house.restart();
  await opened(0);
});

test('what waited before a restart closes when it comes corrected after it, each row of it, kept as it came', async () => {
  const source = 'urn:before';
  for (const _ of [1, 2, 3]) await send(house.ingest.url, moved(source, 1.5, 2));
  await open();
  await house.restart();
  await eventually('two that wait', 10_000, async () => (await open()).gauge === 2);
  await send(house.ingest.url, moved(source, 1.5, 1));
  await send(house.ingest.url, moved(source, 100, 2));
  expect(await open()).toEqual({ gauge: 0, told: 0 });
  expect(await closed(source)).toEqual([{ all: 7, closed: 7, without_raw: 0 }]);
  // a repeated delivery changes nothing
  await send(house.ingest.url, moved(source, 100, 2));
  await house.restart();
  await opened(0);
});
