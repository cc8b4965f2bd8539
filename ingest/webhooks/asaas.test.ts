import { describe, expect, it } from 'vitest';
import { became, booksOf, accepted, call, decode, expectAnyOrder, understand } from './calls.fixture.ts';
import { chargeEvents } from './asaas.fixture.ts';

const ASAAS = { platform: 'asaas' } as const;

const told = chargeEvents();

describe('what a charge’s events become', () => {
  it('CONFIRMED is not RECEIVED: paid is one thing, available another', () => {
    const confirmed = told('PAYMENT_CONFIRMED', '2026-11-19 10:00:00', { creditDate: '2026-12-21' });
    expect(became(ASAAS, confirmed)).toMatchObject([
      {
        type: 'payment.confirmed',
        time: '2026-11-19T13:00:00.000Z',
        data: {
          payment_id: 'pay_1',
          amount_minor: 20_000,
          method: 'credit_card',
          customer_id: 'cus_1',
          invoice_id: 'pay_1',
          expected_at: '2026-12-21T03:00:00.000Z'
        }
      }
    ]);
    const [settled] = became(ASAAS, told('PAYMENT_RECEIVED', '2026-11-23 04:00:00'));
    expect(settled).toMatchObject({
      type: 'payment.settled',
      data: { account: 'asaas', amount_minor: 20_000, fee_minor: 549, fees: [{ kind: 'mdr', minor: 549 }] }
    });
    expect(booksOf(accepted(ASAAS, [confirmed]))).toMatchObject({ pending: 20_000, accounts: {} });
  });

  it('takes over interest, fine and discount as what was paid beside the debt', () => {
    const late = { value: 210.5, originalValue: 200, interestValue: 10.5, fine: { value: 2, type: 'PERCENTAGE' } };
    expect(became(ASAAS, told('PAYMENT_RECEIVED', '2026-11-22 10:00:00', late))[0]?.data).toMatchObject({
      amount_minor: 21_050,
      fine_minor: 400,
      interest_minor: 650
    });
    const early = { value: 190, originalValue: 200, netValue: 188 };
    expect(became(ASAAS, told('PAYMENT_RECEIVED', '2026-11-10 10:00:00', early))[0]?.data).toMatchObject({
      amount_minor: 19_000,
      discount_minor: 1_000,
      fee_minor: 200
    });
  });

  it('takes the split off what reaches the account: fixed, a share of the net value, or as told; cancelled ones take nothing', () => {
    const split = [
      { fixedValue: 20, status: 'PENDING' },
      { percentualValue: 10, status: 'PENDING' },
      { fixedValue: 99, totalValue: 1.25, status: 'DONE' },
      { fixedValue: 50, status: 'CANCELLED' }
    ];
    const [settled] = became(
      ASAAS,
      told('PAYMENT_RECEIVED', '2026-11-20 10:00:00', { value: 100, netValue: 94.51, split })
    );
    // 5.49 + 20.00 + 9.451 to the centavo + 1.25
    expect(settled?.data).toMatchObject({
      fee_minor: 549 + 2_000 + 945 + 125,
      fees: [
        { kind: 'mdr', minor: 549 },
        { kind: 'split', minor: 3_070 }
      ]
    });
  });

  it('names what the reference of the source says: nothing, an order, or an invoice of the books, which then makes none', () => {
    const data = (reference: 'none' | 'order' | 'invoice') =>
      became({ ...ASAAS, settings: { reference } }, told('PAYMENT_RECEIVED', '2026-11-20 10:00:00'))[0]?.data;
    expect(data('none')).not.toHaveProperty('order_id');
    expect(data('order')).toMatchObject({ order_id: 'P-77', invoice_id: 'pay_1' });
    expect(data('invoice')).toMatchObject({ invoice_id: 'P-77' });
    expect(
      became({ ...ASAAS, settings: { reference: 'invoice' } }, told('PAYMENT_CREATED', '2026-11-01 10:00:00'))
    ).toEqual([]);
  });

  it('cash over the counter goes to the till, and undone leaves it', () => {
    const cash = { billingType: 'RECEIVED_IN_CASH', netValue: 200 };
    const books = expectAnyOrder(ASAAS, [
      told('PAYMENT_CREATED', '2026-11-01 10:00:00'),
      told('PAYMENT_RECEIVED', '2026-11-20 10:00:00', cash),
      told('PAYMENT_RECEIVED_IN_CASH_UNDONE', '2026-11-21 10:00:00', cash),
      told('PAYMENT_RECEIVED', '2026-11-22 10:00:00')
    ]);
    expect(books.accounts).toEqual({ caixa: 0, asaas: 19_451 });
    expect(books.instalments).toMatchObject([{ open: 0 }]);
  });

  it('an amount that is none waits in quarantine with the place of the fault, whole', () => {
    const [item] = decode(understand(ASAAS, told('PAYMENT_RECEIVED', '2026-11-20 10:00:00', { value: 10.005 })));
    expect(item).toMatchObject({
      kind: 'quarantined',
      type: 'asaas.PAYMENT_RECEIVED',
      code: 'invalid_data',
      fault: { path: '/data/payment/value' }
    });
    expect(item).toHaveProperty('raw', expect.stringContaining('10.005'));
  });

  it('events that move neither money nor a debt are ignored, unknown ones too', () => {
    for (const event of [
      'PAYMENT_OVERDUE',
      'PAYMENT_CHECKOUT_VIEWED',
      'PAYMENT_CHARGEBACK_DISPUTE',
      'PAYMENT_OF_TOMORROW',
      'INVOICE_CREATED'
    ])
      expect(understand(ASAAS, told(event, '2026-11-20 10:00:00'))).toMatchObject({ told: event, events: [] });
  });

  it('refunded in part counts what is done; where nothing says how much, it waits for a person', () => {
    const under = { refunds: [{ dateCreated: '2026-11-12 09:00:00', value: 30, status: 'PENDING' }] };
    expect(understand(ASAAS, told('PAYMENT_PARTIALLY_REFUNDED', '2026-11-12 09:00:01', under))).toMatchObject({
      events: [],
      ignored: 'nothing that counts, or counts yet'
    });
    const unlisted = understand(ASAAS, told('PAYMENT_PARTIALLY_REFUNDED', '2026-11-12 09:00:01'));
    const waiting = { kind: 'quarantined', type: 'payment.reversed', fault: { path: '/data/amount_minor' } };
    expect(decode(unlisted)).toMatchObject([waiting]);
    // what stands in quarantine, replayed as it is, is no refund of the whole either
    const events = unlisted.events.map(({ fault: _, ...event }) => event);
    expect(decode({ ...unlisted, events })).toMatchObject([waiting]);
  });

  it('a charge of an invoice that the books keep neither ends it nor brings it back', () => {
    const settings = { reference: 'invoice' } as const;
    expect(became({ ...ASAAS, settings }, told('PAYMENT_RESTORED', '2026-11-20 10:00:00'))).toEqual([]);
    const books = booksOf(
      accepted({ ...ASAAS, settings }, [
        told('PAYMENT_DELETED', '2026-11-19 10:00:00'),
        told('PAYMENT_RECEIVED', '2026-11-20 10:00:00')
      ])
    );
    expect(books).toMatchObject({ accounts: { asaas: 19_451 }, instalments: [] });
  });
});

