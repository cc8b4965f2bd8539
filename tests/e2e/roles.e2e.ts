import { expect, signIn, test } from './fixtures.ts';

test('a wrong password is refused in words, and the right one leads in', async ({ page, pulso }) => {
  await page.goto(`${pulso.url}/`);
  await expect(page).toHaveURL(/\/login/);
  await page.getByLabel('E-mail').fill('manager@pulso.test');
  await page.getByLabel('Senha', { exact: true }).fill('not the password');
  await page.getByRole('button', { name: 'Entrar' }).click();
  await expect(page.getByText('E-mail ou senha não conferem.')).toBeVisible();
  await signIn(page, pulso, 'manager');
  await expect(page.getByRole('heading', { name: 'Visão geral', level: 1 })).toBeVisible();
});

const sees: Readonly<Record<'admin' | 'manager' | 'collector' | 'viewer', { cash: boolean; settings: boolean }>> = {
  admin: { cash: true, settings: true },
  manager: { cash: true, settings: false },
  collector: { cash: false, settings: false },
  viewer: { cash: true, settings: false }
};
for (const role of ['admin', 'manager', 'collector', 'viewer'] as const)
  test(`${role} sees what the role includes and nothing else`, async ({ page, pulso }) => {
    await signIn(page, pulso, role);
    const nav = page.getByRole('navigation', { name: 'Principal' }).first();
    await expect(nav.getByRole('link', { name: 'Inadimplência' })).toBeVisible();
    await expect(nav.getByRole('link', { name: 'Caixa' })).toHaveCount(sees[role].cash ? 1 : 0);
    await expect(nav.getByRole('link', { name: 'Ajustes' })).toHaveCount(sees[role].settings ? 1 : 0);
    const cash = await page.goto(`${pulso.url}/cash`);
    expect(cash?.status()).toBe(sees[role].cash ? 200 : 403);
    const settings = await page.goto(`${pulso.url}/settings/users`);
    expect(settings?.status()).toBe(sees[role].settings ? 200 : 403);
    const figures = await page.request.get(`${pulso.url}/api/v1/kpis?ids=cash-position`);
    expect(figures.status()).toBe(sees[role].cash ? 200 : 403);
  });

test('after log-out the pages are closed', async ({ page, pulso }) => {
  await signIn(page, pulso, 'viewer');
  const leave = page.getByRole('button', { name: 'Sair' }).or(page.getByRole('menuitem', { name: 'Sair' }));
  // a click before the page has its script opens nothing, so it is repeated as a person would
  await expect(async () => {
    if (!(await leave.isVisible())) await page.getByRole('button', { name: /Conta de/ }).click();
    await expect(leave).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await leave.click();
  await expect(page).toHaveURL(/\/login/);
  await page.goto(`${pulso.url}/stock`);
  await expect(page).toHaveURL(/\/login/);
});
