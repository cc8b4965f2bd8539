import { randomBytes } from 'node:crypto';
import type { ClickHouseAddress } from '#sql/interface.server.ts';
import { RESTART_LIMIT, restartBudget } from './restart-budget.server.ts';
import type { RestartLimit } from './restart-budget.server.ts';
import { freePort, startEmbedded } from './start.server.ts';
import type { Embedded, EmbeddedExit, EmbeddedOptions } from './start.server.ts';

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
 * An embedded ClickHouse that is started again after a crash, on the same port with the same password, so that clients
 * only see it away for a moment.
 * @throws like startEmbedded when the first start fails
 */
export async function superviseEmbedded(
  options: EmbeddedOptions & { readonly limit?: RestartLimit }
): Promise<SupervisedClickHouse> {
  const { log, limit = RESTART_LIMIT } = options;
  const settled: EmbeddedOptions = {
    ...options,
    port: options.port ?? (await freePort()),
    password: options.password ?? randomBytes(24).toString('base64url')
  };
  const nextDelayMs = restartBudget(limit, () => performance.now());
  const gaveUp = Promise.withResolvers<Error>();
  let current: Embedded | null = null;
  let stopping = false;
  let restarting: Promise<void> = Promise.resolve();

  const adopt = (embedded: Embedded): void => {
    current = embedded;
    embedded.onExit((exit) => {
      current = null;
      if (stopping || exit.asked) return;
      log.error(
        { pid: embedded.pid, code: exit.code, signal: exit.signal },
        'the embedded ClickHouse crashed; starting it again'
      );
      restarting = restart(exit);
    });
  };
  const restart = async (last: EmbeddedExit): Promise<void> => {
    let reason = `it ended with code ${last.code}, signal ${last.signal}`;
    while (!stopping) {
      const delayMs = nextDelayMs();
      if (delayMs === null) {
        const { restartsMax, windowMs } = limit;
        const message = `the embedded ClickHouse was restarted ${restartsMax} times within ${windowMs / 1000} s and still fails (${reason}); see clickhouse.log in DATA_DIR`;
        gaveUp.resolve(new Error(message));
        return;
      }
      await new Promise((settle) => setTimeout(settle, delayMs));
      if (stopping) return;
      try {
        const embedded = await startEmbedded(settled);
        log.info({ pid: embedded.pid }, 'the embedded ClickHouse is back');
        adopt(embedded);
        return;
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
        log.error({ reason }, 'the embedded ClickHouse could not be started again');
      }
    }
  };
  const first = await startEmbedded(settled);
  adopt(first);
  return {
    address: first.address,
    pid: () => current?.pid ?? null,
    gaveUp: gaveUp.promise,
    stop: async () => {
      stopping = true;
      await restarting;
      await current?.stop();
    }
  };
}
