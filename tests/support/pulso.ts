/** The whole product as its operator starts it: `src/entry/pulso.ts` on free ports in a folder of its own. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

const root = join(import.meta.dirname, '../..');

export interface Pulso {
  readonly url: string;
  readonly ingestUrl: string;
  readonly ingestKey: string;
  readonly dataDir: string;
  readonly admin: { readonly email: string; readonly password: string };
  /** pid of the supervisor */
  readonly pid: number;
  /** pid of the embedded ClickHouse */
  clickhousePid(): number;
  post(events: readonly object[]): Promise<{ readonly status: number; readonly body: unknown }>;
  /** runs `npm run admin -- …` on this instance and answers its JSON */
  adminCommand(...args: string[]): unknown;
  stop(): Promise<void>;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Polls until `check` is true. @throws after `timeoutMs` */
export async function until(what: string, check: () => Promise<boolean> | boolean, timeoutMs = 30_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`waited ${String(timeoutMs)} ms in vain for ${what}`);
    await new Promise((resume) => setTimeout(resume, 50));
  }
}

const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    (response) => response.ok,
    () => false
  );

async function stopTree(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await ended;
  clearTimeout(timer);
}

export async function startPulso(settings: Readonly<Record<string, string>> = {}): Promise<Pulso> {
  const dataDir = settings.DATA_DIR ?? mkdtempSync(join(tmpdir(), 'pulso-e2e-'));
  const [port, ingestPort] = [await freePort(), await freePort()];
  const admin = { email: 'admin@pulso.test', password: 'correct horse battery' };
  const ingestKey = 'e2e-key-0123456789abcdef0123456789';
  const env = {
    PATH: `${join(root, 'node_modules/.bin')}:${String(process.env.PATH)}`,
    HOME: tmpdir(),
    PORT: String(port),
    INGEST_PORT: String(ingestPort),
    INGEST_URL: `http://127.0.0.1:${String(ingestPort)}`,
    DATA_DIR: dataDir,
    ADMIN_EMAIL: admin.email,
    ADMIN_PASSWORD: admin.password,
    INGEST_API_KEY: ingestKey,
    LOG_FORMAT: 'json',
    ...settings
  };
  const log = join(dataDir, '..', `${dataDir.slice(dataDir.lastIndexOf('/') + 1)}.log`);
  const out = openSync(log, 'a');
  const child = spawn(process.execPath, ['src/entry/pulso.ts'], { cwd: root, env, stdio: ['ignore', out, out] });
  const url = `http://127.0.0.1:${String(port)}`;
  const ingestUrl = env.INGEST_URL;
  try {
    await until(
      'a ready Pulso',
      async () => {
        if (child.exitCode !== null) throw new Error('Pulso ended');
        return (await answers(`${url}/readyz`)) && (await answers(`${ingestUrl}/readyz`));
      },
      120_000
    );
  } catch (error) {
    await stopTree(child);
    throw new Error(`${String(error)}\n${readFileSync(log, 'utf8').slice(-4000)}`, { cause: error });
  }
  return {
    url,
    ingestUrl,
    ingestKey,
    dataDir,
    admin,
    pid: z.int().parse(child.pid),
    clickhousePid: () =>
      z.object({ pid: z.int() }).parse(JSON.parse(readFileSync(join(dataDir, 'clickhouse.json'), 'utf8'))).pid,
    async post(events) {
      const response = await fetch(`${ingestUrl}/v1/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${ingestKey}` },
        body: JSON.stringify(events)
      });
      return { status: response.status, body: await response.json() };
    },
    adminCommand(...args) {
      const run = spawnSync(process.execPath, ['src/entry/admin.ts', ...args, '--json'], {
        cwd: root,
        env,
        encoding: 'utf8'
      });
      if (run.status !== 0) throw new Error(`admin ${args.join(' ')}: ${run.stderr}${run.stdout}`);
      const answer: unknown = JSON.parse(run.stdout);
      return answer;
    },
    async stop() {
      await stopTree(child);
      if (settings.DATA_DIR === undefined) rmSync(dataDir, { recursive: true, force: true });
      rmSync(log, { force: true });
    }
  };
}
