import { expect, it } from 'vitest';
import { teller } from './events.fixture.ts';
import { happened } from './happened.ts';
import { accounts, fees, ledger, refunds } from './ledger.ts';

const at = (minute: number) => Date.parse('2026-05-04T12:00:00Z') + minute * 60_000;
const money = { amount_minor: 1000, currency: 'BRL' } as const;
const settled = { payment_id: 'p', account: 'bank', fee_minor: 30, method: 'pix', ...money } as const;
const undone = { payment_id: 'p', reason: 'refund', currency: 'BRL', amount_minor: 200 } as const;
const refunded = { return_id: 'r', method: 'pix', currency: 'BRL', amount_minor: 200, account: 'bank' } as const;
const rowsOf = (fill: (tell: ReturnType<typeof teller>['tell']) => void) => {
  const { tell, events } = teller();
  fill(tell);
  return ledger(happened(events, null)).map(({ account, amount, flow, time }) => [
    account,
    amount,
    flow,
    (time - at(0)) / 60_000
  ]);
};

it('a settlement brings its amount less the fee, from when its parcel first existed', () => {
  expect(rowsOf((tell) => tell('payment.settled', at(1), settled))).toEqual([['bank', 970, 'in', 1]]);
  const corrected = rowsOf((tell) => {
    tell('payment.settled', at(1), settled);
    tell('payment.settled', at(9), { ...settled, amount_minor: 1200, revision: 1, account: 'other' });
  });
  expect(corrected).toEqual([['other', 1170, 'in', 1]]);
});

it('store credit moves no cash but has its gross in the fees', () => {
  const { tell, events } = teller();
  tell('payment.settled', at(0), { payment_id: 'p', method: 'store_credit', fee_minor: 0, ...money });
  tell('payment.reversed', at(1), undone);
  expect(ledger(happened(events, null))).toEqual([]);
  expect(fees(happened(events, null))).toMatchObject([{ fee: 0, gross: 1000 }]);
});

it('reversals take and reinstatements give: in their account at once, or in that of the first settlement and not before it', () => {
  expect(rowsOf((tell) => tell('payment.reversed', at(1), { ...undone, account: 'till' }))).toEqual([
    ['till', -200, 'out', 1]
  ]);
  expect(rowsOf((tell) => tell('payment.reversed', at(1), undone))).toEqual([]);
  const late = rowsOf((tell) => {
    tell('payment.reversed', at(1), undone);
    tell('payment.reinstated', at(9), { ...undone, amount_minor: 50 });
    tell('payment.settled', at(6), { ...settled, parcel: 2, account: 'second' });
    tell('payment.settled', at(5), { ...settled, parcel: 3, account: 'first' });
  });
  expect(late.filter(([, , flow]) => flow === 'out')).toEqual([
    ['first', -200, 'out', 5],
    ['first', 50, 'out', 9]
  ]);
});

it('one movement_id counts once per type, and a refund told twice counts as the reversal', () => {
  const { tell, events } = teller();
  tell('return.refunded', at(0), { ...refunded, movement_id: 'm' });
  tell('return.refunded', at(1), { ...refunded, movement_id: 'n', amount_minor: 70 });
  tell('return.refunded', at(2), { ...refunded, movement_id: 'n' });
  tell('payment.reversed', at(3), { ...undone, amount_minor: 190, account: 'bank', movement_id: 'm' });
  tell('payment.reversed', at(4), { ...undone, amount_minor: 5, account: 'bank', reason: 'chargeback' });
  const moment = happened(events, null);
  expect(ledger(moment).map(({ amount }) => amount)).toEqual([-190, -5, -70]);
  expect(refunds(moment).map(({ amount }) => amount)).toEqual([70, 190]);
  const before = happened(events, at(2));
  expect(ledger(before).map(({ amount }) => amount)).toEqual([-200, -70]);
});

it('a chargeback with the movement_id of a refund hides it too: no refund, one movement of cash', () => {
  const { tell, events } = teller();
  tell('return.refunded', at(0), { ...refunded, movement_id: 'm' });
  tell('payment.reversed', at(3), { ...undone, account: 'bank', reason: 'chargeback', movement_id: 'm' });
  expect(refunds(happened(events, null))).toEqual([]);
  expect(ledger(happened(events, null))).toHaveLength(1);
});

it('refunds without an account or in store credit are refunds and move no cash', () => {
  const { tell, events } = teller();
  tell('return.refunded', at(0), { ...refunded, account: undefined });
  tell('return.refunded', at(1), { ...refunded, method: 'store_credit' });
  expect(ledger(happened(events, null))).toEqual([]);
  expect(refunds(happened(events, null))).toHaveLength(2);
});

it('a payout leaves with its fee once, its return comes back into out', () => {
  const payout = { payout_id: 'x', payee: 'rent', category: 'rent', account: 'bank', method: 'ted', ...money } as const;
  const rows = rowsOf((tell) => {
    tell('payout.sent', at(1), { ...payout, fee_minor: 3 });
    tell('payout.sent', at(2), { ...payout, amount_minor: 5 });
    tell('payout.returned', at(3), { payout_id: 'x', account: 'bank', ...money, movement_id: 'm' });
    tell('payout.returned', at(4), { payout_id: 'y', account: 'bank', ...money, movement_id: 'm' });
  });
  expect(rows).toEqual([
    ['bank', -1003, 'out', 1],
    ['bank', 1000, 'out', 3]
  ]);
});

it('a transfer has two legs outside in and out; other moves count by the sign of each leg', () => {
  const rows = rowsOf((tell) => {
    tell('account.moved', at(1), { account: 'a', counter_account: 'b', category: 'transfer', ...money });
    tell('account.moved', at(2), { account: 'a', category: 'yield', ...money });
    tell('account.moved', at(3), {
      account: 'a',
      counter_account: 'b',
      category: 'loan',
      currency: 'BRL',
      amount_minor: -8
    });
  });
  expect(rows).toEqual([
    ['a', 1000, 'transfer', 1],
    ['b', -1000, 'transfer', 1],
    ['a', 1000, 'in', 2],
    ['a', -8, 'out', 3],
    ['b', 8, 'in', 3]
  ]);
});

it('the last report re-bases its account in its currency; only what moves after its time adds', () => {
  const { tell, events } = teller();
  const move = (minute: number, amount_minor: number, currency = 'BRL') =>
    tell('account.moved', at(minute), { account: 'a', category: 'other', amount_minor, currency });
  move(1, 10);
  move(5, 100);
  move(6, 1000);
  move(1, 7, 'USD');
  tell('account.balance_reported', at(5), { account: 'a', balance_minor: 50, currency: 'BRL' }, { id: 'b' });
  tell('account.balance_reported', at(5), { account: 'a', balance_minor: 40, currency: 'BRL' }, { id: 'a' });
  tell('account.balance_reported', at(2), { account: 'a', balance_minor: 9999, currency: 'BRL' });
  tell('account.balance_reported', at(2), { account: 'z', balance_minor: 3, currency: 'BRL' });
  const moment = happened(events, null);
  expect(accounts(moment, ledger(moment))).toEqual(
    expect.arrayContaining([
      { account: 'a', currency: 'BRL', balance: 1050 },
      { account: 'a', currency: 'USD', balance: 7 },
      { account: 'z', currency: 'BRL', balance: 3 }
    ])
  );
});
