/** Events of one charge for tests: R$ 200,00 that Asaas pays out as R$ 194,51. */
import { call } from './calls.fixture.ts';
import type { Call } from './platform.ts';

/** A teller of its events: each has an id of its own. */
export function chargeEvents(): (event: string, at: string, payment?: object, envelope?: object) => Call {
  let counter = 0;
  return (event, at, payment = {}, envelope = {}) =>
    call({
      id: `evt_${String(++counter).padStart(6, '0')}&${counter}`,
      event,
      dateCreated: at,
      payment: {
        object: 'payment',
        id: 'pay_1',
        customer: 'cus_1',
        dateCreated: '2026-11-01',
        dueDate: '2026-11-20',
        value: 200,
        netValue: 194.51,
        billingType: 'CREDIT_CARD',
        externalReference: 'P-77',
        ...payment
      },
      ...envelope
    });
}
