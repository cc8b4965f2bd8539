import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, copyFileSync, mkdirSync, openSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, setPriority, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import type { ClickHouseAddress } from '#sql/interface.server.ts';
import { serverConfig, usersConfig } from './config.server.ts';
import { ask } from './ask.server.ts';
import { ensureLibrary } from './library.server.ts';
import { refuseIfRunning, removeRecord, writeRecord } from './running.server.ts';
import type { EmbeddedLog, StartMessage } from './types.server.ts';

const USERNAME = 'pulso';
const DATABASE = 'pulso';
/** 0.2–0.7 s as a rule, 1.7 s after a SIGKILL; a slow disk with a long history needs more. */
const READY_TIMEOUT_MS = 60_000;
const READY_POLL_MS = 20;
/** of 19: still worked on when others are busy, and behind them */
const NICE = 15;
/** The child gives up on a clean end after 8 s. */
const STOP_TIMEOUT_MS = 10_000;
const LOG_BYTES_MAX = 8 * 1024 * 1024;
const LOG_TRIM_MS = 5 * 60_000;

export interface EmbeddedOptions {
  /** holds clickhouse/ (the store), clickhouse.json, clickhouse.log */
  readonly dataDir: string;
  /** left out: a free one */
  readonly port?: number;
  /** left out: generated */
  readonly password?: string;
  readonly log: EmbeddedLog;
}

/** How the process ended: a code or a signal; `asked` when we stopped it. */
interface EmbeddedExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly asked: boolean;
}

export interface Embedded {
  readonly address: ClickHouseAddress;
  readonly pid: number;
  /** tables closed, port free; resolves when the process is gone */
  stop(): Promise<void>;
  /** at once, as a crash: `asked` stays false */
  kill(): void;
  /** called once, at once if it has already ended */
  onExit(listener: (exit: EmbeddedExit) => void): void;
}

/**
 * Starts ClickHouse as a child process on 127.0.0.1 and resolves when it answers as ours, its database there.
 * @throws when it already runs on this DATA_DIR, the platform has none, the port is taken, or it does not come up in 60 s
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const dataDir = resolve(options.dataDir);
  const storeDir = join(dataDir, 'clickhouse');
  const library = await ensureLibrary(options.log);
  mkdirSync(storeDir, { recursive: true, mode: 0o700 });
  await refuseIfRunning(dataDir);

  const port = options.port ?? (await freePort());
  const password = options.password ?? randomBytes(24).toString('base64url');
  const address = { url: `http://127.0.0.1:${port}`, username: USERNAME, password, database: DATABASE };
  const nonce = randomBytes(16).toString('hex');
  const configFile = writeConfig(dataDir, { username: USERNAME, password, nonce });
  const child = spawnChild(dataDir, { library, storeDir, configFile, port, username: USERNAME, password });
  const { pid } = child;
  if (pid === undefined) throw new Error('the embedded ClickHouse could not be started as a process');

  const ended = watchExit(child);
  try {
    await untilReady(address, nonce, ended, dataDir);
    await ask(address, `CREATE DATABASE IF NOT EXISTS ${DATABASE}`, { timeoutMs: READY_TIMEOUT_MS });
    // on a full disk too: a process without its record would be found by nobody, and hold port and store for ever
    writeRecord(dataDir, { ...address, pid, parent_pid: process.pid });
  } catch (error) {
    await ended.stop();
    throw error;
  }
  ended.onExit(() => removeRecord(dataDir, pid));
  return { address, pid, stop: ended.stop, kill: () => void child.kill('SIGKILL'), onExit: ended.onExit };
}

/** A port nobody listens on now. Another process may take it before we do: then ClickHouse cannot bind and start says so. */
export function freePort(): Promise<number> {
  return new Promise((settle, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const bound = server.address();
      server.close(() =>
        bound !== null && typeof bound === 'object'
          ? settle(bound.port)
          : reject(new Error('no free port on 127.0.0.1'))
      );
    });
  });
}

