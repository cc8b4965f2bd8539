import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startTestClickHouse, type TestClickHouse } from '../support/clickhouse.ts';
import { eventually } from '../support/eventually.ts';
import {
  rows,
  send,
  shipped,
  spawnIngest,
  startCable,
  startTestIngest,
  type IngestProcess,
  type TestIngest
} from '../support/ingest.ts';

async function place(): Promise<{ readonly clickhouse: TestClickHouse; readonly dataDir: string }> {
  const clickhouse = await startTestClickHouse();
  const dataDir = await mkdtemp(join(tmpdir(), 'pulso-unstorable-'));
  onTestFinished(async () => {
    await clickhouse.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  return { clickhouse, dataDir };
}

const moved = (id: number, amount = 1): object => ({
  id: `e-${id}`,
  source: 'urn:u',
  type: 'account.moved',
  time: '2026-11-20T12:00:00Z',
  data: { account: 'a', amount_minor: amount, currency: 'BRL', category: 'yield' }
});

test('a row that a constraint refuses goes to quarantine, its 999 neighbours go on, and corrected it comes in once', async () => {
  const { clickhouse, dataDir } = await place();
  const command = async (sql: string): Promise<void> => {
    expect(await clickhouse.writer.command('test', sql)).toEqual({ ok: true, value: undefined });
  };
  const start = async (): Promise<IngestProcess> => {
    const ingest = await spawnIngest(dataDir, clickhouse.address);
    onTestFinished(() => ingest.kill());
    return ingest;
  };
  const figures = async (): Promise<unknown> => {
    const [raw] = await rows(clickhouse.reader, 'SELECT count() AS stored, uniqExact(id) AS ids FROM events_raw_v1');
    const [sums] = await rows(
      clickhouse.reader,
      "SELECT sum(amount_minor) AS sums FROM movement_sums_v1 WHERE measure = 'ledger' AND grain = 'minute'"
    );
    return { ...raw, ...sums };
  };
  const waiting = (): ReturnType<typeof rows> =>
    rows(clickhouse.reader, 'SELECT id, code, status, message, raw FROM quarantine_v1 FINAL');

  await command("ALTER TABLE events_raw_v1 ADD CONSTRAINT no_seven CHECK NOT (id = 'e-7' AND data LIKE '%:13,%')");
  const first = await start();
  const batch = Array.from({ length: 1_000 }, (_, id) => moved(id, id === 7 ? 13 : 1));
  expect(await send(first.url, batch)).toMatchObject({ stored: 1_000 });
  await shipped(first.url);
  expect(await figures()).toEqual({ stored: 999, ids: 999, sums: 999 });
  const [refused, ...others] = await waiting();
  expect(others).toEqual([]);
  expect(refused).toMatchObject({ id: 'e-7', code: 'unstorable', status: 'open' });
  // ClickHouse's own words
  expect(refused?.message).toContain('Constraint `no_seven`');
  expect(refused?.raw).toContain('"amount_minor":13');
  await first.kill();

  // it has not taken its identity, also not after a restart
  const second = await start();
  expect(await send(second.url, [moved(7), moved(8)])).toMatchObject({ stored: 1, duplicate: 1 });
  await shipped(second.url);
  expect(await figures()).toEqual({ stored: 1_000, ids: 1_000, sums: 1_000 });
  expect(await waiting()).toMatchObject([{ id: 'e-7', status: 'closed' }]);
  await second.kill();
  const third = await start();
  expect(await send(third.url, [moved(7)])).toMatchObject({ stored: 0, duplicate: 1 });
});

test.each(['stands', 'is gone', 'is gone, and quarantine is lost'])(
  'a power loss ships again what was left out neither beside its correction nor instead of it: the constraint %s',
  async (then) => {
    const { clickhouse, dataDir } = await place();
    const cable = await startCable(clickhouse.address);
    const start = (bootId: string): Promise<TestIngest> =>
      startTestIngest({ dataDir, clickhouse: () => cable.address, bootId });
    const command = (sql: string): Promise<unknown> => clickhouse.writer.command('test', sql);
    await command("ALTER TABLE events_raw_v1 ADD CONSTRAINT no_seven CHECK NOT (id = 'e-7' AND data LIKE '%:13,%')");
    const first = await start('first boot');
    const batch = Array.from({ length: 10 }, (_, id) => moved(id, id === 7 ? 13 : 1));
    expect(await send(first.url, batch)).toMatchObject({ stored: 10 });
    await shipped(first.url);
    if (then !== 'stands') await command('ALTER TABLE events_raw_v1 DROP CONSTRAINT no_seven');
    expect(await send(first.url, [moved(7)])).toMatchObject({ stored: 1 });
    await shipped(first.url);
    // what ClickHouse has is not known to be on its disk
    cable.cut();
    await first.stop();
    cable.mend();
    if (then.endsWith('lost')) await command('TRUNCATE TABLE quarantine_v1');
    const second = await start('second boot');
    onTestFinished(async () => {
      await second.stop();
      await cable.close();
    });
    await shipped(second.url);
    expect(await send(second.url, [moved(7), moved(10)])).toMatchObject({ stored: 1, duplicate: 1 });
    await shipped(second.url);
    const [raw] = await rows(clickhouse.reader, 'SELECT count() AS stored, uniqExact(id) AS ids FROM events_raw_v1');
    const [ledger] = await rows(
      clickhouse.reader,
      "SELECT sum(amount_minor) AS sum FROM money_movements_v1 WHERE measure = 'ledger'"
    );
    expect({ ...raw, ...ledger }).toEqual({ stored: 11, ids: 11, sum: 11 });
    expect(await rows(clickhouse.reader, 'SELECT id, status FROM quarantine_v1 FINAL')).toEqual([
      { id: 'e-7', status: 'closed' }
    ]);
  }
);

test('several refused rows of one batch are all found, and those sent alone too', async () => {
  const { clickhouse, dataDir } = await place();
  const ingest = await startTestIngest({ dataDir, clickhouse: () => clickhouse.address });
  onTestFinished(() => ingest.stop());
  await clickhouse.writer.command('test', "ALTER TABLE events_raw_v1 ADD CONSTRAINT odd CHECK id NOT LIKE '%3'");
  await send(
    ingest.url,
    Array.from({ length: 50 }, (_, id) => moved(id))
  );
  await send(ingest.url, [moved(53)]);
  await send(ingest.url, [moved(54)]);
  await shipped(ingest.url);
  const stored = await rows(clickhouse.reader, 'SELECT count() AS n FROM events_raw_v1');
  expect(stored).toEqual([{ n: 46 }]);
  const refused = await rows(clickhouse.reader, 'SELECT id FROM quarantine_v1 FINAL ORDER BY quarantine_id');
  expect(refused.map(({ id }) => id)).toEqual(['e-3', 'e-13', 'e-23', 'e-33', 'e-43', 'e-53']);
});

test('a table of figures that refuses a row stops them and says what to do; mended, everything counts once', async () => {
  const { clickhouse, dataDir } = await place();
  const ingest = await spawnIngest(dataDir, clickhouse.address);
  onTestFinished(() => ingest.kill());
  await clickhouse.writer.command('test', 'ALTER TABLE movement_sums_v1 ADD CONSTRAINT small CHECK amount_minor < 500');
  await send(
    ingest.url,
    Array.from({ length: 1_000 }, (_, id) => moved(id))
  );
  await eventually('the log to say it', 10_000, () => ingest.said().includes('sql/schema'));
  // taken all the same, and waiting
  expect(await send(ingest.url, [moved(1_000), moved(7)])).toMatchObject({ stored: 1, duplicate: 1 });
  const sums = (): ReturnType<typeof rows> =>
    rows(
      clickhouse.reader,
      "SELECT sum(amount_minor) AS sum FROM movement_sums_v1 WHERE measure = 'ledger' AND grain = 'day'"
    );
  expect(await sums()).toEqual([{ sum: 0 }]);
  await clickhouse.writer.command('test', 'ALTER TABLE movement_sums_v1 DROP CONSTRAINT small');
  await shipped(ingest.url);
  expect(await sums()).toEqual([{ sum: 1_001 }]);
  const [movements] = await rows(
    clickhouse.reader,
    'SELECT count() AS n, sum(amount_minor) AS sum FROM money_movements_v1'
  );
  expect(movements).toEqual({ n: 1_001, sum: 1_001 });
});

test('values at the edge of what is taken stop nothing: each is answered for, and what is stored becomes visible', async () => {
  const { clickhouse, dataDir } = await place();
  const ingest = await startTestIngest({ dataDir, clickhouse: () => clickhouse.address });
  onTestFinished(() => ingest.stop());
  const most = Number.MAX_SAFE_INTEGER;
  const money = { account: 'a', currency: 'BRL' };
  const cases: readonly (readonly [type: string, data: object, time?: string])[] = [
    ['account.moved', { ...money, amount_minor: most, category: 'yield' }],
    ['account.moved', { ...money, amount_minor: most, category: 'yield' }],
    ['account.moved', { ...money, amount_minor: -most, category: 'tax' }],
    ['account.moved', { ...money, amount_minor: 1, category: 'yield', x: { e: 1e308, n: -0, text: 'a\u0000b\u2028' } }],
    ['account.moved', { ...money, amount_minor: 1, category: 'yield' }, '1970-01-01T00:00:00Z'],
    ['account.moved', { ...money, amount_minor: 1, category: 'yield' }, '1969-12-31T23:59:59Z'],
    ['account.moved', { ...money, amount_minor: 1, category: 'yield' }, '9999-12-31T23:59:59Z'],
    ['account.moved', { ...money, amount_minor: 1, category: 'yield', account: '\ud800' }],
    ['payment.settled', { ...money, payment_id: 'p', amount_minor: 1, fee_minor: most, method: 'pix' }],
    [
      'payout.sent',
      { ...money, payout_id: 'x', payee: 'y', category: 'supplier', method: 'pix', amount_minor: most, fee_minor: 1 }
    ],
    // keys that no schema knows stay with the event, and are columns of no table
    ['account.balance_reported', { ...money, balance_minor: 1, seq: 'x', branch: '0001' }, '2026-11-20T11:00:00Z'],
    ['stock.received', { sku: 's', quantity: most }],
    ['stock.received', { sku: 's', quantity: most }],
    ['stock.counted', { sku: 'é'.repeat(128), quantity: most }],
    ['product.updated', { sku: 's', lead_time_days: most, price_minor: most, cost_minor: most }],
    ['return.received', { return_id: 'r', lines: [{ sku: 's', quantity: most, condition: 'damaged' }] }],
    ['order.placed', { order_id: 'o', currency: 'BRL', lines: [{ sku: 's', quantity: most, unit_price_minor: 1 }] }],
    ['order.placed', { order_id: 'q', currency: 'BRL', lines: [{ sku: 's', quantity: most, unit_price_minor: 2 }] }],
    [
      'order.placed',
      {
        order_id: 'u',
        currency: 'BRL',
        lines: [
          { sku: 's', quantity: most, unit_price_minor: 0 },
          { sku: 's', quantity: 1, unit_price_minor: 0 }
        ]
      }
    ],
    [
      'order.placed',
      {
        order_id: 'v',
        currency: 'BRL',
        discount_minor: 1,
        lines: [{ sku: 's', quantity: 1, unit_price_minor: 0, discount_minor: most }]
      }
    ],
    [
      'invoice.issued',
      {
        invoice_id: 'i',
        customer_id: 'c',
        currency: 'BRL',
        installments: [{ number: 1_000_000, due_date: '2199-12-31', amount_minor: most }]
      }
    ],
    [
      'invoice.issued',
      {
        invoice_id: 'j',
        customer_id: 'c',
        currency: 'BRL',
        installments: [{ number: 1, due_date: '9999-12-31', amount_minor: 1 }]
      }
    ]
  ];
  const answer = await send(
    ingest.url,
    cases.map(([type, data, time]) => ({
      id: crypto.randomUUID(),
      source: 'urn:e',
      type,
      time: time ?? '2026-11-20T12:00:00Z',
      data
    }))
  );
  expect(answer.rejected).toBe(0);
  expect(answer.stored + answer.quarantined).toBe(cases.length);
  expect(answer.items.map(({ code, path }) => `${code} ${path}`)).toEqual([
    'unstorable /time',
    'future_time /time',
    'unstorable /data',
    'invalid_data /data/fee_minor',
    'invalid_data /data/lines',
    'invalid_data /data/lines',
    'invalid_data /data/lines',
    'invalid_data /data/installments/0/due_date'
  ]);
  await shipped(ingest.url);
  const [raw] = await rows(clickhouse.reader, 'SELECT count() AS n FROM events_raw_v1');
  expect(raw).toEqual({ n: answer.stored });
  const [sku] = await rows(
    clickhouse.reader,
    "SELECT toString(on_hand) AS on_hand, toString(reserved) AS reserved FROM sku_state_v1 FINAL WHERE sku = 's'"
  );
  expect(sku).toEqual({ on_hand: String(2n * BigInt(most)), reserved: String(most) });
  const [sum] = await rows(
    clickhouse.reader,
    "SELECT toString(sum(amount_minor)) AS sum FROM movement_sums_v1 WHERE measure = 'ledger' AND grain = 'day' AND kind = 'moved'"
  );
  expect(sum).toEqual({ sum: String(BigInt(most) + 2n) });
});
