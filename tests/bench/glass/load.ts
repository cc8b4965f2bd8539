/** What is sent: events that each move one figure by a known amount, one after another, so that a figure tells how many are in it. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

const SOURCE = '/bench/glass';
const CUSTOMERS = 2_000;
const ACCOUNTS = ['itau', 'bb', 'caixa', 'stone'];
const DAY_MS = 86_400_000;
const HISTORY_DAYS = 60;
const HISTORY_BATCH = 1_000;
const DUE_DATE = '2026-01-05';
const ANSWER_MAX_MS = 10_000;

export interface Sample {
  /** epoch ms of the HTTP answer */
  readonly ackAt: number;
  /** sum of the amounts sent until then, this one included, minor units */
  readonly total: number;
}
export interface Target {
  readonly ingestUrl: string;
  readonly ingestKey: string;
}
type Make = (n: number, amountMinor: number) => object;

const envelope = (type: string, data: object, time?: Date): object => ({
  id: randomUUID(),
  source: SOURCE,
  type,
  data,
  ...(time ? { time: time.toISOString() } : {})
});

/** Money that nobody owed: it changes cash and no debt. */
export const settled: Make = (n, amountMinor) =>
  envelope('payment.settled', {
    payment_id: randomUUID(),
    account: ACCOUNTS[n % ACCOUNTS.length],
    amount_minor: amountMinor,
    fee_minor: 0,
    currency: 'BRL',
    method: 'pix'
  });

/** Overdue from its first moment. */
export const overdue: Make = (n, amountMinor) =>
  envelope('invoice.issued', {
    invoice_id: randomUUID(),
    customer_id: `c-${n % CUSTOMERS}`,
    currency: 'BRL',
    installments: [{ number: 1, due_date: DUE_DATE, amount_minor: amountMinor }]
  });

/** No two amounts in a row are alike. */
const amountOf = (n: number): number => 100 + ((n * 7_919) % 9_900);

const Answer = z.object({ stored: z.int() });

async function post({ ingestUrl, ingestKey }: Target, events: readonly object[]): Promise<number> {
  const response = await fetch(`${ingestUrl}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${ingestKey}` },
    body: JSON.stringify(events),
    signal: AbortSignal.timeout(ANSWER_MAX_MS)
  });
  const answeredAt = Date.now();
  const { stored } = Answer.parse(await response.json());
  if (stored !== events.length) throw new Error(`${stored} of ${events.length} events were stored`);
  return answeredAt;
}

/**
 * One request of one event at a time, on a fixed beat: a late answer is caught up with.
 * @param perSecond events a second
 * @param pushed called before each event with its number
 */
export async function send(target: Target, make: Make, perSecond: number, untilMs: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  let total = 0;
  const startedAt = performance.now();
  for (let n = 0; performance.now() < untilMs; n++) {
    const wait = startedAt + (n * 1_000) / perSecond - performance.now();
    if (wait > 0) await sleep(wait);
    const amount = amountOf(n);
    total += amount;
    samples.push({ ackAt: await post(target, [make(n, amount)]), total });
  }
  return samples;
}

/** Sixty days of sales on credit, most of them paid, before today. */
export async function sendHistory(target: Target, events: number): Promise<void> {
  const today = Date.now();
  for (let sent = 0; sent < events; sent += HISTORY_BATCH) {
    const batch: object[] = [];
    for (let n = sent; n < Math.min(events, sent + HISTORY_BATCH); n++) {
      const pair = Math.floor(n / 2);
      const time = new Date(today - DAY_MS - ((pair * 7_919) % HISTORY_DAYS) * DAY_MS);
      const customer = { customer_id: `c-${pair % CUSTOMERS}`, currency: 'BRL' };
      const dueDate = new Date(time.getTime() + 30 * DAY_MS).toISOString().slice(0, 10);
      const installments = [{ number: 1, due_date: dueDate, amount_minor: amountOf(pair) }];
      const paid = { account: 'itau', amount_minor: amountOf(pair), fee_minor: 0, method: 'boleto' };
      batch.push(
        n % 2 === 0
          ? envelope('invoice.issued', { invoice_id: `h-${pair}`, ...customer, installments }, time)
          : envelope(
              'payment.settled',
              { payment_id: `h-${pair}`, invoice_id: `h-${pair}`, ...customer, ...paid },
              time
            )
      );
    }
    await post(target, batch);
  }
}
