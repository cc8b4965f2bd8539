/** A Chromium for tests and screenshots: found, else installed, else refused with what to do. Never skipped. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright';

const KNOWN = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable'
];

/** No GPU, no first-run pages, no calls home: a closed network must not slow the start. */
export const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
];

const found = (): string | undefined => {
  const bundled = chromium.executablePath();
  return [...KNOWN, ...(bundled === '' ? [] : [bundled])].find((path) => existsSync(path));
};

const isRootOnDebian = (): boolean =>
  process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/etc/debian_version');

/**
 * @returns the path of an executable Chromium
 * @throws with the remedy when none can be had
 */
export function ensureChromium(): string {
  const present = found();
  if (present !== undefined) return present;
  if (isRootOnDebian()) {
    execFileSync('apt-get', ['update', '-qq'], { stdio: 'inherit' });
    const install = [
      'DEBIAN_FRONTEND=noninteractive',
      'apt-get',
      'install',
      '-y',
      '-qq',
      '--no-install-recommends',
      'chromium'
    ];
    execFileSync('env', install, { stdio: 'inherit' });
  } else spawnSync('npx', ['playwright', 'install', 'chromium'], { stdio: 'inherit' });
  const installed = found();
  if (installed === undefined)
    throw new Error(
      'No Chromium found and none could be installed. Install Chromium or Google Chrome, or run: npx playwright install chromium'
    );
  return installed;
}
