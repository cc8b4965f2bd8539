/** The ingest service's settings: the only place in this folder that reads process.env. */
import { resolve } from 'node:path';
import * as z from 'zod';
import { clickHouseSettings, parseSettings } from '#sql/env.server.ts';

export const IngestEnv = z
  .object({
    /** 0: any free port */
    INGEST_PORT: z.coerce.number().int().min(0).max(65_535).default(4000),
    INGEST_HOST: z.string().default('127.0.0.1'),
    ...clickHouseSettings,
    /** a first key for all sources */
    INGEST_API_KEY: z.string().min(16, 'at least 16 characters').optional(),
    INTERNAL_TOKEN: z.string().min(16, 'at least 16 characters').optional(),
    /** bytes; beyond it events are answered 503 until ClickHouse has taken some. A request of 10 MiB must fit in, written out for quarantine */
    JOURNAL_BYTES_MAX: z.coerce
      .number()
      .int()
      .min(64 * 1024 * 1024, 'at least 67108864 (64 MiB), or the largest requests would never fit')
      .default(4 * 1024 * 1024 * 1024),
    LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
    LOG_FORMAT: z.enum(['json', 'pretty']).optional()
  })
  .transform((settings) => ({ ...settings, DATA_DIR: resolve(settings.DATA_DIR) }));
export type IngestEnv = z.output<typeof IngestEnv>;

/** Prints every problem at once and ends the process with 1 when there is one. */
export function readIngestEnv(): IngestEnv {
  const settings = parseSettings(IngestEnv, process.env);
  if (settings.ok) return settings.value;
  process.stderr.write(`Settings that cannot be used:\n${settings.problems.map((line) => `  ${line}\n`).join('')}`);
  process.exit(1);
}
