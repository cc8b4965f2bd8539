import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pino from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { readSecrets } from '#sql/embedded/secrets.server.ts';
import { freePort } from '#sql/embedded/start.server.ts';
import { ensureBuilt } from '../../src/entry/build.ts';
import { superviseProcess } from '../../src/entry/supervised-process.ts';
import { eventually, isAlive } from '../support/eventually.ts';

const root = join(import.meta.dirname, '../..');
const log = pino({ enabled: false });

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pulso-supervisor-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function supervise(mode: string, limit = { restartsMax: 5, windowMs: 60_000 }) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const child = superviseProcess({
    name: 'child',
    script: join(root, 'tests/support/processes/served-child.ts'),
    env: { PORT: String(port), MODE: mode },
    readyUrl: url,
    log,
    limit
  });
  onTestFinished(() => child.stop(500));
  const whoAnswers = () =>
    fetch(url, { headers: { connection: 'close' } }).then(
      async (answer) => Number(await answer.text()),
      () => null
    );
  return { child, whoAnswers };
}

test('a child that crashes is started again and serves again', async () => {
  const { child, whoAnswers } = await supervise('good');
  await child.ready;
  const first = z.int().parse(child.pid());
  expect(await whoAnswers()).toBe(first);
  process.kill(first, 'SIGKILL');
  const second = await eventually('another process answers', 10_000, async () => {
    const pid = await whoAnswers();
    return pid === first ? null : pid;
  });
  expect(second).toBe(child.pid());
});

test('a child that keeps crashing is given up, saying which and how often', async () => {
  const { child, whoAnswers } = await supervise('good', { restartsMax: 1, windowMs: 60_000 });
  await child.ready;
  const first = z.int().parse(child.pid());
  process.kill(first, 'SIGKILL');
  const second = await eventually('another process answers', 10_000, async () => {
    const pid = await whoAnswers();
    return pid === first ? null : pid;
  });
  process.kill(second, 'SIGKILL');
  expect((await child.gaveUp).message).toContain(
    'child ended with code null, signal SIGKILL after 1 restarts within 60 s'
  );
});

test('a child that ends before it ever served is not started again: its settings are wrong', async () => {
  const { child } = await supervise('refuses');
  await expect(child.ready).rejects.toThrow('child ended with code 3');
  expect((await child.gaveUp).message).toContain('before it served');
  expect(child.pid()).toBeNull();
});

test('a child that ignores SIGTERM is killed at its deadline; one that listens ends before it', async () => {
  for (const [mode, deadlineMs, least, most] of [
    ['deaf', 300, 300, 5_000],
    ['good', 20_000, 0, 10_000]
  ] as const) {
    const { child } = await supervise(mode);
    await child.ready;
    const pid = z.int().parse(child.pid());
    const started = performance.now();
    await child.stop(deadlineMs);
    const tookMs = performance.now() - started;
    expect(tookMs, mode).toBeGreaterThanOrEqual(least);
    expect(tookMs, mode).toBeLessThan(most);
    expect(isAlive(pid)).toBe(false);
  }
});

test('a child ends with its supervisor, also when that is killed', async () => {
  const parent = spawn(process.execPath, [join(root, 'tests/support/processes/supervising-parent.ts')], {
    env: { PORT: String(await freePort()) },
    stdio: ['ignore', 'pipe', 'inherit']
  });
  onTestFinished(() => void parent.kill('SIGKILL'));
  for await (const line of createInterface({ input: parent.stdout })) {
    const pid = z.coerce.number().int().positive().parse(line);
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await eventually('the child is gone', 3_000, () => !isAlive(pid));
    return;
  }
  throw new Error('the supervisor ended without a word');
});

test('all wrong settings are told at once, without their values, and the process ends with 1', () => {
  const run = spawnSync(process.execPath, ['src/entry/pulso.ts'], {
    cwd: root,
    env: {
      PORT: '70000',
      CLICKHOUSE_URL: 'secret-host',
      INTERNAL_TOKEN: 'short-secret',
      LOG_LEVEL: 'loud',
      DATA_DIR: temporaryFolder()
    },
    encoding: 'utf8',
    timeout: 20_000
  });
  expect(run.status).toBe(1);
  for (const name of ['PORT', 'CLICKHOUSE_URL', 'INTERNAL_TOKEN', 'LOG_LEVEL'])
    expect(run.stderr).toContain(`  ${name}: `);
  expect(run.stderr).not.toMatch(/secret/);
});

test('secrets are made once, for their owner only, and a spoilt file is not replaced', () => {
  const dataDir = join(temporaryFolder(), 'data');
  const made = readSecrets(dataDir);
  expect(readSecrets(dataDir)).toEqual(made);
  const file = join(dataDir, 'secrets.json');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  writeFileSync(file, '{"internal_token":');
  expect(() => readSecrets(dataDir)).toThrow('cannot be used');
  expect(readFileSync(file, 'utf8')).toBe('{"internal_token":');
});

test('a build that is newer than its sources is used; without vite an old one is used and a missing one is refused', async () => {
  const project = temporaryFolder();
  writeFileSync(join(project, 'package.json'), '{}');
  await expect(ensureBuilt(project, log)).rejects.toThrow('npm run build');
  mkdirSync(join(project, 'build'));
  mkdirSync(join(project, 'src'));
  writeFileSync(join(project, 'build/handler.js'), '');
  writeFileSync(join(project, 'src/app.html'), '');
  utimesSync(join(project, 'build/handler.js'), 1, 1);
  await ensureBuilt(project, log);

  // a vite that leaves a mark
  const bin = join(project, 'node_modules/vite/bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(project, 'node_modules/vite/package.json'), '{"name":"vite"}');
  writeFileSync(join(bin, 'vite.js'), "require('fs').writeFileSync('build/handler.js', 'built')");
  await ensureBuilt(project, log);
  expect(readFileSync(join(project, 'build/handler.js'), 'utf8')).toBe('built');
  writeFileSync(join(bin, 'vite.js'), 'process.exit(1)');
  await ensureBuilt(project, log);
  utimesSync(join(project, 'build/handler.js'), 1, 1);
  await expect(ensureBuilt(project, log)).rejects.toThrow('vite build ended with 1');
});
