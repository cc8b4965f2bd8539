import { randomUUID } from 'node:crypto';
import type { Locator, Page } from 'playwright/test';
import { expect, signIn, test } from './fixtures.ts';

const tile = (page: Page, name: string): Locator => page.getByRole('article', { name });

const settled = (amountMinor: number): object => ({
  specversion: '1.0',
  id: randomUUID(),
  source: '/e2e',
  type: 'payment.settled',
  data: {
    payment_id: randomUUID(),
    account: 'itau',
    amount_minor: amountMinor,
    fee_minor: 0,
    currency: 'BRL',
    method: 'pix'
  }
});

test('an event posted to the ingest API changes a tile on an open page', async ({ page, pulso }) => {
  await signIn(page, pulso, 'manager');
  const incoming = tile(page, 'Entradas hoje').getByRole('status').or(tile(page, 'Entradas hoje').locator('output'));
  await expect(incoming.first()).toBeVisible();
  const { status, body } = await pulso.post([settled(1_234_56)]);
  expect({ status, body }).toMatchObject({ status: 200, body: { stored: 1 } });
  await expect(incoming.first()).toContainText('1.234,56');
  await pulso.post([settled(1_00)]);
  await expect(incoming.first()).toContainText('1.235,56');
});

test('a customer who pays leaves the list of an open page at once', async ({ page, pulso }) => {
  const invoice = randomUUID();
  await pulso.post([
    {
      id: randomUUID(),
      source: '/e2e',
      type: 'invoice.issued',
      data: {
        invoice_id: invoice,
        customer_id: 'casa-cor',
        currency: 'BRL',
        installments: [{ number: 1, due_date: '2026-01-05', amount_minor: 77_700 }]
      }
    }
  ]);
  await signIn(page, pulso, 'collector');
  await page.goto(`${pulso.url}/delinquency`);
  await expect(page.getByRole('table').getByText('casa-cor').first()).toBeVisible();
  await pulso.post([
    {
      id: randomUUID(),
      source: '/e2e',
      type: 'payment.confirmed',
      data: { payment_id: randomUUID(), amount_minor: 77_700, currency: 'BRL', method: 'pix', invoice_id: invoice }
    }
  ]);
  await expect(page.getByRole('table').getByText('casa-cor')).toHaveCount(0);
});

test('a payment between rendering and subscribing reaches the list too', async ({ page, pulso }) => {
  const invoice = randomUUID();
  const issued = {
    invoice_id: invoice,
    customer_id: 'ponto-cego',
    currency: 'BRL',
    installments: [{ number: 1, due_date: '2026-01-05', amount_minor: 5_500 }]
  };
  await pulso.post([{ id: randomUUID(), source: '/e2e', type: 'invoice.issued', data: issued }]);
  await signIn(page, pulso, 'collector');
  const paid = Promise.withResolvers<undefined>();
  await page.routeWebSocket(/socket\.io/, async (socket) => {
    await paid.promise;
    socket.connectToServer();
  });
  await page.goto(`${pulso.url}/delinquency`);
  const row = page.getByRole('table').getByText('ponto-cego');
  await expect(row.first()).toBeVisible();
  const payment = {
    payment_id: randomUUID(),
    amount_minor: 5_500,
    currency: 'BRL',
    method: 'pix',
    invoice_id: invoice
  };
  await pulso.post([{ id: randomUUID(), source: '/e2e', type: 'payment.confirmed', data: payment }]);
  await expect
    .poll(async () =>
      (await (await page.request.get(`${pulso.url}/api/v1/receivables?customer=ponto-cego`)).text()).includes(invoice)
    )
    .toBe(false);
  paid.resolve(undefined);
  await expect(row).toHaveCount(0);
});

test('ClickHouse stopped: tiles leave live and show no 0; back: all are live again', async ({ page, pulso }) => {
  await signIn(page, pulso, 'manager');
  const position = page.locator('[data-tile="cash-position"]');
  await expect(position).toHaveAttribute('data-state', 'live');
  const outputs = page.locator('[data-tile] output');
  const earlier = await position.locator('output').textContent();
  await pulso.post([settled(500_00)]);
  await expect(position.locator('output')).not.toHaveText(earlier ?? '');
  // nothing is under way any more: what comes while ClickHouse stands still was not known before
  let before: string[] = [];
  await expect(async () => {
    before = await outputs.allTextContents();
    await page.waitForTimeout(1_000);
    expect(await outputs.allTextContents()).toEqual(before);
  }).toPass();
  const pid = pulso.clickhousePid();
  process.kill(pid, 'SIGSTOP');
  try {
    await expect(page.locator('[data-tile][data-state="live"]')).toHaveCount(0, { timeout: 8_000 });
    // the last values stay as they were: what was known is not lost, and nothing unknown became 0
    expect(await outputs.allTextContents()).toEqual(before);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await expect(position).toHaveAttribute('data-state', 'live', { timeout: 15_000 });
  await expect(page.locator('[data-tile][data-state="stale"], [data-tile][data-state="failed"]')).toHaveCount(0);
});

test('an unpaid past is seen by as_of, and the way back to now', async ({ page, pulso }) => {
  await signIn(page, pulso, 'manager');
  await page.goto(`${pulso.url}/?as_of=2020-01-01T12:00:00-03:00`);
  await expect(page.locator('[data-tile="cash-position"]')).toHaveAttribute('data-state', 'empty');
  await page
    .getByRole('link', { name: /voltar para agora/i })
    .or(page.getByRole('button', { name: /voltar para agora/i }))
    .first()
    .click();
  await expect(page).not.toHaveURL(/as_of/);
});
