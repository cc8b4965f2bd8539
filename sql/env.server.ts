import * as z from 'zod';
import type { ClickHouseAddress } from './interface.server.ts';

/** The settings that say where ClickHouse is. Every process that needs them spreads these into its own schema. */
export const clickHouseSettings = {
  /** left out: embedded */
  CLICKHOUSE_URL: z.url({ protocol: /^https?$/ }).optional(),
  CLICKHOUSE_USER: z.string().default('default'),
  CLICKHOUSE_PASSWORD: z.string().default(''),
  CLICKHOUSE_DATABASE: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'letters, digits and _ only')
    .default('pulso'),
  DATA_DIR: z.string().default('./data')
} as const;

const ClickHouseSettings = z.object(clickHouseSettings);
type ClickHouseSettings = z.output<typeof ClickHouseSettings>;

/** @returns null: embedded */
export function clickHouseAddress(settings: ClickHouseSettings): ClickHouseAddress | null {
  if (settings.CLICKHOUSE_URL === undefined) return null;
  return {
    url: settings.CLICKHOUSE_URL,
    username: settings.CLICKHOUSE_USER,
    password: settings.CLICKHOUSE_PASSWORD,
    database: settings.CLICKHOUSE_DATABASE
  };
}

/**
 * Parses settings, an empty one counting as left out.
 * @returns the problems of all of them at once, a line each, naming the setting and never its value
 */
export function parseSettings<S extends z.ZodType>(
  schema: S,
  source: Readonly<Record<string, string | undefined>>
): { readonly ok: true; readonly value: z.output<S> } | { readonly ok: false; readonly problems: readonly string[] } {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return { ok: true, value: parsed.data };
  return { ok: false, problems: parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) };
}

/** The settings of the commands under sql/cli. Prints every problem and ends the process with 1 when there is one. */
export function readClickHouseSettings(): ClickHouseSettings {
  const settings = parseSettings(ClickHouseSettings, process.env);
  if (settings.ok) return settings.value;
  process.stderr.write(
    `Settings that cannot be used:\n${settings.problems.map((problem) => `  ${problem}\n`).join('')}`
  );
  process.exit(1);
}
