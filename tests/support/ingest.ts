/** The real ingest service for tests: in this process, or as a process of its own that may be killed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import pino from 'pino';
import { z } from 'zod';
import { INGEST_NODE_ARGS } from '#ingest/node-args.ts';
import { startIngest, type Ingest } from '#ingest/service.ts';
import { BatchAnswer } from '#lib/contracts/ingest.ts';
import type { ClickHouseAddress, Reader } from '#sql/interface.server.ts';
import { eventually } from './eventually.ts';

export const API_KEY = 'test-key-0123456789';
const INTERNAL_TOKEN = 'test-internal-token-0123456789';
const root = join(import.meta.dirname, '../..');

export interface TestIngest {
  readonly url: string;
  readonly ingest: Ingest;
  stop(): Promise<void>;
}

export interface TestIngestOptions {
  readonly dataDir: string;
  readonly clickhouse: () => ClickHouseAddress | null;
  readonly journalBytesMax?: number;
  readonly now?: () => number;
  readonly bootId?: string;
}

/** In this process, on a free port; resolves when it takes events. */
export async function startTestIngest(options: TestIngestOptions): Promise<TestIngest> {
  const ingest = await startIngest({
    host: '127.0.0.1',
    port: 0,
    dataDir: options.dataDir,
    internalToken: INTERNAL_TOKEN,
    apiKey: API_KEY,
    journalBytesMax: options.journalBytesMax ?? 256 * 1024 * 1024,
    findClickHouse: options.clickhouse,
    bootId: options.bootId ?? 'test',
    log: pino({ level: 'silent' }),
    now: options.now ?? Date.now,
    random: Math.random
  });
  await ingest.ready;
  return { url: `http://127.0.0.1:${ingest.port}`, ingest, stop: () => ingest.stop() };
}

export interface IngestProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** all it has said, log lines in JSON */
  said(): string;
  kill(): Promise<void>;
  /** SIGTERM. @returns the exit code */
  terminate(): Promise<number | null>;
}

