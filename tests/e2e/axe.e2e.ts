import AxeBuilder from '@axe-core/playwright';
import { expect, signIn, test } from './fixtures.ts';

const pages = [
  '/',
  '/cash',
  '/delinquency',
  '/stock',
  '/wall?board=cash',
  '/wall?board=delinquency',
  '/wall?board=stock',
  '/wall?board=sales',
  '/settings/users',
  '/settings/keys',
  '/settings/sources',
  '/settings/quarantine',
  '/password'
];

for (const theme of ['light', 'dark'])
  test(`axe finds nothing on any page, ${theme}`, async ({ page, context, pulso }) => {
    test.setTimeout(120_000);
    // a board of the wall that fades in has, for a quarter of a second, no contrast to judge
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await context.addCookies([{ name: 'pulso_theme', value: theme, url: pulso.url }]);
    await page.goto(`${pulso.url}/login`);
    const check = async (path: string): Promise<void> => {
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect
        .soft(violations.map(({ id, nodes }) => `${path} ${id}: ${nodes.map(({ html }) => html).join(' ')}`))
        .toEqual([]);
    };
    await check('/login');
    await signIn(page, pulso, 'admin');
    for (const path of pages) {
      await page.goto(`${pulso.url}${path}`);
      await page.getByRole('main').first().waitFor();
      await check(path);
    }
  });
