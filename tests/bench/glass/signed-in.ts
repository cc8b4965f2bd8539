/** A browser context with the admin's session, and what a page weighs in it. */
import { gzipSync } from 'node:zlib';
import type { Browser, BrowserContext } from 'playwright';
import type { Pulso } from '../../support/pulso.ts';

const CHARTS_MS = 30_000;

export async function signIn(browser: Browser, pulso: Pulso): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'pt-BR' });
  const page = await context.newPage();
  await page.goto(`${pulso.url}/login`);
  await page.getByLabel('E-mail').fill(pulso.admin.email);
  await page.getByLabel('Senha', { exact: true }).fill(pulso.admin.password);
  await page.getByRole('button', { name: 'Entrar' }).click();
  await page.waitForURL((url) => !url.pathname.startsWith('/login'));
  await page.close();
  return context;
}

export interface Weight {
  readonly files: number;
  /** all JavaScript under gzip -9 */
  readonly gzip: number;
  /** bodies as they came over the wire, in whatever encoding was agreed */
  readonly transferred: number;
}

/** JavaScript of the overview, signed in, with an empty cache, until its charts are drawn and the socket speaks. */
export async function weighOverview(browser: Browser, pulso: Pulso, session: BrowserContext): Promise<Weight> {
  const cold = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    storageState: await session.storageState()
  });
  try {
    const page = await cold.newPage();
    const scripts: Promise<{ readonly gzip: number; readonly transferred: number }>[] = [];
    page.on('response', (response) => {
      if (!/javascript/.test(response.headers()['content-type'] ?? '')) return;
      scripts.push(
        response.finished().then(async () => {
          const body = await response.body();
          const { responseBodySize } = await response.request().sizes();
          return { gzip: gzipSync(body, { level: 9 }).length, transferred: responseBodySize };
        })
      );
    });
    const socket = page.waitForEvent('websocket', { timeout: CHARTS_MS });
    await page.goto(`${pulso.url}/`);
    await page.locator('[data-ready="true"] canvas').first().waitFor({ timeout: CHARTS_MS });
    await socket;
    await page.waitForLoadState('networkidle');
    const weights = await Promise.all(scripts);
    const sum = (of: 'gzip' | 'transferred'): number => weights.reduce((total, weight) => total + weight[of], 0);
    return { files: weights.length, gzip: sum('gzip'), transferred: sum('transferred') };
  } finally {
    await cold.close();
  }
}