export interface IngestProcessOptions {
  readonly journalBytesMax?: number;
  /** no file may grow beyond it: writes fail there, as on a full disk, until `prlimit` lifts it */
  readonly fileKib?: number;
  /** left out: any free one */
  readonly port?: number;
  /** before the script: profiles, preloaded modules */
  readonly nodeArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const Line = z.object({ msg: z.string(), port: z.int().optional() });
const READY_WITHIN_MS = 60_000;

export interface LaunchedIngest {
  readonly child: ChildProcess;
  readonly exited: Promise<unknown>;
  /** all it has said, log lines in JSON */
  said(): string;
  /** the port it takes events on; null: not yet */
  port(): number | null;
}

/** `ingest/main.ts` in a process of its own, which may not take events yet. */
export function launchIngest(
  dataDir: string,
  clickhouse: ClickHouseAddress,
  { fileKib, journalBytesMax, port = 0, nodeArgs = [], env = {} }: IngestProcessOptions = {}
): LaunchedIngest {
  const limit = fileKib === undefined ? '' : `trap '' XFSZ; ulimit -S -f ${fileKib};`;
  const command = [process.execPath, ...INGEST_NODE_ARGS, ...nodeArgs, join(root, 'ingest/main.ts')];
  const child = spawn('bash', ['-c', `${limit} exec "$@"`, 'ingest', ...command], {
    env: {
      PATH: process.env.PATH,
      INGEST_PORT: String(port),
      DATA_DIR: dataDir,
      INTERNAL_TOKEN,
      INGEST_API_KEY: API_KEY,
      CLICKHOUSE_URL: clickhouse.url,
      CLICKHOUSE_USER: clickhouse.username,
      CLICKHOUSE_PASSWORD: clickhouse.password,
      CLICKHOUSE_DATABASE: clickhouse.database,
      LOG_FORMAT: 'json',
      ...(journalBytesMax !== undefined && { JOURNAL_BYTES_MAX: String(journalBytesMax) }),
      ...env
    },
    stdio: ['ignore', 'pipe', 'inherit']
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
  return {
    child,
    exited: once(child, 'exit'),
    said: () => text,
    port() {
      const lines = text.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
      const taking = lines.map((line) => Line.parse(JSON.parse(line))).find(({ msg }) => msg === 'taking events');
      return taking?.port ?? null;
    }
  };
}

/** As {@link launchIngest}; resolves when it takes events. */
export async function spawnIngest(
  dataDir: string,
  clickhouse: ClickHouseAddress,
  options: IngestProcessOptions = {}
): Promise<IngestProcess> {
  const { child, exited, said, port: takes } = launchIngest(dataDir, clickhouse, options);
  const port = await eventually('an ingest process that takes events', READY_WITHIN_MS, () => {
    if (child.exitCode !== null) throw new Error(`the ingest process ended:\n${said()}`);
    return takes();
  });
  return {
    url: `http://127.0.0.1:${port}`,
    child,
    said,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async terminate() {
      child.kill('SIGTERM');
      await exited;
      return child.exitCode;
    }
  };
}

export interface Posted {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export async function post(
  url: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {}
): Promise<Posted> {
  const response = await fetch(`${url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${API_KEY}`, ...headers },
    body
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** Sends events as one array. @throws when the answer is not a batch answer */
export async function send(url: string, events: readonly object[]): Promise<BatchAnswer> {
  const { body } = await post(url, JSON.stringify(events));
  return BatchAnswer.parse(body);
}

export function askInternal(
  url: string,
  path: string,
  init: { method?: string; body?: string } = {}
): Promise<Response> {
  return fetch(`${url}/internal${path}`, { ...init, headers: { authorization: `Bearer ${INTERNAL_TOKEN}` } });
}

const Row = z.record(z.string(), z.unknown());

/** One question to ClickHouse, for expectations. */
export async function rows(reader: Reader, sql: string): Promise<z.output<typeof Row>[]> {
  const answer = await reader.read({ name: 'test', sql, params: z.object({}), row: Row, timeoutMs: 10_000 }, {});
  if (!answer.ok) throw new Error(answer.failure.message);
  return answer.value;
}

export async function shipped(url: string, withinMs = 20_000): Promise<void> {
  await eventually('everything acknowledged to be visible', withinMs, async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    const value = (name: string): string | undefined => new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
    return value('pulso_ingest_acknowledged_position') === value('pulso_ingest_visible_position');
  });
}

/** A connection to ClickHouse that can be cut or slow, and one whose answers get lost after the work was done. */
export interface Cable {
  readonly address: ClickHouseAddress;
  cut(): void;
  mend(): void;
  /** the next `count` answers that carry more than headers of a kept connection are dropped with their connection */
  loseAnswers(count: number): void;
  readonly lost: number;
  /** from now on every byte, either way, comes so much later, in order; 0: at once */
  delay(ms: number): void;
  close(): Promise<void>;
}

/** Writes in order, each chunk after the delay that was in force when it came. */
function slowWriter(to: Socket, delayMs: () => number): (chunk: Buffer) => void {
  const waiting: { readonly chunk: Buffer; readonly due: number }[] = [];
  const send = (): void => {
    const [next] = waiting;
    if (!next) return;
    const left = next.due - performance.now();
    if (left > 0) return void setTimeout(send, left);
    waiting.shift();
    if (!to.destroyed) to.write(next.chunk);
    send();
  };
  return (chunk) => {
    if (delayMs() === 0 && waiting.length === 0) return void to.write(chunk);
    waiting.push({ chunk, due: performance.now() + delayMs() });
    if (waiting.length === 1) send();
  };
}

export async function startCable(to: ClickHouseAddress): Promise<Cable> {
  const target = new URL(to.url);
  const sockets = new Set<Socket>();
  let isCut = false;
  let toLose = 0;
  let lost = 0;
  let delayMs = 0;
  const server: Server = createServer((near) => {
    if (isCut) return void near.destroy();
    const far = createConnection({ host: target.hostname, port: Number(target.port) });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    let asked = '';
    const [toNear, toFar] = [slowWriter(near, () => delayMs), slowWriter(far, () => delayMs)];
    near.on('data', (chunk) => {
      asked = (asked + chunk.toString('latin1')).slice(-100_000);
      toFar(chunk);
    });
    far.on('data', (chunk) => {
      // only answers to inserts: what was asked last on this connection
      if (toLose > 0 && asked.lastIndexOf('INSERT') >= 0) {
        toLose--;
        lost++;
        near.destroy();
        return;
      }
      asked = '';
      toNear(chunk);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    address: { ...to, url: `http://127.0.0.1:${address.port}` },
    cut() {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    mend: () => void (isCut = false),
    loseAnswers: (count) => void (toLose = count),
    get lost() {
      return lost;
    },
    delay: (ms) => void (delayMs = ms),
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    }
  };
}
