import type { Logger } from 'pino';
import type { PulsoEnv } from './env.server.ts';
import { startPulso } from './start-pulso.ts';
import type { Pulso } from './start-pulso.ts';

/**
 * Starts Pulso in this process, which from then on is its supervisor: it ends with 0 after a signal, with 1 when a part
 * cannot be started or kept running.
 * @param whenReady told once everything serves
 */
export async function runPulso({
  env,
  log,
  whenReady
}: {
  readonly env: PulsoEnv;
  readonly log: Logger;
  readonly whenReady?: (pulso: Pulso) => void | Promise<void>;
}): Promise<void> {
  const state: { pulso: Pulso | null; ending: boolean } = { pulso: null, ending: false };
  const end = async (code: number): Promise<void> => {
    if (state.ending) return;
    state.ending = true;
    // what is still starting sees its parent go and ends by itself
    await state.pulso?.stop();
    process.exit(code);
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      log.info({ signal }, 'stopping');
      void end(0);
    });
  }
  try {
    const pulso = await startPulso({ env, log });
    state.pulso = pulso;
    log.info({ url: pulso.url, ingest_url: pulso.ingestUrl }, `Pulso is ready at ${pulso.url}`);
    void pulso.failed.then((error) => {
      log.fatal({ reason: error.message }, 'a part cannot be kept running; stopping');
      return end(1);
    });
    await whenReady?.(pulso);
  } catch (error) {
    log.fatal({ reason: error instanceof Error ? error.message : String(error) }, 'Pulso cannot run');
    await end(1);
  }
}
