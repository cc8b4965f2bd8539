import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { EmbeddedLog } from './types.server.ts';

/** The one version tried; npm's `latest` of that package cannot listen. Keep in step with optionalDependencies. */
export const LIBRARY_VERSION = '26.7.3-stable.1';
/** 543 MB unpacked: minutes on a slow line. */
const INSTALL_TIMEOUT_MS = 15 * 60_000;
const PLATFORMS: readonly string[] = ['linux-x64-gnu', 'linux-arm64-gnu', 'darwin-arm64', 'darwin-x64'];

export interface Platform {
  readonly os: string;
  readonly arch: string;
  readonly glibc: boolean;
}

/** @returns the npm package that carries ClickHouse for this platform; null where there is none (Windows, musl) */
export function libraryPackage({ os, arch, glibc }: Platform): string | null {
  const triple = os === 'linux' ? `linux-${arch}-${glibc ? 'gnu' : 'musl'}` : `${os}-${arch}`;
  return PLATFORMS.includes(triple) ? `@chdb/lib-${triple}` : null;
}

function thisPlatform(): Platform {
  return { os: process.platform, arch: process.arch, glibc: process.platform === 'linux' && runsOnGlibc() };
}

function runsOnGlibc(): boolean {
  const report: object = process.report.getReport();
  const header: unknown = 'header' in report ? report.header : null;
  return typeof header === 'object' && header !== null && 'glibcVersionRuntime' in header;
}

function resolveLibrary(packageName: string): string | null {
  try {
    return createRequire(import.meta.url).resolve(`${packageName}/libchdb.so`);
  } catch {
    return null;
  }
}

/**
 * The path of libchdb.so, fetched once by npm where the lock file does not carry this platform's package.
 * @throws with what to do when the platform has none or it cannot be fetched
 */
export async function ensureLibrary(log: EmbeddedLog): Promise<string> {
  const { os, arch, glibc } = thisPlatform();
  const packageName = libraryPackage({ os, arch, glibc });
  if (packageName === null) {
    throw new Error(
      `There is no embedded ClickHouse for ${os} ${arch}${os === 'linux' && !glibc ? ' (musl)' : ''}. ` +
        'Start a ClickHouse server and set CLICKHOUSE_URL (on Windows, WSL 2 works too).'
    );
  }
  const present = resolveLibrary(packageName);
  if (present !== null) return present;
  const wanted = `${packageName}@${LIBRARY_VERSION}`;
  log.info({ package: wanted }, 'fetching the embedded ClickHouse for this platform, once (about 160 MB)');
  await npmInstall(wanted);
  const fetched = resolveLibrary(packageName);
  if (fetched === null) throw new Error(`npm installed ${wanted} but libchdb.so is not in it`);
  return fetched;
}

async function npmInstall(wanted: string): Promise<void> {
  const root = join(import.meta.dirname, '..', '..');
  // npm brings the whole tree in line: it must neither add the development part nor take it away
  const omitted = existsSync(join(root, 'node_modules', 'vite')) ? [] : ['--omit=dev'];
  const npm = spawn('npm', ['install', '--no-save', '--no-audit', '--no-fund', ...omitted, wanted], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: INSTALL_TIMEOUT_MS
  });
  const code = await new Promise<number | null>((resolve, reject) => npm.once('error', reject).once('exit', resolve));
  if (code !== 0) {
    throw new Error(`Could not fetch ${wanted} (npm ended with ${code}). Install it by hand, or set CLICKHOUSE_URL.`);
  }
}
