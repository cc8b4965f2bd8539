import { randomUUID } from 'node:crypto';
import AxeBuilder from '@axe-core/playwright';
import { expect, signIn, test } from './fixtures.ts';

test('the flow of events is told live: clear, ClickHouse stopped with what waits, clear again; and unknown is not clear', async ({
  page,
  pulso
}) => {
  // of no figure: other tests count money on the same service
  const event = { id: randomUUID(), source: '/e2e', type: 'customer.updated', data: { customer_id: 'fluxo' } };
  await signIn(page, pulso, 'admin');
  await page.goto(`${pulso.url}/settings/sources`);
  const panel = page.getByRole('region', { name: 'Fluxo dos eventos' });
  await expect(panel.getByText('Tudo em dia').first()).toBeVisible();
  await expect(panel.getByText('nada espera')).toBeVisible();
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);

  const pid = pulso.clickhousePid();
  process.kill(pid, 'SIGSTOP');
  try {
    expect(await pulso.post([event])).toMatchObject({ status: 200 });
    await expect(panel.getByText(/ClickHouse parado há \d+ s: 1 evento no diário/)).toBeVisible({ timeout: 15_000 });
    await expect(panel.getByText('Tudo em dia')).toHaveCount(0);
    // without reloading, the age moves on
    const title = panel.locator('b').first();
    const before = await title.textContent();
    await expect(title).not.toHaveText(before ?? '', { timeout: 5_000 });
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await expect(panel.getByText('Tudo em dia').first()).toBeVisible({ timeout: 30_000 });

  await page.context().setOffline(true);
  await expect(panel.getByText(/O painel não responde/).first()).toBeVisible({ timeout: 15_000 });
  await expect(panel.getByText(/^Dados de /)).toBeVisible();
  await expect(panel.getByText('Tudo em dia')).toHaveCount(0);
  await page.context().setOffline(false);
  await expect(panel.getByText('Tudo em dia').first()).toBeVisible({ timeout: 15_000 });
});