describe('older events without an id', () => {
  const old = (change: object = {}) =>
    JSON.stringify({
      event: 'PAYMENT_RECEIVED',
      payment: {
        id: 'pay_9',
        customer: 'cus_1',
        value: 50,
        netValue: 49.01,
        billingType: 'PIX',
        paymentDate: '2021-05-04',
        ...change
      }
    });

  it('get one of their own content, so that a retry is the same event', () => {
    const [first] = became(ASAAS, call(old()));
    expect(first?.id).toMatch(/^sha256-[0-9a-f]{48}$/);
    expect(became(ASAAS, call(old()))).toEqual([first]);
    expect(became(ASAAS, call(old({ value: 51 })))[0]?.id).not.toBe(first?.id);
  });

  it('deleted is for good, and restored waits for a person: nothing says which of them was the last', () => {
    const change = (event: string) =>
      call(
        JSON.stringify({ event, payment: { id: 'pay_9', customer: 'cus_1', value: 50, dateCreated: '2021-05-01' } })
      );
    expect(became(ASAAS, change('PAYMENT_DELETED'))[0]?.data).toEqual({ invoice_id: 'pay_9' });
    expect(decode(understand(ASAAS, change('PAYMENT_RESTORED')))).toMatchObject([
      { kind: 'quarantined', fault: { path: '/data/dateCreated' } }
    ]);
  });

  it('happened on the day they were paid', () => {
    expect(became(ASAAS, call(old()))[0]?.time).toBe('2021-05-04T03:00:00.000Z');
  });
});

