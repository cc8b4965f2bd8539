import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { createDeriver } from '#ingest/derive/deriver.ts';
import { rebuild } from '#ingest/derive/rebuild.ts';
import { subjectKeys } from '#ingest/derive/keys.ts';
import { startTestClickHouse } from '../support/clickhouse.ts';

let house: Awaited<ReturnType<typeof startTestClickHouse>>;
beforeAll(async () => {
  house = await startTestClickHouse();
});
afterAll(() => house.stop());

const T = Date.UTC(2026, 10, 24, 12);
let seq = 0;
const at = { source: '/t', received_at: T };
const invoice = (id: string, customer: string, amount: number): AcceptedEvent => ({
  ...at,
  seq: ++seq,
  id: `i${seq}`,
  time: T + seq,
  type: 'invoice.issued',
  data: {
    invoice_id: id,
    customer_id: customer,
    currency: 'BRL',
    installments: [{ number: 1, due_date: '2026-11-01', amount_minor: amount }]
  }
});
/** @param names what it says it pays */
const settled = (
  id: string,
  amount: number,
  names: { readonly invoice_id: string } | { readonly customer_id: string }
): AcceptedEvent => ({
  ...at,
  seq: ++seq,
  id: `p${seq}`,
  time: T + seq,
  type: 'payment.settled',
  data: {
    payment_id: id,
    account: 'itau',
    amount_minor: amount,
    fee_minor: 0,
    currency: 'BRL',
    method: 'pix',
    ...names
  }
});
const reversed = (paymentId: string, amount: number): AcceptedEvent => ({
  ...at,
  seq: ++seq,
  id: `r${seq}`,
  time: T + seq,
  type: 'payment.reversed',
  data: { payment_id: paymentId, amount_minor: amount, currency: 'BRL', reason: 'chargeback' }
});

async function ship(events: readonly AcceptedEvent[], deriver: ReturnType<typeof createDeriver>): Promise<string[]> {
  const from = Math.min(...events.map((event) => event.seq));
  const through = Math.max(...events.map((event) => event.seq));
  const rows = events
    .map((event) =>
      JSON.stringify({
        ...event,
        data: JSON.stringify(event.data),
        keys: subjectKeys(event),
        stream: 'x',
        currency: '',
        content_hash: 1
      })
    )
    .join('\n');
  const raw = await house.writer.insert('events_raw_v1', rows, { token: `raw:${from}` });
  expect(raw).toEqual({ ok: true, value: undefined });
  const rung: string[] = [];
  const derived = await deriver.derive({ from, through, events }, (groups) => rung.push(...groups));
  expect(derived).toEqual({ ok: true, value: undefined });
  return rung;
}

const open = async (): Promise<unknown> =>
  house.reader.read(
    {
      name: 'test_open',
      sql: 'SELECT customer_id, sum(sign * open_minor) AS open FROM receivable_state_v1 GROUP BY customer_id ORDER BY customer_id',
      params: z.object({}),
      row: z.object({ customer_id: z.string(), open: z.int() }),
      timeoutMs: 5000
    },
    {}
  );

test('a payment lowers what its invoice asks for, and a batch repeated counts once', async () => {
  const deriver = createDeriver({ writer: house.writer, tokenPrefix: 'j1' });
  await ship([invoice('A', 'c1', 1000), invoice('B', 'c1', 500)], deriver);
  expect(await open()).toEqual({ ok: true, value: [{ customer_id: 'c1', open: 1500 }] });
  const payment = settled('P', 300, { invoice_id: 'A' });
  expect((await ship([payment], deriver)).toSorted()).toEqual(['cash', 'receivables']);
  expect(await open()).toEqual({ ok: true, value: [{ customer_id: 'c1', open: 1200 }] });
  await ship([payment], createDeriver({ writer: house.writer, tokenPrefix: 'j1' }));
  expect(await open()).toEqual({ ok: true, value: [{ customer_id: 'c1', open: 1200 }] });
});

test('a rebuild gives the same tables, and batches go on after it', async () => {
  const deriver = createDeriver({ writer: house.writer, tokenPrefix: 'j2' });
  await ship([invoice('C', 'c2', 700)], deriver);
  const before = await open();
  const rebuilt = await rebuild({ writer: house.writer, exclusive: (last) => last() });
  expect(rebuilt).toEqual({ ok: true, value: { events: seq, seq } });
  expect(await open()).toEqual(before);
  await ship([settled('Q', 700, { invoice_id: 'C' })], deriver);
  expect(await open()).toEqual({
    ok: true,
    value: [
      { customer_id: 'c1', open: 1200 },
      { customer_id: 'c2', open: 0 }
    ]
  });
});

test('an invoice that is paid by name is passed by, and is there again once its payment is taken back', async () => {
  const deriver = createDeriver({ writer: house.writer, tokenPrefix: 'j3' });
  const openByInvoice = async (): Promise<unknown> => {
    const answer = await house.reader.read(
      {
        name: 'test_open_by_invoice',
        sql: "SELECT invoice_id, sum(sign * open_minor) AS open FROM receivable_state_v1 WHERE customer_id = 'c3' GROUP BY invoice_id",
        params: z.object({}),
        row: z.object({ invoice_id: z.string(), open: z.int() }),
        timeoutMs: 5000
      },
      {}
    );
    return answer.ok && Object.fromEntries(answer.value.map((row) => [row.invoice_id, row.open]));
  };
  await ship([invoice('D', 'c3', 400), invoice('E', 'c3', 900)], deriver);
  await ship([settled('R', 400, { invoice_id: 'D' })], deriver);
  await ship([settled('S', 100, { customer_id: 'c3' })], deriver);
  expect(await openByInvoice()).toEqual({ D: 0, E: 800 });
  // D, first by its id, has room again for what the customer paid without naming anything
  await ship([reversed('R', 400)], deriver);
  expect(await openByInvoice()).toEqual({ D: 300, E: 900 });
  await ship([settled('U', 250, { customer_id: 'c3' })], deriver);
  expect(await openByInvoice()).toEqual({ D: 50, E: 900 });
  await ship([settled('V', 400, { invoice_id: 'D' })], deriver);
  expect(await openByInvoice()).toEqual({ D: 0, E: 550 });
});