function writeConfig(dataDir: string, who: { username: string; password: string; nonce: string }): string {
  const configDir = join(dataDir, 'clickhouse-config');
  mkdirSync(configDir, { recursive: true, mode: 0o700 });
  const usersFile = join(configDir, 'users.xml');
  const configFile = join(configDir, 'config.xml');
  const config = { ...who, usersFile, ramBytes: memoryLimit(), cores: availableParallelism() };
  writeFileSync(usersFile, usersConfig(config), { mode: 0o600 });
  writeFileSync(configFile, serverConfig(config), { mode: 0o600 });
  return configFile;
}

/** A container's limit where there is one: totalmem() tells the host's. */
function memoryLimit(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

function spawnChild(dataDir: string, start: StartMessage): ChildProcess {
  const logFile = join(dataDir, 'clickhouse.log');
  trimLog(logFile);
  // A file, not a pipe: a pipe breaks when we die and ClickHouse still has tables to close.
  const log = openSync(logFile, 'a', 0o600);
  // Never through npx or npm: the wrapper's death would orphan it.
  const child = spawn(process.execPath, [join(import.meta.dirname, 'child.server.ts')], {
    stdio: ['ignore', log, log, 'ipc'],
    // nothing of ours: no secrets, no ~/.clickhouse-client, and times without a zone mean UTC
    env: { TZ: 'UTC' }
  });
  closeSync(log);
  if (child.pid !== undefined) lowerPriority(child.pid);
  const trimming = setInterval(() => trimLog(logFile), LOG_TRIM_MS).unref();
  child.once('exit', () => clearInterval(trimming));
  child.once('error', () => {});
  child.send(start, () => {});
  // it must not keep us alive: we end it, it does not hold us
  child.channel?.unref();
  return child;
}

/**
 * ClickHouse works in many threads at once, and its merges can wait. On a machine as small as ours an event's acknowledgement needs the
 * processor for microseconds, but stood behind them for 5 to 20 ms. Set before it has any thread: those inherit it.
 */
function lowerPriority(pid: number): void {
  try {
    setPriority(pid, NICE);
  } catch {
    // it ended at once, of which onExit tells, or the machine does not let us: then it is as before
  }
}

/** Keeps one older log. The writer appends, so the file may be cut under it. */
function trimLog(logFile: string): void {
  if ((statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) <= LOG_BYTES_MAX) return;
  copyFileSync(logFile, `${logFile}.1`);
  truncateSync(logFile);
}

interface Ended {
  stop(): Promise<void>;
  onExit(listener: (exit: EmbeddedExit) => void): void;
  current(): EmbeddedExit | null;
}

function watchExit(child: ChildProcess): Ended {
  let asked = false;
  let ended: EmbeddedExit | null = null;
  const listeners: ((exit: EmbeddedExit) => void)[] = [];
  const gone = new Promise<void>((settle) => {
    child.once('exit', (code, signal) => {
      ended = { code, signal, asked };
      for (const listener of listeners) listener(ended);
      settle();
    });
  });
  const stop = async (): Promise<void> => {
    if (ended === null) {
      asked = true;
      child.kill('SIGTERM');
      const deadline = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await gone;
      clearTimeout(deadline);
    }
  };
  return {
    stop,
    current: () => ended,
    onExit: (listener) => (ended === null ? void listeners.push(listener) : listener(ended))
  };
}

async function untilReady(address: ClickHouseAddress, nonce: string, ended: Ended, dataDir: string): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  const log = join(dataDir, 'clickhouse.log');
  while (performance.now() < deadline) {
    const exit = ended.current();
    if (exit !== null) {
      throw new Error(
        `the embedded ClickHouse ended while starting (code ${exit.code}, signal ${exit.signal}); see ${log}`
      );
    }
    // without our database: it may not exist yet
    const answer = await ask({ ...address, database: '' }, "SELECT currentUser() || ' ' || getMacro('pulso_nonce')", {
      timeoutMs: 1_000
    }).catch(() => null);
    if (answer !== null) {
      if (answer.trim() === `${USERNAME} ${nonce}`) return;
      throw new Error(`${address.url} is answered by another ClickHouse; choose a free port`);
    }
    await new Promise((settle) => setTimeout(settle, READY_POLL_MS));
  }
  throw new Error(`the embedded ClickHouse did not answer within ${READY_TIMEOUT_MS / 1000} s; see ${log}`);
}
