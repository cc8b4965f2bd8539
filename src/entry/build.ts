import { spawn } from 'node:child_process';
import { existsSync, globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';

const BUILD_TIMEOUT_MS = 10 * 60_000;
/** What the dashboard's bundle is made of. */
const SOURCES = ['src/**/*', 'static/**/*', 'package-lock.json', 'svelte.config.js', 'vite.config.ts'];
/** What the build itself writes, and what runs beside it. */
const NOT_IN_THE_BUNDLE = [/^src\/lib\/paraglide/, /^src\/entry/, /\.test\.ts$/];

/**
 * Builds the dashboard where it was never built or its sources are newer (after an update): an old page on new tables would lie.
 * Without vite (production dependencies only) a build that is there is used as it is.
 * @param root the project's folder
 * @throws when it has to be built and cannot
 */
export async function ensureBuilt(root: string, log: Logger): Promise<void> {
  const built = statSync(join(root, 'build', 'handler.js'), { throwIfNoEntry: false })?.mtimeMs ?? null;
  const vite = findVite(root);
  if (built !== null && (vite === null || newestSource(root) <= built)) return;
  if (vite === null)
    throw new Error('the dashboard is not built and vite is not installed: run npm ci && npm run build');
  log.info({}, built === null ? 'building the dashboard, once' : 'building the dashboard again: its sources are newer');
  const started = performance.now();
  await runVite(root, vite);
  log.info({ seconds: Math.round((performance.now() - started) / 1_000) }, 'the dashboard is built');
}

/** Only the project's own: one from a folder above would not know its plugins. */
function findVite(root: string): string | null {
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  return existsSync(vite) ? vite : null;
}

function newestSource(root: string): number {
  let newest = 0;
  for (const file of globSync(SOURCES, { cwd: root })) {
    if (NOT_IN_THE_BUNDLE.some((pattern) => pattern.test(file))) continue;
    const stat = statSync(join(root, file), { throwIfNoEntry: false });
    if (stat?.isFile() === true) newest = Math.max(newest, stat.mtimeMs);
  }
  return newest;
}

async function runVite(root: string, vite: string): Promise<void> {
  const build = spawn(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: BUILD_TIMEOUT_MS
  });
  const code = await new Promise<number | null>((resolve, reject) => build.once('error', reject).once('exit', resolve));
  if (code !== 0 || !existsSync(join(root, 'build', 'handler.js'))) {
    throw new Error(`vite build ended with ${code}: run npm run build to see why`);
  }
}