describe('the lifecycles Asaas publishes: the same books in any order, whatever comes twice', () => {
  it('a boleto paid late', () => {
    const books = expectAnyOrder(ASAAS, [
      told('PAYMENT_CREATED', '2026-11-01 10:00:00', { billingType: 'BOLETO' }),
      told('PAYMENT_OVERDUE', '2026-11-21 03:00:00', { billingType: 'BOLETO' }),
      told('PAYMENT_CONFIRMED', '2026-11-23 10:00:00', { billingType: 'BOLETO', value: 204, originalValue: 200 }),
      told('PAYMENT_RECEIVED', '2026-11-24 03:00:00', {
        billingType: 'BOLETO',
        value: 204,
        originalValue: 200,
        netValue: 202.01
      })
    ]);
    expect(books.accounts).toEqual({ asaas: 20_201 });
    expect(books.pending).toBe(0);
    expect(books.instalments).toEqual([{ invoice_id: 'pay_1', due_date: '2026-11-20', open: 0 }]);
  });

  it('a due date moved twice: the last one holds', () => {
    const books = expectAnyOrder(ASAAS, [
      told('PAYMENT_CREATED', '2026-11-01 10:00:00'),
      told('PAYMENT_UPDATED', '2026-11-10 10:00:00', { dueDate: '2026-12-20' }),
      told('PAYMENT_UPDATED', '2026-11-12 10:00:00', { dueDate: '2026-11-30', value: 180 })
    ]);
    expect(books.instalments).toEqual([{ invoice_id: 'pay_1', due_date: '2026-11-30', open: 18_000 }]);
  });

  it('a chargeback won: CONFIRMED or RECEIVED again is the money back', () => {
    const chargeback = { chargeback: { status: 'REVERSED', reason: 'PROCESS_ERROR' } };
    const lifecycle = [
      told('PAYMENT_CREATED', '2026-10-01 10:00:00'),
      told('PAYMENT_CONFIRMED', '2026-10-02 10:00:00'),
      told('PAYMENT_RECEIVED', '2026-11-03 10:00:00'),
      told('PAYMENT_CHARGEBACK_REQUESTED', '2026-11-10 10:00:00', { chargeback: { status: 'REQUESTED' } })
    ];
    const lost = booksOf(accepted(ASAAS, lifecycle));
    expect(lost.accounts).toEqual({ asaas: 19_451 - 20_000 });
    expect(lost.instalments).toMatchObject([{ open: 20_000 }]);
    const won = expectAnyOrder(ASAAS, [...lifecycle, told('PAYMENT_RECEIVED', '2026-11-20 10:00:00', chargeback)]);
    expect(won.accounts).toEqual({ asaas: 19_451 });
    expect(won.instalments).toMatchObject([{ open: 0 }]);
    expect(won.payments).toMatchObject([{ reversed: 0, principal: 20_000 }]);
  });

  it('what is refunded after a chargeback was won is other money', () => {
    const chargeback = { chargeback: { status: 'REVERSED' } };
    const books = expectAnyOrder(ASAAS, [
      told('PAYMENT_CREATED', '2026-10-01 10:00:00'),
      told('PAYMENT_RECEIVED', '2026-11-03 10:00:00'),
      told('PAYMENT_CHARGEBACK_REQUESTED', '2026-11-10 10:00:00', { chargeback: { status: 'REQUESTED' } }),
      told('PAYMENT_RECEIVED', '2026-11-20 10:00:00', chargeback),
      told('PAYMENT_REFUNDED', '2026-11-22 10:00:00', chargeback)
    ]);
    expect(books.accounts).toEqual({ asaas: 19_451 - 20_000 });
    expect(books.payments).toMatchObject([{ reversed: 20_000, principal: 0 }]);
  });

  it('a chargeback lost ends as REFUNDED: the money leaves once', () => {
    const chargeback = { chargeback: { status: 'DISPUTE_LOST' } };
    const books = expectAnyOrder(ASAAS, [
      told('PAYMENT_CREATED', '2026-10-01 10:00:00'),
      told('PAYMENT_RECEIVED', '2026-11-03 10:00:00'),
      told('PAYMENT_CHARGEBACK_REQUESTED', '2026-11-10 10:00:00', { chargeback: { status: 'REQUESTED' } }),
      told('PAYMENT_REFUNDED', '2026-11-20 10:00:00', chargeback)
    ]);
    expect(books.accounts).toEqual({ asaas: 19_451 - 20_000 });
    expect(books.payments).toMatchObject([{ reversed: 20_000, principal: 0 }]);
  });

  it('refunds in parts, listed anew each time, count once each; those under way do not', () => {
    const refund = (dateCreated: string, value: number, status = 'DONE') => ({ dateCreated, value, status });
    const first = refund('2026-11-12 09:00:00', 30);
    const second = refund('2026-11-12 09:00:00', 30);
    const third = refund('2026-11-15 09:00:00', 140);
    const books = expectAnyOrder(ASAAS, [
      told('PAYMENT_RECEIVED', '2026-11-03 10:00:00'),
      told('PAYMENT_PARTIALLY_REFUNDED', '2026-11-12 09:00:01', {
        refunds: [first, refund('2026-11-13 09:00:00', 5, 'PENDING')]
      }),
      told('PAYMENT_PARTIALLY_REFUNDED', '2026-11-12 09:00:02', { refunds: [first, second] }),
      told('PAYMENT_REFUNDED', '2026-11-15 09:00:03', { refunds: [first, second, third] })
    ]);
    expect(books.accounts).toEqual({ asaas: 19_451 - 20_000 });
    expect(books.payments).toMatchObject([{ reversed: 20_000 }]);
  });

  it('refunded before it was available: no cash ever moved', () => {
    const books = expectAnyOrder(ASAAS, [
      told('PAYMENT_CREATED', '2026-11-01 10:00:00'),
      told('PAYMENT_CONFIRMED', '2026-11-02 10:00:00'),
      told('PAYMENT_REFUNDED', '2026-11-03 10:00:00', { refunds: [] }),
      told('PAYMENT_DELETED', '2026-11-04 10:00:00')
    ]);
    expect(books.accounts).toEqual({});
    expect(books.pending).toBe(0);
    expect(books.instalments).toMatchObject([{ open: 0 }]);
  });
});

