/** A charge refunded in part and charged back: once each, in any order, whichever of Asaas's events came. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accepted, booksOf, expectAnyOrder, understand } from './calls.fixture.ts';
import { chargeEvents } from './asaas.fixture.ts';
import type { Call } from './platform.ts';

const ASAAS = { platform: 'asaas' } as const;
const told = chargeEvents();
const refund = (day: string, value: number, more: object = {}) => ({
  dateCreated: `2026-11-${day} 09:00:00`,
  value,
  status: 'DONE',
  ...more
});
const PART = refund('05', 30);
const REST = refund('20', 170);

const received = told('PAYMENT_RECEIVED', '2026-11-03 10:00:00');
const inPart = told('PAYMENT_PARTIALLY_REFUNDED', '2026-11-05 09:00:01', { refunds: [PART] });
const requested = (chargeback: object = {}, refunds: readonly object[] = [PART]) =>
  told('PAYMENT_CHARGEBACK_REQUESTED', '2026-11-10 10:00:00', {
    chargeback: { status: 'REQUESTED', ...chargeback },
    refunds
  });
const won = (event = 'PAYMENT_RECEIVED', refunds: readonly object[] = [PART], more: object = {}) =>
  told(event, '2026-11-20 10:00:00', { chargeback: { status: 'REVERSED', ...more }, refunds });
const lost = (refunds: readonly object[] | null, chargeback: object = {}) =>
  told('PAYMENT_REFUNDED', '2026-11-20 10:00:00', { chargeback: { status: 'DISPUTE_LOST', ...chargeback }, refunds });

/** The account and what is reversed, whichever of the `others` come, and in any order when all of them do. */
function expectBooks(certain: readonly Call[], others: readonly Call[], reversed: number): void {
  const holds = { accounts: { asaas: 19_451 - reversed }, payments: [{ gross: 20_000, reversed }] };
  expect(expectAnyOrder(ASAAS, [...certain, ...others])).toMatchObject(holds);
  for (let subset = 0; subset < 1 << others.length; subset++) {
    const came = others.filter((_, index) => (subset & (1 << index)) !== 0);
    expect(booksOf(accepted(ASAAS, [...certain, ...came]))).toMatchObject(holds);
  }
}

describe('a chargeback of what was refunded in part', () => {
  it('takes what was left, and with the refund the payment’s value', () => {
    expectBooks([received, requested()], [inPart], 20_000);
    expectBooks([received, requested({ value: 170 })], [inPart], 20_000);
    // told as the value of the whole: no more can be taken than was left
    expectBooks([received, requested({ value: 200 })], [inPart], 20_000);
  });

  it('takes what it says where that is less', () => {
    expectBooks([received, requested({ value: 100 })], [inPart], 13_000);
  });

  it('takes nothing where nothing was left', () => {
    expect(understand(ASAAS, requested({}, [PART, REST])).events).toHaveLength(2);
    expectBooks([received, requested({}, [PART, REST])], [inPart], 20_000);
  });

  it('of a whole plan of instalments takes no more than this one', () => {
    expectBooks([received, requested({ value: 600 })], [inPart], 20_000);
  });
});

describe('a chargeback lost', () => {
  it('is told again as REFUNDED: the money leaves once, whether or not the refunds list it', () => {
    for (const refunds of [[PART], [PART, REST], [REST, PART]])
      expectBooks([received, lost(refunds)], [inPart, requested()], 20_000);
    expectBooks([received, inPart, requested(), lost(null)], [], 20_000);
  });

  it('without a refund before it takes the whole, listed or not', () => {
    const whole = refund('20', 200);
    for (const status of ['DISPUTE_LOST', 'DONE'])
      for (const refunds of [null, [], [whole], [{ ...whole, status: 'PENDING' }]])
        expectBooks([received, lost(refunds, { status })], [requested({}, [])], 20_000);
  });

  it('listed in two parts takes what it says', () => {
    const chargeback = { value: 170 };
    const listed = [PART, refund('20', 100), refund('20', 70)];
    expectBooks([received, lost(listed, chargeback)], [inPart, requested(chargeback)], 20_000);
  });

  it('brings back what the others had of it', () => {
    const refundedSplits = [{ id: 's1', value: 20, done: true }];
    const split = [{ id: 's1', fixedValue: 20, status: 'DONE' }];
    const books = expectAnyOrder(ASAAS, [
      told('PAYMENT_RECEIVED', '2026-11-03 10:00:00', { split }),
      requested({}, []),
      lost([refund('20', 200, { refundedSplits })])
    ]);
    expect(books.accounts).toEqual({ asaas: -549 });
  });
});

