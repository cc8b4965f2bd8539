/** Whether events can be taken, and what stands in the way: what `/readyz` tells. */
import { setTimeout as sleep } from 'node:timers/promises';
import { readSchema } from '#sql/migrate.server.ts';
import type { Reader } from '#sql/interface.server.ts';

/** `away`: ClickHouse does not tell which tables it has, and has not told before */
export type Readiness = 'ready' | 'journal' | 'disk_full' | 'schema' | 'away';

/** Whoever asks for readiness waits a second or two. */
const SCHEMA_WITHIN_MS = 1_000;

/** `unknown`: it does not tell */
type SchemaStanding = 'current' | 'other' | 'unknown';

export interface ReadinessOptions {
  readonly reader: Reader;
  readonly isWritable: () => boolean;
  /** the last write to the disk found no room */
  readonly isDiskFull: () => boolean;
  /** whether one would find it now, see journal/room.ts */
  readonly hasRoom: () => Promise<boolean>;
  /** shipping waits for the schema before it begins */
  readonly isShipping: () => boolean;
}

/**
 * While ClickHouse is away its last answer holds: events are taken meanwhile.
 * @returns asks
 */
export function createReadiness(options: ReadinessOptions): () => Promise<Readiness> {
  let told: SchemaStanding = 'unknown';
  let asking: Promise<SchemaStanding> | null = null;

  const ask = async (): Promise<SchemaStanding> => {
    try {
      const standing = await readSchema(options.reader);
      if (!standing.ok) return 'unknown';
      told = standing.value;
      return told;
    } finally {
      asking = null;
    }
  };
  const schema = async (): Promise<SchemaStanding> => {
    // a ClickHouse that hangs is asked once, by however many
    asking ??= ask();
    const standing = await Promise.race([asking, sleep(SCHEMA_WITHIN_MS, 'unknown' as const, { ref: false })]);
    if (standing !== 'unknown') return standing;
    return told === 'unknown' && options.isShipping() ? 'current' : told;
  };

  return async () => {
    if (!options.isWritable()) return 'journal';
    if (options.isDiskFull() && !(await options.hasRoom())) return 'disk_full';
    const standing = await schema();
    if (standing === 'unknown') return 'away';
    return standing === 'current' ? 'ready' : 'schema';
  };
}
