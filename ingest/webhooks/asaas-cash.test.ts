/** A charge paid over the counter: money in the till, a payment beside the one through Asaas. */
import { describe, expect, it } from 'vitest';
import { accepted, became, booksOf, expectAnyOrder } from './calls.fixture.ts';
import { chargeEvents } from './asaas.fixture.ts';

const ASAAS = { platform: 'asaas' } as const;
const told = chargeEvents();
const CASH = { billingType: 'RECEIVED_IN_CASH', netValue: 200 };
const LATE = { value: 210.5, originalValue: 200, interestValue: 10.5, fine: { value: 2, type: 'PERCENTAGE' } };

const created = told('PAYMENT_CREATED', '2026-11-01 10:00:00');
const taken = told('PAYMENT_RECEIVED', '2026-11-20 10:00:00', CASH);
const undone = told('PAYMENT_RECEIVED_IN_CASH_UNDONE', '2026-11-21 10:00:00', CASH);
const paid = told('PAYMENT_RECEIVED', '2026-11-22 10:00:00');

describe('cash undone, and paid through Asaas after that', () => {
  it('leaves the account it is in by a refund, not the till', () => {
    const books = expectAnyOrder(ASAAS, [taken, undone, paid, told('PAYMENT_REFUNDED', '2026-11-23 10:00:00')]);
    expect(books.accounts).toEqual({ caixa: 0, asaas: -549 });
    expect(books.payments).toMatchObject([{ reversed: 20_000 }, { reversed: 20_000 }]);
  });

  it('pays the whole debt, whatever came on top of the cash that was none', () => {
    const books = expectAnyOrder(ASAAS, [
      created,
      told('PAYMENT_RECEIVED', '2026-11-21 09:00:00', { ...CASH, ...LATE }),
      told('PAYMENT_RECEIVED_IN_CASH_UNDONE', '2026-11-21 10:00:00', { ...CASH, ...LATE }),
      paid
    ]);
    expect(books.accounts).toEqual({ caixa: 0, asaas: 19_451 });
    expect(books.instalments).toMatchObject([{ open: 0 }]);
  });

  it('undone without a word that it was taken moves nothing', () => {
    expect(expectAnyOrder(ASAAS, [created, undone])).toMatchObject({ accounts: {}, instalments: [{ open: 20_000 }] });
    expect(expectAnyOrder(ASAAS, [created, undone, paid])).toMatchObject({
      accounts: { asaas: 19_451 },
      instalments: [{ open: 0 }]
    });
  });

  it('is undone whatever the charge is to be paid by from then on', () => {
    const back = told('PAYMENT_RECEIVED_IN_CASH_UNDONE', '2026-11-21 10:00:00', { billingType: 'BOLETO' });
    expect(expectAnyOrder(ASAAS, [created, taken, back])).toMatchObject({
      accounts: { caixa: 0 },
      instalments: [{ open: 20_000 }]
    });
  });
});

describe('cash', () => {
  it('confirmed and received is one payment, apart from the one through Asaas', () => {
    const confirmed = told('PAYMENT_CONFIRMED', '2026-11-20 09:59:59', CASH);
    const ids = [confirmed, taken, undone].map((one) => became(ASAAS, one)[0]?.data);
    expect(ids).toMatchObject(Array(3).fill({ payment_id: 'pay_1:cash' }));
    const books = expectAnyOrder(ASAAS, [created, confirmed, taken, undone]);
    expect(books).toMatchObject({ pending: 0, accounts: { caixa: 0 }, instalments: [{ open: 20_000 }] });
  });

  it('taken, undone and taken again is in the till once, and pays once', () => {
    const again = told('PAYMENT_RECEIVED', '2026-11-21 10:01:00', CASH);
    expect(expectAnyOrder(ASAAS, [created, taken, undone, again])).toMatchObject({
      accounts: { caixa: 20_000 },
      instalments: [{ open: 0 }]
    });
  });

  it('refunded leaves the till, in part and as a whole', () => {
    const part = { dateCreated: '2026-11-21 09:00:00', value: 50, status: 'DONE' };
    const inPart = told('PAYMENT_PARTIALLY_REFUNDED', '2026-11-21 09:00:01', { ...CASH, refunds: [part] });
    expect(expectAnyOrder(ASAAS, [created, taken, inPart])).toMatchObject({
      accounts: { caixa: 15_000 },
      instalments: [{ open: 5_000 }]
    });
    const whole = told('PAYMENT_REFUNDED', '2026-11-21 10:00:00', CASH);
    expect(expectAnyOrder(ASAAS, [created, taken, whole]).accounts).toEqual({ caixa: 0 });
  });

  it('paid after a chargeback gives back nothing of what the chargeback took', () => {
    const chargeback = { status: 'REQUESTED' };
    const books = expectAnyOrder(ASAAS, [
      told('PAYMENT_RECEIVED', '2026-11-03 10:00:00'),
      told('PAYMENT_CHARGEBACK_REQUESTED', '2026-11-10 10:00:00', { chargeback }),
      told('PAYMENT_RECEIVED', '2026-11-20 10:00:00', { ...CASH, chargeback })
    ]);
    expect(books.accounts).toEqual({ asaas: -549, caixa: 20_000 });
  });
});

it('a refund of what was paid through Asaas before the cash is not the cash’s', () => {
  const refund = told('PAYMENT_REFUNDED', '2026-11-23 10:00:00');
  const books = booksOf(accepted(ASAAS, [paid, refund, told('PAYMENT_RECEIVED', '2026-11-24 10:00:00', CASH)]));
  expect(books.accounts).toEqual({ asaas: -549, caixa: 20_000 });
});
