/** How far what was acknowledged has come, as people are shown it. What is not known is null and never 0. */
import { statfs } from 'node:fs/promises';
import type { Flow } from '#lib/contracts/flow.ts';
import type { Failures } from './failures.ts';
import type { OpenCore } from './core.ts';
import type { FollowingWriter } from './shipper/following-writer.ts';

/** An answer of ClickHouse this young is not asked for again; a second is also what a beat may be late by. */
export const CLICKHOUSE_WELL_MS = 1_000;

export interface FlowOptions {
  readonly dataDir: string;
  readonly journalBytesMax: number;
  readonly writer: Pick<FollowingWriter, 'isWell' | 'awaySince'>;
  readonly failures: Failures;
  /** null: still starting */
  readonly core: () => Pick<OpenCore, 'levels' | 'isWritable' | 'refused'> | null;
  /** epoch ms */
  readonly startedAt: number;
  readonly now: () => number;
}

async function freeBytes(dataDir: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(dataDir);
    return bavail * bsize;
  } catch {
    return null;
  }
}

function journalOf({ core, journalBytesMax }: FlowOptions): Flow['journal'] {
  const opened = core();
  if (!opened) return null;
  const { acknowledged, visible, waitingSince, journalBytes } = opened.levels();
  return {
    acknowledged,
    visible,
    waiting_since: waitingSince,
    bytes: journalBytes,
    bytes_max: journalBytesMax,
    is_writable: opened.isWritable(),
    refused: opened.refused()
  };
}

/** It takes up to a second while ClickHouse does not answer. */
export async function readFlow(options: FlowOptions): Promise<Flow> {
  const { writer, failures, startedAt, now, dataDir } = options;
  const [disk_free_bytes] = await Promise.all([freeBytes(dataDir), writer.isWell(CLICKHOUSE_WELL_MS)]);
  // read at once, after all waiting: the parts must be of one moment
  return {
    at: now(),
    started_at: startedAt,
    journal: journalOf(options),
    disk_free_bytes,
    clickhouse_away_since: writer.awaySince(),
    failures: failures.told()
  };
}
