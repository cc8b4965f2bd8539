/** A ClickHouse behind a connection that can be cut, for the tests of one file. */
import { afterAll, beforeAll } from 'vitest';
import { startTestClickHouse, type TestClickHouse } from './clickhouse.ts';
import { startCable, type Cable } from './ingest.ts';

export interface CabledClickHouse {
  readonly clickhouse: TestClickHouse;
  readonly cable: Cable;
}

/** Call it once at the top of a file; its members are there inside the tests. */
export function cableForFile(): CabledClickHouse {
  let place: CabledClickHouse | null = null;
  const there = (): CabledClickHouse => {
    if (!place) throw new Error('ClickHouse is there inside tests only');
    return place;
  };
  beforeAll(async () => {
    const clickhouse = await startTestClickHouse();
    place = { clickhouse, cable: await startCable(clickhouse.address) };
  });
  afterAll(async () => {
    await place?.cable.close();
    await place?.clickhouse.stop();
  });
  return {
    get clickhouse() {
      return there().clickhouse;
    },
    get cable() {
      return there().cable;
    }
  };
}
