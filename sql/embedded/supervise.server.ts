import { randomBytes } from 'node:crypto';
import type { ClickHouseAddress } from '#sql/interface.server.ts';
import { watchSilence } from './probe.server.ts';
import { RESTART_LIMIT, restartBudget } from './restart-budget.server.ts';
import type { RestartLimit } from './restart-budget.server.ts';
import { freePort, startEmbedded } from './start.server.ts';
import type { Embedded, EmbeddedOptions } from './start.server.ts';

/** Merges and long queries make it slow, not silent. */
const SILENCE_MS = 30_000;

export interface SupervisedClickHouse {
  /** the same through all restarts */
  readonly address: ClickHouseAddress;
  /** of the process that runs now; null between a crash and the restart */
  pid(): number | null;
  stop(): Promise<void>;
  /** resolves with the reason when it crashed too often to be started again; never after `stop` */
  readonly gaveUp: Promise<Error>;
}

/**
 * An embedded ClickHouse that is started again after a crash, or when it lives and serves nobody, on the same port with the same password, so that clients
 * only see it away for a moment.
 * @throws like startEmbedded when the first start fails
 */
export async function superviseEmbedded(
  options: EmbeddedOptions & { readonly limit?: RestartLimit; readonly silenceMs?: number }
): Promise<SupervisedClickHouse> {
  const { log } = options;
  const settled: EmbeddedOptions = {
    ...options,
    port: options.port ?? (await freePort()),
    password: options.password ?? randomBytes(24).toString('base64url')
  };
  const gaveUp = Promise.withResolvers<Error>();
  const restart = restarter(settled, options.limit ?? RESTART_LIMIT);
  const state: { current: Embedded | null; stopping: boolean; restarting: Promise<void> } = {
    current: null,
    stopping: false,
    restarting: Promise.resolve()
  };
  const adopt = (embedded: Embedded): void => {
    state.current = embedded;
    const unwatch = watchSilence(embedded.address.url, options.silenceMs ?? SILENCE_MS, () => {
      log.error({ pid: embedded.pid }, 'the embedded ClickHouse does not answer any more; ending it');
      embedded.kill();
    });
    embedded.onExit(({ code, signal, asked }) => {
      unwatch();
      state.current = null;
      if (state.stopping || asked) return;
      log.error({ pid: embedded.pid, code, signal }, 'the embedded ClickHouse crashed; starting it again');
      state.restarting = restart(`it ended with code ${code}, signal ${signal}`, () => state.stopping).then((next) => {
        if (next instanceof Error) gaveUp.resolve(next);
        else if (next !== null) adopt(next);
      });
    });
  };
  const first = await startEmbedded(settled);
  adopt(first);
  return {
    address: first.address,
    pid: () => state.current?.pid ?? null,
    gaveUp: gaveUp.promise,
    stop: async () => {
      state.stopping = true;
      await state.restarting;
      await state.current?.stop();
    }
  };
}

/** @returns a function that starts it again: the new one; an Error when the limit is reached; null when stopped meanwhile */
function restarter(options: EmbeddedOptions, limit: RestartLimit) {
  const { log } = options;
  const nextDelayMs = restartBudget(limit, () => performance.now());
  return async (crash: string, isStopping: () => boolean): Promise<Embedded | Error | null> => {
    let reason = crash;
    while (!isStopping()) {
      const delayMs = nextDelayMs();
      if (delayMs === null) {
        return new Error(
          `the embedded ClickHouse was restarted ${limit.restartsMax} times within ${limit.windowMs / 1000} s ` +
            `and still fails (${reason}); see clickhouse.log in DATA_DIR`
        );
      }
      await new Promise((settle) => setTimeout(settle, delayMs));
      if (isStopping()) return null;
      try {
        const embedded = await startEmbedded(options);
        log.info({ pid: embedded.pid }, 'the embedded ClickHouse is back');
        return embedded;
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
        log.error({ reason }, 'the embedded ClickHouse could not be started again');
      }
    }
    return null;
  };
}
