/** A ClickHouse and an ingest service for the tests of one file. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { startTestClickHouse, type TestClickHouse } from './clickhouse.ts';
import { startTestIngest, type TestIngest, type TestIngestOptions } from './ingest.ts';

export interface House {
  readonly clickhouse: TestClickHouse;
  readonly ingest: TestIngest;
  /** of the ingest service */
  readonly dataDir: string;
  /** ends the ingest service and starts another over the same folder and ClickHouse */
  restart(): Promise<void>;
}

/** Call it once at the top of a file; its members are there inside the tests. */
export function ingestForFile(options: Pick<TestIngestOptions, 'now'> = {}): House {
  let house: Omit<House, 'restart'> | null = null;
  const there = (): Omit<House, 'restart'> => {
    if (!house) throw new Error('the ingest service is there inside tests only');
    return house;
  };
  const start = ({ clickhouse, dataDir }: Pick<House, 'clickhouse' | 'dataDir'>): Promise<TestIngest> =>
    startTestIngest({ ...options, dataDir, clickhouse: () => clickhouse.address });
  beforeAll(async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'pulso-ingest-'));
    const clickhouse = await startTestClickHouse();
    house = { clickhouse, ingest: await start({ clickhouse, dataDir }), dataDir };
  });
  afterAll(async () => {
    await house?.ingest.stop();
    await house?.clickhouse.stop();
    if (house) await rm(house.dataDir, { recursive: true, force: true });
  });
  return {
    get clickhouse() {
      return there().clickhouse;
    },
    get ingest() {
      return there().ingest;
    },
    get dataDir() {
      return there().dataDir;
    },
    async restart() {
      await there().ingest.stop();
      house = { ...there(), ingest: await start(there()) };
    }
  };
}
