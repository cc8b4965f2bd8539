import { expect, it } from 'vitest';
import { teller } from './events.fixture.ts';
import { happened } from './happened.ts';
import { payments } from './payments.ts';

const T = '2026-05-04T12:00:00Z';
const at = (minute: number) => Date.parse(T) + minute * 60_000;
const confirmed = { payment_id: 'p', amount_minor: 1000, currency: 'BRL', method: 'pix' } as const;
const settled = {
  payment_id: 'p',
  account: 'bank',
  amount_minor: 400,
  fee_minor: 10,
  currency: 'BRL',
  method: 'pix'
} as const;
const undone = { payment_id: 'p', amount_minor: 300, currency: 'BRL', reason: 'refund' } as const;
const paid = (fill: (tell: ReturnType<typeof teller>['tell']) => void, asOf: number | null = null) => {
  const { tell, events } = teller();
  fill(tell);
  return payments(happened(events, asOf)).get('p');
};

it('gross is the greater of the confirmed amount and the sum of the parcels', () => {
  const less = paid((tell) => {
    tell('payment.confirmed', at(0), confirmed);
    tell('payment.settled', at(1), { ...settled, parcel: 1 });
    tell('payment.settled', at(2), { ...settled, parcel: 2 });
  });
  expect(less).toMatchObject({ gross: 1000, settled: 800, pending: 200, principal: 1000 });
  const more = paid((tell) => {
    tell('payment.confirmed', at(0), confirmed);
    for (const parcel of [1, 2, 3]) tell('payment.settled', at(parcel), { ...settled, parcel });
  });
  expect(more).toMatchObject({ gross: 1200, settled: 1200, pending: 0, principal: 1200 });
});

it('a parcel counts once, absent means the first, the highest revision holds and equals go to the first in order', () => {
  const payment = paid((tell) => {
    tell('payment.settled', at(5), { ...settled, amount_minor: 500, revision: 1 });
    tell('payment.settled', at(4), { ...settled, amount_minor: 600, parcel: 1, revision: 1 });
    tell('payment.settled', at(1), { ...settled, amount_minor: 700 });
  });
  expect(payment).toMatchObject({ gross: 600, exists_from: at(1) });
});

it('currency is that of the first event that counts', () => {
  const payment = paid((tell) => {
    tell('payment.confirmed', at(2), confirmed);
    tell('payment.settled', at(1), { ...settled, currency: 'USD' });
  });
  expect(payment).toMatchObject({ currency: 'USD', exists_from: at(1) });
});

it('reversed stays within 0 and gross, one movement_id once for each type', () => {
  const payment = paid((tell) => {
    tell('payment.confirmed', at(0), confirmed);
    tell('payment.reversed', at(1), { ...undone, movement_id: 'm' });
    tell('payment.reversed', at(2), { ...undone, movement_id: 'm' });
    tell('payment.reversed', at(3), { ...undone, payment_id: 'q', movement_id: 'm' });
    tell('payment.reinstated', at(4), { ...undone, amount_minor: 100, movement_id: 'm' });
  });
  expect(payment).toMatchObject({ reversed: 200, pending: 800, principal: 800 });
  expect(
    paid((tell) => {
      tell('payment.confirmed', at(0), confirmed);
      tell('payment.reinstated', at(1), undone);
    })
  ).toMatchObject({ reversed: 0 });
});

it('a reversal of another payment with the same movement_id that came first takes the place of ours', () => {
  const payment = paid((tell) => {
    tell('payment.confirmed', at(0), confirmed);
    tell('payment.reversed', at(3), { ...undone, movement_id: 'm' });
    tell('payment.reversed', at(2), { ...undone, payment_id: 'q', movement_id: 'm' });
  });
  expect(payment).toMatchObject({ reversed: 0 });
});

it('principal is gross less interest and fine plus discount, never below 0, and 0 once all is reversed', () => {
  const extras = { ...confirmed, interest_minor: 30, fine_minor: 20, discount_minor: 100 };
  expect(paid((tell) => tell('payment.confirmed', at(0), extras))?.principal).toBe(1050);
  const reversed = paid((tell) => {
    tell('payment.confirmed', at(0), extras);
    tell('payment.reversed', at(1), { ...undone, amount_minor: 5000 });
  });
  expect(reversed).toMatchObject({ reversed: 1000, principal: 0 });
  expect(paid((tell) => tell('payment.confirmed', at(0), { ...extras, interest_minor: 3000 }))?.principal).toBe(0);
});

it('links and surcharges come field by field from the settled events in order, else from the confirmed', () => {
  const payment = paid((tell) => {
    tell('payment.confirmed', at(0), { ...confirmed, customer_id: 'c0', order_id: 'o0', interest_minor: 5 });
    tell('payment.settled', at(3), { ...settled, parcel: 2, customer_id: 'c2', invoice_id: 'i2' });
    tell('payment.settled', at(2), { ...settled, parcel: 1, customer_id: 'c1', fine_minor: 7 });
  });
  expect(payment).toMatchObject({
    customer_id: 'c1',
    invoice_id: 'i2',
    order_id: 'o0',
    installment: undefined,
    principal: 1000 - 5 - 7
  });
});

it('store credit is never pending, and a payment known only by its reversal does not exist', () => {
  expect(paid((tell) => tell('payment.confirmed', at(0), { ...confirmed, method: 'store_credit' }))).toMatchObject({
    gross: 1000,
    pending: 0
  });
  expect(paid((tell) => tell('payment.reversed', at(0), undone))).toBeUndefined();
  expect(paid((tell) => tell('payment.settled', at(0), settled))).toMatchObject({ pending: 0 });
});

it('a moment sees only what had happened by then, and of one identity the first accepted', () => {
  const { tell, events } = teller();
  tell('payment.confirmed', at(5), confirmed, { id: 'same' });
  tell('payment.confirmed', at(1), { ...confirmed, amount_minor: 9 }, { id: 'same' });
  tell('payment.confirmed', at(6), { ...confirmed, amount_minor: 2000, revision: 1 });
  expect(payments(happened(events, at(4))).size).toBe(0);
  expect(payments(happened(events, at(5))).get('p')?.gross).toBe(1000);
  expect(payments(happened([...events].reverse(), null)).get('p')).toMatchObject({ gross: 2000, exists_from: at(5) });
});
