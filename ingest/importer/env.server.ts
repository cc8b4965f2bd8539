/** What the importer reads of the environment; options on the command line go first. */
import { z } from 'zod';

const Env = z.object({
  INGEST_URL: z.url().default('http://127.0.0.1:4000'),
  INGEST_API_KEY: z.string().min(1).optional(),
  DATA_DIR: z.string().min(1).default('data'),
  BUSINESS_TIMEZONE: z.string().min(1).default('America/Sao_Paulo')
});
export type ImportEnv = z.infer<typeof Env>;

/** @throws with every problem at once when the environment does not fit */
export function readImportEnv(): ImportEnv {
  const env = Env.safeParse(process.env);
  if (env.success) return env.data;
  throw new Error(`environment: ${z.prettifyError(env.error)}`);
}
