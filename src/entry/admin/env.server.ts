import { resolve } from 'node:path';
import * as z from 'zod';
import { parseSettings } from '#sql/env.server.ts';

const AdminSettings = z
  .object({
    DATA_DIR: z.string().default('./data'),
    APP_DB_URL: z.string().optional(),
    INGEST_URL: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:4000'),
    INTERNAL_TOKEN: z.string().optional()
  })
  .transform((settings) => ({ ...settings, DATA_DIR: resolve(settings.DATA_DIR) }));
export type AdminSettings = z.output<typeof AdminSettings>;

/** Where the admin commands find the databases. Prints every problem at once and ends the process with 1. */
export function readAdminEnv(): AdminSettings {
  const given = Object.entries(process.env).filter(([, value]) => value !== undefined && value !== '');
  const settings = parseSettings(AdminSettings, Object.fromEntries(given));
  if (settings.ok) return settings.value;
  process.stderr.write(`Settings that cannot be used:\n${settings.problems.map((line) => `  ${line}\n`).join('')}`);
  process.exit(1);
}
