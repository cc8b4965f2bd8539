/** Shares that others have of a charge: they leave the account once, and what comes back comes back once. */
import { describe, expect, it } from 'vitest';
import { accepted, became, booksOf, expectAnyOrder } from './calls.fixture.ts';
import { chargeEvents } from './asaas.fixture.ts';

const ASAAS = { platform: 'asaas' } as const;
const told = chargeEvents();
const share = (status: string) => [{ id: 's1', walletId: 'w1', fixedValue: 20, status }];
const back = (value: number, done = true) => ({ refundedSplits: [{ id: 's1', value, done }] });
const refund = (day: string, value: number, more: object = {}) => ({
  dateCreated: `2026-11-${day} 09:00:00`,
  value,
  status: 'DONE',
  ...more
});

const received = told('PAYMENT_RECEIVED', '2026-11-03 10:00:00', { split: share('DONE') });
/** What Asaas itself charged is all that is lost of a charge that was refunded. */
const ALL_BACK = { asaas: -549 };

describe('a share that came back in full', () => {
  it('is back in the account once, whether or not the refunds tell it', () => {
    const parts = [refund('05', 50), refund('12', 150)];
    const told5 = [refund('05', 50, back(5)), refund('12', 150)];
    const told20 = [refund('05', 50, back(5)), refund('12', 150, back(15, false))];
    for (const refunds of [
      [refund('12', 200)],
      [refund('12', 200, back(20))],
      [refund('12', 200, back(20, false))],
      parts,
      told5,
      told20
    ]) {
      const refunded = told('PAYMENT_REFUNDED', '2026-11-12 09:00:05', { split: share('REFUNDED'), refunds });
      expect(expectAnyOrder(ASAAS, [received, refunded]).accounts).toEqual(ALL_BACK);
      const again = told('PAYMENT_REFUNDED', '2026-11-12 09:00:07', { split: share('REFUNDED'), refunds });
      expect(expectAnyOrder(ASAAS, [received, refunded, again]).accounts).toEqual(ALL_BACK);
    }
    const unlisted = told('PAYMENT_REFUNDED', '2026-11-12 09:00:05', { split: share('REFUNDED'), refunds: null });
    expect(expectAnyOrder(ASAAS, [received, unlisted]).accounts).toEqual(ALL_BACK);
  });

  it('is back after what came of it with a refund in part', () => {
    const first = refund('05', 50, back(5));
    const books = expectAnyOrder(ASAAS, [
      received,
      told('PAYMENT_PARTIALLY_REFUNDED', '2026-11-05 09:00:05', { split: share('DONE'), refunds: [first] }),
      told('PAYMENT_REFUNDED', '2026-11-12 09:00:05', { split: share('REFUNDED'), refunds: [first, refund('12', 150)] })
    ]);
    expect(books.accounts).toEqual(ALL_BACK);
  });

  it('was a fee of the settlement, whichever event tells of it first', () => {
    const again = told('PAYMENT_RECEIVED', '2026-11-20 10:00:00', {
      split: share('REFUNDED'),
      chargeback: { status: 'REVERSED' }
    });
    expect(became(ASAAS, again)[0]?.data).toMatchObject({ fee_minor: 549 + 2_000 });
    expect(booksOf(accepted(ASAAS, [again])).accounts).toEqual({ asaas: 19_451 });
    const disputed = told('PAYMENT_CHARGEBACK_REQUESTED', '2026-11-10 10:00:00', {
      split: share('REFUNDED'),
      chargeback: { status: 'REQUESTED' }
    });
    expect(expectAnyOrder(ASAAS, [received, disputed, again]).accounts).toEqual({ asaas: 19_451 });
    // shared anew once the money was back
    const anew = told('PAYMENT_RECEIVED', '2026-11-20 10:00:00', {
      split: share('DONE'),
      chargeback: { status: 'REVERSED' }
    });
    expect(expectAnyOrder(ASAAS, [received, disputed, anew]).accounts).toEqual({ asaas: 17_451 });
  });

  it('with a chargeback that was lost', () => {
    const lost = told('PAYMENT_REFUNDED', '2026-11-20 10:00:00', {
      split: share('REFUNDED'),
      chargeback: { status: 'DISPUTE_LOST' },
      refunds: [refund('20', 200)]
    });
    expect(expectAnyOrder(ASAAS, [received, lost]).accounts).toEqual(ALL_BACK);
  });

  it('each of several by itself, without ids too', () => {
    const split = [
      { fixedValue: 20, status: 'REFUNDED' },
      { percentualValue: 10, status: 'REFUNDED' },
      { fixedValue: 7, status: 'CANCELLED' }
    ];
    const settled = told('PAYMENT_RECEIVED', '2026-11-03 10:00:00', {
      split: split.map((part) => ({ ...part, status: part.status === 'REFUNDED' ? 'DONE' : part.status }))
    });
    const refunded = told('PAYMENT_REFUNDED', '2026-11-12 09:00:05', { split, refunds: [refund('12', 200)] });
    expect(expectAnyOrder(ASAAS, [settled, refunded]).accounts).toEqual(ALL_BACK);
  });
});

it('a share that was never sent, or of cash, is neither a fee nor given back', () => {
  const cancelled = told('PAYMENT_REFUNDED', '2026-11-12 09:00:05', { split: share('CANCELLED') });
  expect(became(ASAAS, cancelled)).toHaveLength(1);
  const cash = told('PAYMENT_RECEIVED', '2026-11-12 09:00:05', {
    billingType: 'RECEIVED_IN_CASH',
    split: share('REFUNDED')
  });
  expect(booksOf(accepted(ASAAS, [cash])).accounts).toEqual({ caixa: 20_000 });
});
