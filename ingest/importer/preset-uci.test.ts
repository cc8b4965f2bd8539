import { describe, expect, it } from 'vitest';
import { uciOnlineRetail } from './preset-uci.ts';
import { convertAll, inputOf } from './test-conversion.ts';

const HEADER = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country';
const convert = (lines: readonly string[], weeks = 0) =>
  convertAll(uciOnlineRetail.convert, [inputOf('r.csv', [HEADER, ...lines].join('\n'))], {
    zone: 'Europe/London',
    weeks
  });

describe('a UCI invoice', () => {
  it('is an order placed and shipped at its first line, postage sold and not shipped, identical lines all counted', async () => {
    const { events, rows } = await convert([
      '536365,85123A,HEART,6,2011-07-01 08:26:00,2.55,17850,UK',
      '536365,85123A,HEART,6,2011-07-01 08:27:00,2.55,17850,UK',
      '536365,POST,POSTAGE,1,2011-07-01 08:26:00,18,17850,UK'
    ]);
    expect(rows).toBe(3);
    const time = Date.UTC(2011, 6, 1, 7, 26);
    const line = { sku: '85123A', quantity: 6 };
    expect(events).toEqual([
      {
        id: '536365/placed',
        type: 'order.placed',
        time,
        file: 'r.csv',
        line: 2,
        data: {
          order_id: '536365',
          customer_id: '17850',
          currency: 'GBP',
          lines: [
            { ...line, unit_price_minor: 255 },
            { ...line, unit_price_minor: 255 },
            { sku: 'POST', quantity: 1, unit_price_minor: 1800 }
          ]
        }
      },
      {
        id: '536365/shipped',
        type: 'order.shipped',
        time,
        file: 'r.csv',
        line: 2,
        data: { order_id: '536365', lines: [line, line] }
      }
    ]);
  });

  it('is one order though its lines stand apart, and names no customer NA', async () => {
    const { events } = await convert([
      '1,A1,X,1,2011-01-01 08:00:00,1,NA,UK',
      '2,A1,X,1,2011-01-01 09:00:00,1,NA,UK',
      '1,A2,X,2,2011-01-01 08:01:00,1,NA,UK'
    ]);
    expect(events.map(({ id }) => id)).toEqual(['1/placed', '1/shipped', '2/placed', '2/shipped']);
    expect(events[0]?.data).toEqual({
      order_id: '1',
      currency: 'GBP',
      lines: [
        { sku: 'A1', quantity: 1, unit_price_minor: 100 },
        { sku: 'A2', quantity: 2, unit_price_minor: 100 }
      ]
    });
  });

  it('of service lines alone is placed and not shipped', async () => {
    const { events } = await convert([
      '1,M,Manual,1,2011-01-01 08:00:00,5,NA,UK',
      '2,m,Manual,1,2011-01-01 08:00:00,5,NA,UK'
    ]);
    expect(events.map(({ type }) => type)).toEqual(['order.placed', 'order.placed']);
  });

  it('leaves out and lists lines without a price and with a fraction of a penny', async () => {
    const { events, skips } = await convert([
      '1,A1,X,1,2011-01-01 08:00:00,0,NA,UK',
      '1,PADS,X,1,2011-01-01 08:00:00,0.001,NA,UK',
      '1,A3,X,1,2011-01-01 08:00:00,-2,NA,UK'
    ]);
    expect(events).toEqual([]);
    expect([...skips.counts]).toEqual([
      ['price_zero', 1],
      ['fraction_of_minor', 1],
      ['price_negative', 1]
    ]);
    expect(skips.list('fraction_of_minor')).toEqual([{ file: 'r.csv', line: 3, detail: 'invoice 1, PADS, 1 × 0.001' }]);
  });

  it('with negative lines and no C adjusts stock, for the reason its description gives', async () => {
    const { events } = await convert([
      '1,A1,damaged,-3,2011-01-01 08:00:00,0,NA,UK',
      '1,A1,damaged,-3,2011-01-01 08:00:00,0,NA,UK',
      '2,A1,NA,-1,2011-01-01 08:00:00,0,NA,UK'
    ]);
    expect(events.map(({ type, data }) => [type, data])).toEqual([
      ['stock.adjusted', { sku: 'A1', quantity: -3, reason: 'damaged' }],
      ['stock.adjusted', { sku: 'A1', quantity: -3, reason: 'damaged' }],
      ['stock.adjusted', { sku: 'A1', quantity: -1, reason: 'adjustment' }]
    ]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(3);
  });

  it('with an A goes on as debt.adjusted, negative prices too', async () => {
    const { events } = await convert(['A563186,B,Adjust bad debt,1,2011-08-12 14:51:00,-11062.06,NA,UK']);
    expect(events).toMatchObject([
      { type: 'debt.adjusted', data: { invoice_id: 'A563186', amount_minor: -1_106_206, currency: 'GBP' } }
    ]);
  });
});

describe('a UCI credit note', () => {
  it('is goods received back saleable and money refunded from no account; a discount is money only', async () => {
    const { events } = await convert([
      'C1,A1,X,-2,2011-01-01 08:00:00,1.25,17850,UK',
      'C1,D,Discount,-1,2011-01-01 08:00:00,27.5,17850,UK'
    ]);
    expect(events.map(({ id, type, data }) => ({ id, type, data }))).toEqual([
      {
        id: 'C1/received',
        type: 'return.received',
        data: { return_id: 'C1', lines: [{ sku: 'A1', quantity: 2, condition: 'saleable' }] }
      },
      {
        id: 'C1/refunded',
        type: 'return.refunded',
        data: { return_id: 'C1', amount_minor: 3000, currency: 'GBP', method: 'other' }
      }
    ]);
  });

  it('whose money does not add up to a refund is received and listed', async () => {
    const { events, skips } = await convert([
      'C1,A1,X,-2,2011-01-01 08:00:00,0,NA,UK',
      'C2,A1,X,2,2011-01-01 08:00:00,1,NA,UK'
    ]);
    expect(events.map(({ id }) => id)).toEqual(['C1/received']);
    expect([...skips.counts]).toEqual([
      ['refund_not_positive', 1],
      ['return_of_nothing', 1]
    ]);
  });
});

describe('a UCI file', () => {
  it('gives the same ids wherever its lines stand and whenever they are moved to', async () => {
    const lines = [
      '1,A1,X,1,2011-01-01 08:00:00,1,NA,UK',
      '2,A2,lost,-1,2011-01-01 09:00:00,0,NA,UK',
      'C3,A1,X,-1,2011-01-02 08:00:00,1,NA,UK'
    ];
    const ids = async (...args: Parameters<typeof convert>) =>
      (await convert(...args)).events.map(({ id }) => id).sort();
    const first = await ids(lines);
    expect(first).toHaveLength(5);
    expect(await ids([...lines].reverse())).toEqual(first);
    expect(await ids(lines, 700)).toEqual(first);
  });

  it('of the spreadsheet’s own export, with M/D/YYYY and latin1, is read as well', async () => {
    const bytes = Buffer.from(
      `${HEADER}\n1,gift_0001_20,Voucher £20.00,1,12/1/2010 8:26,16.67,17850,UK\n1,A,B,1,12/13/2010 8:26,1,17850,UK\n`,
      'latin1'
    );
    const { events } = await convertAll(uciOnlineRetail.convert, [inputOf('data.csv', bytes, 'windows-1252')], {
      zone: 'Europe/London'
    });
    expect(events[0]).toMatchObject({
      time: Date.UTC(2010, 11, 1, 8, 26),
      data: { lines: [{ unit_price_minor: 1667 }, { unit_price_minor: 100 }] }
    });
  });
});
