import { test as base, expect, type Page } from 'playwright/test';
import { startPulso, type Pulso } from '../support/pulso.ts';

export const ROLE_PASSWORD = 'quatro gatos pardos';

/** One running product for all tests of a worker, with a user of each role. */
export const test = base.extend<object, { pulso: Pulso }>({
  pulso: [
    async ({}, use) => {
      const pulso = await startPulso();
      for (const role of ['manager', 'collector', 'viewer'])
        pulso.adminCommand('user', 'add', '--email', `${role}@pulso.test`, '--role', role, '--password', ROLE_PASSWORD);
      await use(pulso);
      await pulso.stop();
    },
    { scope: 'worker', timeout: 180_000 }
  ]
});

export async function signIn(
  page: Page,
  pulso: Pulso,
  role: 'admin' | 'manager' | 'collector' | 'viewer'
): Promise<void> {
  await page.goto(`${pulso.url}/login`);
  await page.getByLabel('E-mail').fill(`${role}@pulso.test`);
  await page.getByLabel('Senha', { exact: true }).fill(role === 'admin' ? pulso.admin.password : ROLE_PASSWORD);
  await page.getByRole('button', { name: 'Entrar' }).click();
  await expect(page).toHaveURL((url) => !url.pathname.startsWith('/login'));
}

export { expect };
