import type { ClickHouseAddress } from '#sql/interface.server.ts';
import { findRunning } from './running.server.ts';
import { startEmbedded } from './start.server.ts';
import type { EmbeddedLog } from './types.server.ts';

export interface Borrowed {
  readonly address: ClickHouseAddress;
  /** stops what was started for the command; leaves what ran before alone */
  giveBack(): Promise<void>;
}

/**
 * The ClickHouse a command works on: the given server, else the embedded one that runs on this DATA_DIR, else one started
 * for as long as the command lasts.
 */
export async function borrowClickHouse({
  clickhouse,
  dataDir,
  log
}: {
  readonly clickhouse: ClickHouseAddress | null;
  readonly dataDir: string;
  readonly log: EmbeddedLog;
}): Promise<Borrowed> {
  const running = clickhouse ?? (await findRunning(dataDir));
  if (running !== null) {
    const { url, username, password, database } = running;
    return { address: { url, username, password, database }, giveBack: () => Promise.resolve() };
  }
  const embedded = await startEmbedded({ dataDir, log });
  return { address: embedded.address, giveBack: () => embedded.stop() };
}