describe('what an accountant asks: the same books in any order, whatever comes twice', () => {
  const OPEN = { value: { currency: 'BRL', minor: 20_000 } };

  it('a charge deleted and restored is asked for once, as it is now, and its payment pays it', () => {
    const away = [
      told('PAYMENT_CREATED', '2026-11-01 10:00:00'),
      told('PAYMENT_DELETED', '2026-11-05 10:00:00', { deleted: true }),
      told('PAYMENT_RESTORED', '2026-11-06 10:00:00', { dueDate: '2026-11-25' })
    ];
    const back = expectAnyOrder(ASAAS, away);
    expect(back.instalments).toEqual([{ invoice_id: 'pay_1', due_date: '2026-11-25', open: 20_000 }]);
    expect(back.figures).toMatchObject({ 'receivables-open': OPEN });
    const late = { value: 210.5, originalValue: 200, netValue: 205.01 };
    const paid = expectAnyOrder(ASAAS, [...away, told('PAYMENT_RECEIVED', '2026-11-24 10:00:00', late)]);
    expect(paid.instalments).toMatchObject([{ open: 0 }]);
    expect(paid.accounts).toEqual({ asaas: 20_501 });
  });

  it('restored without a word that it was deleted, or restored twice, it is asked for once', () => {
    const created = told('PAYMENT_CREATED', '2026-11-01 10:00:00');
    const restored = told('PAYMENT_RESTORED', '2026-11-06 10:00:00');
    expect(expectAnyOrder(ASAAS, [created, restored]).figures).toMatchObject({ 'receivables-open': OPEN });
    const again = expectAnyOrder(ASAAS, [
      created,
      restored,
      told('PAYMENT_DELETED', '2026-11-07 10:00:00'),
      told('PAYMENT_RESTORED', '2026-11-08 10:00:00', { dueDate: '2026-12-05', value: 180 })
    ]);
    expect(again.instalments).toEqual([{ invoice_id: 'pay_1', due_date: '2026-12-05', open: 18_000 }]);
  });

  it('what is changed or deleted after it was restored holds, and so does the end of a charge that is changed while away', () => {
    const restored = told('PAYMENT_RESTORED', '2026-11-06 10:00:00');
    const away = [told('PAYMENT_CREATED', '2026-11-01 10:00:00'), told('PAYMENT_DELETED', '2026-11-05 10:00:00')];
    const changed = told('PAYMENT_UPDATED', '2026-11-07 10:00:00', { dueDate: '2026-12-05', value: 180 });
    expect(expectAnyOrder(ASAAS, [...away, restored, changed]).instalments).toEqual([
      { invoice_id: 'pay_1', due_date: '2026-12-05', open: 18_000 }
    ]);
    const gone = expectAnyOrder(ASAAS, [...away, restored, changed, told('PAYMENT_DELETED', '2026-11-08 10:00:00')]);
    expect(gone.instalments).toMatchObject([{ open: 0 }]);
    expect(gone.figures).toMatchObject({ 'receivables-open': { value: { minor: 0 } } });
    const late = told('PAYMENT_UPDATED', '2026-11-06 10:00:00', { dueDate: '2026-12-05', deleted: true });
    expect(expectAnyOrder(ASAAS, [...away, late]).instalments).toMatchObject([{ open: 0 }]);
  });

  it('a charge first heard of when it was changed has been owed since it was made, and was due then as CREATED says', () => {
    const changed = told('PAYMENT_UPDATED', '2026-11-10 10:00:00', { dueDate: '2026-12-20' });
    const created = told('PAYMENT_CREATED', '2026-11-01 10:00:00');
    const before = Date.parse('2026-11-09T12:00:00-03:00');
    const due = (calls: Parameters<typeof accepted>[1]) =>
      booksOf(accepted(ASAAS, calls), 'BRL', before).instalments.map(({ due_date }) => due_date);
    expect(due([changed])).toEqual(['2026-12-20']);
    expect(due([changed, created])).toEqual(['2026-11-20']);
  });

  it('a debt recovered by the credit bureau is money received, once', () => {
    const created = told('PAYMENT_CREATED', '2026-10-01 10:00:00', { dueDate: '2026-10-20' });
    const recovered = told('PAYMENT_DUNNING_RECEIVED', '2026-11-20 10:00:00', { netValue: 180 });
    const requested = told('PAYMENT_DUNNING_REQUESTED', '2026-11-01 10:00:00');
    const books = expectAnyOrder(ASAAS, [created, requested, recovered]);
    expect(books.accounts).toEqual({ asaas: 18_000 });
    expect(books.instalments).toMatchObject([{ open: 0 }]);
    const received = told('PAYMENT_RECEIVED', '2026-11-20 10:00:01', { netValue: 180 });
    expect(expectAnyOrder(ASAAS, [recovered, received]).accounts).toEqual({ asaas: 18_000 });
  });

  it('cash taken by mistake, undone, and taken again is in the till once', () => {
    const cash = { billingType: 'RECEIVED_IN_CASH', netValue: 200 };
    const books = expectAnyOrder(ASAAS, [
      told('PAYMENT_CREATED', '2026-11-01 10:00:00'),
      told('PAYMENT_RECEIVED', '2026-11-20 10:00:00', cash),
      told('PAYMENT_RECEIVED_IN_CASH_UNDONE', '2026-11-20 10:05:00', cash),
      told('PAYMENT_RECEIVED', '2026-11-20 10:06:00', cash)
    ]);
    expect(books.accounts).toEqual({ caixa: 20_000 });
    expect(books.instalments).toMatchObject([{ open: 0 }]);
  });

  it('a refund takes the whole value, and brings back what the others had of it', () => {
    const split = [{ id: 's1', fixedValue: 20, status: 'DONE' }];
    const settled = told('PAYMENT_RECEIVED', '2026-11-03 10:00:00', { split });
    const part = (status: string) => ({ dateCreated: '2026-11-12 09:00:00', value: 50, status });
    const whole = {
      dateCreated: '2026-11-15 09:00:00',
      value: 150,
      status: 'PENDING',
      refundedSplits: [
        { id: 's1', value: 20, done: true },
        { id: 's2', value: 7, done: false }
      ]
    };
    const books = expectAnyOrder(ASAAS, [
      settled,
      told('PAYMENT_PARTIALLY_REFUNDED', '2026-11-12 09:00:00', { split, refunds: [part('PENDING')] }),
      told('PAYMENT_PARTIALLY_REFUNDED', '2026-11-12 09:00:05', { split, refunds: [part('DONE')] }),
      told('PAYMENT_REFUNDED', '2026-11-15 09:00:05', { split, refunds: [part('DONE'), whole] })
    ]);
    // what Asaas itself charged is all that is lost
    expect(books.accounts).toEqual({ asaas: -549 });
    expect(books.payments).toMatchObject([{ gross: 20_000, reversed: 20_000, principal: 0 }]);
  });

  it('paid late with fine and interest, refunded in part, disputed, won: only the part is owed again', () => {
    const late = {
      value: 210.5,
      originalValue: 200,
      interestValue: 10.5,
      netValue: 204.5,
      fine: { value: 2, type: 'PERCENTAGE' }
    };
    const refunds = [{ dateCreated: '2026-11-12 09:00:00', value: 50, status: 'DONE' }];
    const books = expectAnyOrder(ASAAS, [
      told('PAYMENT_CREATED', '2026-10-01 10:00:00', { dueDate: '2026-10-20' }),
      told('PAYMENT_RECEIVED', '2026-11-03 10:00:00', late),
      told('PAYMENT_CHARGEBACK_REQUESTED', '2026-11-05 10:00:00', { ...late, chargeback: { status: 'REQUESTED' } }),
      told('PAYMENT_RECEIVED', '2026-11-10 10:00:00', { ...late, chargeback: { status: 'REVERSED' } }),
      told('PAYMENT_PARTIALLY_REFUNDED', '2026-11-12 09:00:05', { ...late, refunds })
    ]);
    expect(books.accounts).toEqual({ asaas: 20_450 - 5_000 });
    expect(books.instalments).toMatchObject([{ open: 5_000 }]);
  });

  it('a retry with a changed body is the same event: what came first stays', () => {
    const body = (value: number) => ({
      id: 'evt_1',
      event: 'PAYMENT_RECEIVED',
      dateCreated: '2026-11-20 10:00:00',
      payment: { id: 'pay_1', customer: 'cus_1', value, netValue: value, billingType: 'PIX' }
    });
    const kept = accepted(ASAAS, [call(body(200)), call(body(300))]);
    expect(booksOf(kept).accounts).toEqual({ asaas: 20_000 });
  });
});

describe('money that leaves Asaas', () => {
  it('a bill is scheduled, sent, returned; a transfer is one between own accounts, its fee the bank’s', () => {
    const bill = (event: string, at: string) =>
      call({
        id: `evt_${event}`,
        event,
        dateCreated: at,
        bill: {
          id: 'b1',
          value: 29.9,
          fee: 0,
          dueDate: '2026-11-30',
          scheduleDate: '2026-11-28',
          companyName: 'Cia. de Luz'
        }
      });
    const transfer = call({
      id: 'evt_t',
      event: 'TRANSFER_DONE',
      dateCreated: '2026-11-21 10:00:00',
      transfer: { id: 't1', value: 100, transferFee: 5, type: 'BANK_ACCOUNT' }
    });
    const sent = [bill('BILL_CREATED', '2026-11-20 10:00:00'), bill('BILL_PAID', '2026-11-20 11:00:00'), transfer];
    expect(expectAnyOrder(ASAAS, sent).accounts).toEqual({ asaas: -2_990 - 10_500, banco: 10_000 });
    expect(expectAnyOrder(ASAAS, [...sent, bill('BILL_REFUNDED', '2026-11-20 12:00:00')]).accounts).toMatchObject({
      asaas: -10_500
    });
  });
});
