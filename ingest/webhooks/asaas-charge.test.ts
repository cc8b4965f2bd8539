/** What a charge of Asaas says of itself, whatever way its payload leaves things out. */
import { describe, expect, it } from 'vitest';
import { became, expectAnyOrder, understand, decode, call } from './calls.fixture.ts';
import { chargeEvents } from './asaas.fixture.ts';

const ASAAS = { platform: 'asaas' } as const;
const told = chargeEvents();

describe('empty texts', () => {
  it('are none: no order, no customer, no invoice of the books, no document', () => {
    const empty = { externalReference: '', invoiceNumber: '', installmentNumber: '', creditDate: '', customer: '' };
    const data = (reference: 'none' | 'order' | 'invoice', event = 'PAYMENT_RECEIVED') =>
      became({ ...ASAAS, settings: { reference } }, told(event, '2026-11-20 10:00:00', empty))[0]?.data;
    for (const reference of ['none', 'order', 'invoice'] as const) {
      expect(data(reference)).toMatchObject({ payment_id: 'pay_1', invoice_id: 'pay_1', installment: 1 });
      expect(data(reference)).not.toHaveProperty('order_id');
      expect(data(reference)).not.toHaveProperty('customer_id');
    }
    const named = told('PAYMENT_CREATED', '2026-11-01 10:00:00', { ...empty, customer: 'cus_1' });
    const [issued] = became({ ...ASAAS, settings: { reference: 'order' } }, named);
    expect(issued?.data).not.toHaveProperty('order_id');
    expect(issued?.data).not.toHaveProperty('document');
  });

  it('are no id of an event, of a chargeback or of a share either', () => {
    const odd = {
      chargeback: { id: '', status: 'REQUESTED' },
      split: [{ id: '', fixedValue: 20, status: 'DONE' }],
      refunds: [{ dateCreated: '2026-11-12 09:00:00', value: 30, status: '' }]
    };
    const event = told('PAYMENT_CHARGEBACK_REQUESTED', '2026-11-20 10:00:00', odd, { id: '' });
    expect(decode(understand(ASAAS, event)).every(({ kind }) => kind === 'usable')).toBe(true);
  });
});

describe('a charge that is overdue', () => {
  // told as long as it is not paid: what would come on top by now
  const overdue = { interestValue: 10.5, originalValue: null, status: 'OVERDUE' };

  it('is owed as it was charged, before and after it is paid with interest', () => {
    const created = told('PAYMENT_CREATED', '2026-10-01 10:00:00', { dueDate: '2026-10-20' });
    const moved = told('PAYMENT_UPDATED', '2026-11-10 10:00:00', { ...overdue, dueDate: '2026-10-25' });
    expect(expectAnyOrder(ASAAS, [created, moved]).instalments).toMatchObject([{ open: 20_000 }]);
    const paid = { value: 210.5, originalValue: 200, interestValue: 10.5, netValue: 205.01, paymentDate: '2026-11-12' };
    const books = expectAnyOrder(ASAAS, [
      created,
      moved,
      told('PAYMENT_RECEIVED', '2026-11-12 10:00:00', paid),
      told('PAYMENT_UPDATED', '2026-11-12 10:00:01', paid)
    ]);
    expect(books.instalments).toMatchObject([{ open: 0 }]);
    expect(books.payments).toMatchObject([{ gross: 21_050, principal: 20_000 }]);
  });

  it('restored, it is asked for again without the interest', () => {
    const restored = told('PAYMENT_RESTORED', '2026-11-10 10:00:00', overdue);
    expect(became(ASAAS, restored)[0]?.data).toMatchObject({ installments: [{ amount_minor: 20_000 }] });
  });
});

it('a share in percent may be written with an exponent', () => {
  const body = {
    event: 'PAYMENT_RECEIVED',
    dateCreated: '2026-11-20 10:00:00',
    payment: { id: 'pay_1', value: 200, netValue: 200, split: [{ percentualValue: 'SHARE', status: 'DONE' }] }
  };
  const received = (share: string) => call(JSON.stringify(body).replace('"SHARE"', share));
  expect(became(ASAAS, received('1.0E1'))[0]?.data).toMatchObject({ fee_minor: 2_000 });
  expect(decode(understand(ASAAS, received('1.0E4')))).toMatchObject([{ kind: 'quarantined' }]);
});
