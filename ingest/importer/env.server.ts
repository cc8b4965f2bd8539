/** What the importer reads of the environment; options on the command line go first. */
import { z } from 'zod';
import { clickHouseSettings, parseSettings } from '#sql/env.server.ts';
import { ImportFault } from './fault.ts';

const Env = z.object({
  INGEST_URL: z.url().default('http://127.0.0.1:4000'),
  INGEST_API_KEY: z.string().optional(),
  /** its folder `import` keeps the place of interrupted imports */
  DATA_DIR: clickHouseSettings.DATA_DIR,
  BUSINESS_TIMEZONE: z.string().default('America/Sao_Paulo')
});
export type ImportEnv = z.infer<typeof Env>;

/** @throws ImportFault with every problem at once */
export function readImportEnv(): ImportEnv {
  const env = parseSettings(Env, process.env);
  if (env.ok) return env.value;
  throw new ImportFault(
    'environment',
    `settings that cannot be used: ${env.problems.join('; ')}`,
    'put them right and run again'
  );
}
