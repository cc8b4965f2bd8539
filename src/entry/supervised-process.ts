import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Logger } from 'pino';
import { RESTART_LIMIT, restartBudget } from '#sql/embedded/restart-budget.server.ts';
import type { RestartLimit } from '#sql/embedded/restart-budget.server.ts';

export interface ProcessOptions {
  /** for logs and messages */
  readonly name: string;
  /** a script Node runs, absolute */
  readonly script: string;
  /** before the script */
  readonly nodeArgs?: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** answers 2xx when it serves */
  readonly readyUrl: string;
  readonly log: Logger;
  readonly limit?: RestartLimit;
}

export interface SupervisedProcess {
  /** null between a crash and the restart */
  pid(): number | null;
  /** resolves when it first serves; rejects when it ends before, or does not serve within 60 s */
  readonly ready: Promise<void>;
  /** resolves with the reason when it crashed too often */
  readonly gaveUp: Promise<Error>;
  /** SIGTERM, SIGKILL after `deadlineMs`; resolves when it is gone */
  stop(deadlineMs: number): Promise<void>;
}

const READY_TIMEOUT_MS = 60_000;
const READY_POLL_MS = 50;
const PROBE_TIMEOUT_MS = 2_000;

/**
 * Runs a Node script as a child and starts it again when it crashes, with a limit. One that ends before it ever served is not
 * started again: its settings or its port are wrong, and it has said so.
 * The child has an IPC channel: it must watch it (watchParent) to end when we die.
 */
export function superviseProcess(options: ProcessOptions): SupervisedProcess {
  const { name, log, limit = RESTART_LIMIT } = options;
  const nextDelayMs = restartBudget(limit, () => performance.now());
  const gaveUp = Promise.withResolvers<Error>();
  const state: { child: ChildProcess | null; stopping: boolean; served: boolean } = {
    child: null,
    stopping: false,
    served: false
  };
  const start = (): void => {
    if (state.stopping) return;
    const child = spawnScript(options);
    state.child = child;
    child.once('exit', (code, signal) => {
      state.child = null;
      if (!state.stopping) afterCrash(`ended with code ${code}, signal ${signal}`);
    });
  };
  const afterCrash = (how: string): void => {
    const delayMs = state.served ? nextDelayMs() : null;
    if (delayMs === null) {
      const { restartsMax, windowMs } = limit;
      const when = state.served ? `after ${restartsMax} restarts within ${windowMs / 1000} s` : 'before it served';
      gaveUp.resolve(new Error(`${name} ${how} ${when}; what it logged says why`));
      return;
    }
    log.error({ process: name, how, delay_ms: delayMs }, 'a process crashed; starting it again');
    setTimeout(start, delayMs);
  };
  start();
  const served = untilServing(options, () => state.child !== null).then(() => {
    state.served = true;
  });
  const ready = Promise.race([served, gaveUp.promise.then((error) => Promise.reject(error))]);
  // whoever waits for it sees it; nobody has to
  ready.catch(() => {});
  return {
    pid: () => state.child?.pid ?? null,
    ready,
    gaveUp: gaveUp.promise,
    stop: (deadlineMs) => {
      state.stopping = true;
      return state.child === null ? Promise.resolve() : end(state.child, deadlineMs);
    }
  };
}

function spawnScript({ script, nodeArgs = [], env, name, log }: ProcessOptions): ChildProcess {
  const child = spawn(process.execPath, [...nodeArgs, script], {
    env: { ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc']
  });
  child.once('error', (error) => log.error({ process: name, reason: error.message }, 'a process could not be started'));
  child.channel?.unref();
  log.debug({ process: name, child_pid: child.pid }, 'a process was started');
  return child;
}

async function untilServing({ name, readyUrl }: ProcessOptions, isRunning: () => boolean): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (performance.now() < deadline) {
    // the port may be somebody else's, whose answer would hide that ours could not have it
    if (isRunning() && (await answers(readyUrl)) && isRunning()) return;
    await new Promise((settle) => setTimeout(settle, READY_POLL_MS));
  }
  throw new Error(`${name} does not serve ${readyUrl} within ${READY_TIMEOUT_MS / 1000} s`);
}

function answers(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS), headers: { connection: 'close' } }).then(
    async (answer) => {
      await answer.body?.cancel();
      return answer.ok;
    },
    () => false
  );
}

async function end(child: ChildProcess, deadlineMs: number): Promise<void> {
  const gone = new Promise<void>((settle) => child.once('exit', () => settle()));
  child.kill('SIGTERM');
  const deadline = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
  await gone;
  clearTimeout(deadline);
}
