import { resolve } from 'node:path';
import * as z from 'zod';
import { clickHouseSettings, parseSettings } from '#sql/env.server.ts';

const port = (value: number) => z.coerce.number().int().min(1).max(65_535).default(value);

/** What the supervisor itself uses; its children check the rest, and it hands everything on to them. */
const PulsoSettings = z
  .object({
    PORT: port(3000),
    HOST: z.string().default('127.0.0.1'),
    INGEST_PORT: port(4000),
    INGEST_HOST: z.string().default('127.0.0.1'),
    INGEST_URL: z.url({ protocol: /^https?$/ }).optional(),
    ...clickHouseSettings,
    INTERNAL_TOKEN: z.string().min(16, 'at least 16 characters').optional(),
    LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
    LOG_FORMAT: z.enum(['json', 'pretty']).optional()
  })
  .refine(({ PORT, INGEST_PORT }) => PORT !== INGEST_PORT, {
    message: 'must differ from INGEST_PORT',
    path: ['PORT']
  })
  .transform((settings) => ({ ...settings, DATA_DIR: resolve(settings.DATA_DIR) }));
type PulsoSettings = z.output<typeof PulsoSettings>;

export interface PulsoEnv {
  readonly settings: PulsoSettings;
  /** everything that was set: what children inherit */
  readonly inherited: Readonly<Record<string, string | undefined>>;
}

/**
 * The environment of the supervisor. Prints every problem at once and ends the process with 1 when there is one.
 * @param defaults of a command that has its own, such as the demo's DATA_DIR
 */
export function readPulsoEnv(defaults: Readonly<Record<string, string>> = {}): PulsoEnv {
  const given = Object.entries(process.env).filter(([, value]) => value !== undefined && value !== '');
  const inherited = { ...defaults, ...Object.fromEntries(given) };
  const settings = parseSettings(PulsoSettings, inherited);
  if (settings.ok) return { settings: settings.value, inherited };
  process.stderr.write(`Settings that cannot be used:\n${settings.problems.map((line) => `  ${line}\n`).join('')}`);
  process.exit(1);
}