describe('a chargeback won', () => {
  it('gives back exactly what it took', () => {
    for (const event of ['PAYMENT_RECEIVED', 'PAYMENT_CONFIRMED'])
      expectBooks([received, won(event)], [inPart, requested()], 3_000);
    expectBooks(
      [received, won('PAYMENT_RECEIVED', [PART], { value: 170 })],
      [inPart, requested({ value: 170 })],
      3_000
    );
    expectBooks([received, won('PAYMENT_RECEIVED', [])], [requested({}, [])], 0);
  });

  const after = { chargeback: { status: 'REVERSED' } };
  it.each([
    ['PAYMENT_PARTIALLY_REFUNDED', refund('22', 20), 5_000],
    ['PAYMENT_REFUNDED', refund('22', 170), 20_000],
    ['PAYMENT_PARTIALLY_REFUNDED', refund('22', 20, { status: 'PENDING' }), 3_000]
  ])('and refunded after that is other money, whichever events came before: %s', (event, more, reversed) => {
    const last = told(event, '2026-11-22 09:00:01', { ...after, refunds: [PART, more] });
    expectBooks([received, last], [inPart, requested(), won()], reversed);
  });

  it('a second payday after it, with a refund in between, gives nothing back twice', () => {
    const refunds = [PART, refund('21', 20)];
    const payday = told('PAYMENT_RECEIVED', '2026-11-23 10:00:00', {
      chargeback: { status: 'REVERSED', value: 170 },
      refunds
    });
    expectBooks([payday], [inPart, requested({ value: 170 }), won('PAYMENT_CONFIRMED')], 5_000);
  });
});

it('a refund in part is told by every event that lists it', () => {
  const later = told('PAYMENT_RECEIVED', '2026-11-20 10:00:00', { refunds: [PART, { ...REST, status: 'PENDING' }] });
  expectBooks([later], [inPart], 3_000);
});

/** A charge's life: parts refunded, charged back, lost or won, perhaps refunded after that. Reais and days of November. */
const life = fc.record({
  parts: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 3 }),
  end: fc.constantFrom('open', 'lost', 'lost and listed', 'won', 'won, then in part', 'won, then as a whole'),
  says: fc.boolean(),
  newestFirst: fc.boolean(),
  event: fc.constantFrom('PAYMENT_CONFIRMED', 'PAYMENT_RECEIVED'),
  came: fc.infiniteStream(fc.boolean())
});

it('of any life, whichever events came before the last one, the account tells what was taken', () => {
  fc.assert(
    fc.property(life, ({ parts, end, says, newestFirst, event, came }) => {
      const refunds: object[] = [];
      const calls: Call[] = [];
      let left = 200;
      const tell = (name: string, day: string, more: object = {}) =>
        calls.push(
          told(name, `2026-11-${day} 10:00:00`, { refunds: newestFirst ? refunds.toReversed() : [...refunds], ...more })
        );
      const give = (day: string, value: number): void => {
        refunds.push(refund(day, value));
        left -= value;
      };
      for (const [index, value] of parts.entries()) {
        give(`0${4 + index}`, value);
        tell('PAYMENT_PARTIALLY_REFUNDED', `0${4 + index}`);
      }
      const taken = left;
      const chargeback = (status: string) => ({ chargeback: { status, ...(says && { value: taken }) } });
      tell('PAYMENT_CHARGEBACK_REQUESTED', '10', chargeback('REQUESTED'));
      if (end.startsWith('lost')) {
        if (end === 'lost and listed') refunds.push(refund('15', taken));
        tell('PAYMENT_REFUNDED', '15', chargeback('DISPUTE_LOST'));
      }
      if (end.startsWith('won')) tell(event, '15', chargeback('REVERSED'));
      else left = 0;
      if (end.startsWith('won, then')) {
        const isWhole = end.endsWith('whole');
        give('16', isWhole ? left : 1);
        tell(isWhole ? 'PAYMENT_REFUNDED' : 'PAYMENT_PARTIALLY_REFUNDED', '16', chargeback('REVERSED'));
      }
      const last = calls.at(-1);
      const some = calls.filter((one) => one === last || came.next().value === true);
      expect(booksOf(accepted(ASAAS, [received, ...some])).accounts).toEqual({ asaas: 19_451 - 100 * (200 - left) });
    }),
    { numRuns: 150 }
  );
});
