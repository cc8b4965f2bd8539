/**
 * `npm run screenshots [-- --all DIR]`: the pictures of the README, taken of a fresh demo business. With --all every page at phone,
 * laptop, desktop and 4K size into DIR as well.
 * They show the business's own time of day: at night, a BUSINESS_TIMEZONE where it is afternoon shows a day with something in it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, type Browser, type Page } from 'playwright';
import { CHROMIUM_ARGS, ensureChromium } from '../support/chromium.ts';
import { freePort, until } from '../support/pulso.ts';

const root = join(import.meta.dirname, '../..');
const THEMES = ['light', 'dark'] as const;
const SIZES = { phone: [390, 844], laptop: [1440, 900], desktop: [1920, 1080], wall: [3840, 2160] } as const;
/** A wall shows all its boards within this. */
const ROTATION_MS = 150_000;
const PAGES = {
  overview: '/',
  cash: '/cash',
  delinquency: '/delinquency',
  stock: '/stock',
  forbidden: '/settings/users',
  users: '/settings/users',
  keys: '/settings/keys',
  sources: '/settings/sources',
  quarantine: '/settings/quarantine',
  wall: '/wall'
} as const;

/** Who may see them; all else is seen as its manager sees it, refusals included. */
const OF_ADMIN: readonly string[] = ['users', 'keys', 'sources', 'quarantine'];

interface Login {
  readonly email: string;
  readonly password: string;
}
interface Demo {
  readonly url: string;
  login(role: 'admin' | 'manager'): Login;
  stop(): Promise<void>;
}

async function startDemo(): Promise<Demo> {
  const dataDir = mkdtempSync(join(tmpdir(), 'pulso-pictures-'));
  const [port, ingestPort] = [await freePort(), await freePort()];
  const child = spawn(process.execPath, ['src/entry/demo.ts'], {
    cwd: root,
    env: {
      ...process.env,
      PORT: String(port),
      INGEST_PORT: String(ingestPort),
      INGEST_URL: `http://127.0.0.1:${String(ingestPort)}`,
      DATA_DIR: dataDir
    },
    stdio: ['ignore', 'pipe', 'inherit']
  });
  let said = '';
  child.stdout.on('data', (text: Buffer) => (said += text.toString()));
  const login = (role: string): Login | null => {
    const [, email, password] = new RegExp(`^\\s+${role}\\s+(\\S+)\\s+(\\S+)`, 'm').exec(said) ?? [];
    return email === undefined || password === undefined ? null : { email, password };
  };
  const stop = async (): Promise<void> => {
    const ended = once(child, 'exit');
    if (child.exitCode === null && child.kill('SIGTERM')) await ended;
    rmSync(dataDir, { recursive: true, force: true });
  };
  // the log-ins come before the last of the history is in every figure
  const isThere = (): boolean => login('manager') !== null && /^In every figure/m.test(said);
  try {
    await until('the demo', () => child.exitCode !== null || isThere(), 900_000);
    if (!isThere()) throw new Error(`the demo ended with ${String(child.exitCode)}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `http://127.0.0.1:${String(port)}`,
    login(role) {
      const found = login(role);
      if (found === null) throw new Error(`the demo told no log-in of ${role}`);
      return found;
    },
    stop
  };
}

async function signedIn(
  browser: Browser,
  demo: Demo,
  role: 'admin' | 'manager',
  theme: (typeof THEMES)[number]
): Promise<Page> {
  const { email, password } = demo.login(role);
  const context = await browser.newContext({ locale: 'pt-BR', timezoneId: 'America/Sao_Paulo' });
  await context.addCookies([{ name: 'pulso_theme', value: theme, url: demo.url }]);
  const page = await context.newPage();
  await page.goto(`${demo.url}/login`);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Senha', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Entrar' }).click();
  await page.waitForURL((url) => !url.pathname.startsWith('/login'));
  return page;
}

async function picture(
  page: Page,
  url: string,
  [width, height]: readonly [number, number],
  path: string,
  shows = '[data-tile], main'
): Promise<void> {
  await page.setViewportSize({ width, height });
  await page.goto(url);
  await page.locator(shows).first().waitFor({ timeout: ROTATION_MS });
  // charts and typeface are drawn once the page has nothing left to load
  await page.waitForLoadState('load');
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  await page.waitForTimeout(1_500);
  // a picture of what it looks like, not of a machine that is busy
  await until(
    `live tiles on ${url}`,
    async () =>
      (await page.locator('[data-state="stale"], [data-state="loading"], [data-state="failed"]').count()) === 0
  );
  await page.screenshot({ path });
  console.log(path);
}

const { values } = parseArgs({ options: { all: { type: 'string' } } });
const demo = await startDemo();
const browser = await chromium.launch({ executablePath: ensureChromium(), args: CHROMIUM_ARGS });
try {
  const assets = join(root, 'src/lib/assets/readme');
  mkdirSync(assets, { recursive: true });
  for (const theme of THEMES) {
    const page = await signedIn(browser, demo, 'manager', theme);
    // right behind the history the past days are unknown until they are read
    await page.locator('[data-tile="delinquency-rate"]').getByText('em 7 dias').waitFor({ timeout: ROTATION_MS });
    const wall = `${demo.url}${PAGES.wall}?theme=${theme}`;
    await picture(page, `${demo.url}/`, SIZES.laptop, join(assets, `overview-${theme}.png`));
    await picture(page, `${demo.url}/delinquency`, SIZES.laptop, join(assets, `delinquency-${theme}.png`));
    await picture(page, wall, SIZES.desktop, join(assets, `wall-${theme}.png`), '[data-tile="cash-position"]');
    if (values.all === undefined) continue;
    mkdirSync(values.all, { recursive: true });
    const admin = await signedIn(browser, demo, 'admin', theme);
    for (const [size, measure] of Object.entries(SIZES))
      for (const [name, path] of Object.entries(PAGES))
        await picture(
          OF_ADMIN.includes(name) ? admin : page,
          name === 'wall' ? wall : `${demo.url}${path}`,
          measure,
          join(values.all, `${name}-${size}-${theme}.png`)
        );
  }
} finally {
  await browser.close();
  await demo.stop();
}
