import { randomUUID } from 'node:crypto';
import AxeBuilder from '@axe-core/playwright';
import { expect, signIn, test } from './fixtures.ts';

test('an unusable payment is seen, tested with its figures before and after, replayed, and counts', async ({
  page,
  pulso
}) => {
  const account = `conta-${randomUUID().slice(0, 8)}`;
  const data = { payment_id: randomUUID(), account, fee_minor: 0, currency: 'BRL', method: 'pix' };
  const event = { id: randomUUID(), source: '/e2e', type: 'payment.settled', data: { ...data, amount_minor: 12345.5 } };
  expect(await pulso.post([event])).toMatchObject({ status: 207, body: { quarantined: 1 } });
  await signIn(page, pulso, 'admin');
  const table = page.getByRole('table', { name: 'Eventos em quarentena' });
  await expect(async () => {
    await page.goto(`${pulso.url}/settings/quarantine`);
    await expect(table.getByText('deve ser inteiro, em centavos ou unidades')).toBeVisible({ timeout: 1_000 });
  }).toPass();
  const reasons = page.getByRole('navigation', { name: 'Motivos' });
  await reasons.getByRole('link', { name: /Dado inválido/ }).click();
  await expect(reasons.getByText('valor não legível').first()).toBeVisible();
  await table
    .getByRole('link', { name: /payment\.settled/ })
    .first()
    .click();
  const panel = page.getByRole('region', { name: 'payment.settled' });
  await expect(panel.getByText('/data/amount_minor:')).toBeVisible();
  await expect(panel.locator('s')).toHaveText('"amount_minor": 12345.5');

  const editor = page.getByRole('textbox', { name: 'Evento, para corrigir' });
  const replay = page.getByRole('button', { name: 'Reprocessar corrigido' });
  await page.getByRole('button', { name: 'Testar' }).click();
  await expect(panel.getByText('não seria gravado')).toBeVisible();
  // the fault's place in the text, by its line
  await panel.getByRole('button', { name: /^linha \d+$/ }).click();
  await expect(editor).toBeFocused();
  await expect(editor).toHaveAttribute('aria-invalid', 'true');
  expect(
    await editor.evaluate((area: HTMLTextAreaElement) => area.value.slice(area.selectionStart, area.selectionEnd))
  ).toContain('"amount_minor": 12345.5');
  await expect(replay).toBeDisabled();

  await editor.fill((await editor.inputValue()).replace('12345.5', '12345'));
  await editor.press('Control+Enter');
  await expect(panel.getByText('seria gravado', { exact: true })).toBeVisible();
  await expect(panel.getByText(`Saldo de ${account}`)).toBeVisible();
  await expect(panel.getByText('Entradas hoje')).toBeVisible();
  await expect(panel.getByText('R$ 123,45').first()).toBeVisible();
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);

  // only the very text that was tested may go
  await editor.press('End');
  await editor.press('Space');
  await expect(replay).toBeDisabled();
  await page.getByRole('button', { name: 'Testar' }).click();
  await expect(replay).toBeEnabled();
  await replay.click();
  await expect(page.getByText(/Gravados: 1/)).toBeVisible();
  await expect(page.getByText('Já saiu da quarentena.')).toBeVisible();
  await expect(reasons.getByText('1 resolvido nos últimos 7 dias').first()).toBeVisible();
  await page.goto(`${pulso.url}/cash`);
  await expect(page.getByText(account).first()).toBeVisible();
});

test('on a phone an open event is a page of its own, nothing is cut off, and the tab counts what waits', async ({
  page,
  pulso
}) => {
  const note = 'x'.repeat(200);
  const event = {
    id: randomUUID(),
    source: '/e2e',
    type: 'account.moved',
    data: { account: 'a', currency: 'BRL', note }
  };
  expect(await pulso.post([event])).toMatchObject({ body: { quarantined: 1 } });
  await page.setViewportSize({ width: 390, height: 844 });
  await signIn(page, pulso, 'admin');
  const tab = page.getByRole('navigation', { name: 'Seções' }).getByRole('link', { name: /^Quarentena/ });
  await expect(async () => {
    await page.goto(`${pulso.url}/settings/quarantine`);
    await expect(tab).toHaveText(/Quarentena\s*\d+/, { timeout: 1_000 });
  }).toPass();
  const list = page.getByRole('table', { name: 'Eventos em quarentena' });
  await list
    .getByRole('link', { name: /account\.moved/ })
    .first()
    .click();
  const editor = page.getByRole('textbox', { name: 'Evento, para corrigir' });
  await expect(editor).toBeInViewport();
  await expect(list).toBeHidden();
  // of what is missing no line is wrong: the one around it is shown and not struck out
  const panel = page.getByRole('region', { name: 'account.moved' });
  await expect(panel.locator('code')).toHaveText('"data": {');
  await expect(panel.locator('s')).toHaveCount(0);
  const [cut, wide] = await editor.evaluate((area: HTMLTextAreaElement) => [
    area.scrollHeight > area.clientHeight || area.scrollWidth > area.clientWidth,
    document.documentElement.scrollWidth > window.innerWidth
  ]);
  expect([cut, wide]).toEqual([false, false]);
  await page.getByRole('link', { name: 'Fechar, voltar à lista' }).click();
  await expect(list).toBeVisible();
});
