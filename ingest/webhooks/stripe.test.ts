import { describe, expect, it } from 'vitest';
import { accepted, became, booksOf, call, decode, expectAnyOrder, understand } from './calls.fixture.ts';

const STRIPE = { platform: 'stripe' } as const;
const at = (text: string): number => Date.parse(text) / 1_000;

let counter = 0;
const told = (type: string, when: string, object: object) =>
  call({ id: `evt_${++counter}`, object: 'event', type, created: at(when), data: { object } });
const charge = (change: object = {}) => ({
  id: 'ch_1',
  object: 'charge',
  amount: 20_000,
  amount_captured: 20_000,
  captured: true,
  paid: true,
  currency: 'brl',
  customer: 'cus_1',
  invoice: 'in_1',
  metadata: { order_id: '6735' },
  payment_method_details: { type: 'card', card: { funding: 'credit' } },
  ...change
});
const refund = (change: object = {}) => ({
  id: 're_1',
  object: 'refund',
  amount: 5_000,
  charge: 'ch_1',
  created: at('2026-11-12T10:00:00Z'),
  currency: 'brl',
  status: 'succeeded',
  ...change
});
const invoice = (change: object = {}) => ({
  id: 'in_1',
  object: 'invoice',
  customer: 'cus_1',
  currency: 'brl',
  amount_due: 20_000,
  amount_paid: 0,
  created: at('2026-11-01T10:00:00Z'),
  due_date: at('2026-11-20T12:00:00Z'),
  status: 'open',
  number: 'A-1',
  charge: null,
  status_transitions: { finalized_at: at('2026-11-01T11:00:00Z') },
  ...change
});
const dispute = (transactions: object[]) => ({
  id: 'dp_1',
  object: 'dispute',
  amount: 20_000,
  charge: 'ch_1',
  currency: 'brl',
  balance_transactions: transactions
});
const txn = (id: string, fee: number) => ({ id, fee, currency: 'brl', created: at('2026-11-14T10:00:00Z') });
const payout = (change: object = {}) => ({
  id: 'po_1',
  object: 'payout',
  amount: 15_000,
  currency: 'brl',
  created: at('2026-11-15T10:00:00Z'),
  ...change
});

describe('what an event becomes', () => {
  it('a captured charge is settled in Stripe’s own account, with the fee Stripe tells, else the one of the source', () => {
    const settings = { fee_bps: 399, fee_fixed_minor: 39, reference: 'order' } as const;
    expect(became({ ...STRIPE, settings }, told('charge.succeeded', '2026-11-10T10:00:00Z', charge()))).toMatchObject([
      {
        type: 'payment.settled',
        time: '2026-11-10T10:00:00.000Z',
        data: {
          payment_id: 'ch_1',
          account: 'stripe',
          amount_minor: 20_000,
          fee_minor: 837,
          method: 'credit_card',
          customer_id: 'cus_1',
          invoice_id: 'in_1',
          order_id: '6735'
        }
      }
    ]);
    const balance_transaction = { id: 'txn_1', fee: 1_234, currency: 'brl' };
    expect(
      became(
        { ...STRIPE, settings },
        told('charge.succeeded', '2026-11-10T10:00:00Z', charge({ balance_transaction }))
      )[0]?.data
    ).toMatchObject({ fee_minor: 1_234, fees: [{ kind: 'mdr', minor: 1_234 }] });
  });

  it('one only authorised takes nothing until it is captured', () => {
    const authorised = told('charge.succeeded', '2026-11-10T10:00:00Z', charge({ captured: false }));
    expect(understand(STRIPE, authorised)).toMatchObject({ events: [], ignored: 'not captured yet' });
    const captured = told('charge.captured', '2026-11-11T10:00:00Z', charge({ amount_captured: 15_000 }));
    expect(became(STRIPE, captured)[0]?.data).toMatchObject({ amount_minor: 15_000 });
  });

  it('amounts are those of the currency: none, two or three decimals, and two that the currency no longer has', () => {
    const amount = (currency: string) =>
      became(STRIPE, told('charge.succeeded', '2026-11-10T10:00:00Z', charge({ currency })))[0]?.data;
    expect(amount('jpy')).toMatchObject({ amount_minor: 20_000, currency: 'JPY' });
    expect(amount('kwd')).toMatchObject({ amount_minor: 20_000, currency: 'KWD' });
    expect(amount('isk')).toMatchObject({ amount_minor: 200, currency: 'ISK' });
    expect(amount('mga')).toMatchObject({ amount_minor: 2_000_000, currency: 'MGA' });
  });

  it('a payload of another shape waits in quarantine with the place of the fault', () => {
    const wrong = told('charge.succeeded', '2026-11-10T10:00:00Z', charge({ amount_captured: 12.5 }));
    expect(decode(understand(STRIPE, wrong))).toMatchObject([
      { kind: 'quarantined', type: 'stripe.charge.succeeded', fault: { path: '/data/data/object/amount_captured' } }
    ]);
  });

  it('waits under the id it will have once it is corrected, so that it closes by itself', () => {
    const waitsAs = (type: string, object: object) =>
      decode(understand(STRIPE, told(type, '2026-11-12T10:00:00Z', object)));
    const wrong = refund({ amount: 12.5 });
    expect(waitsAs('refund.created', wrong)).toMatchObject([{ kind: 'quarantined', id: 're_1' }]);
    expect(waitsAs('charge.refunded', charge({ refunds: { data: [wrong] } }))).toMatchObject([{ id: 're_1' }]);
    expect(became(STRIPE, told('refund.updated', '2026-11-12T10:00:00Z', refund()))).toMatchObject([{ id: 're_1' }]);
    // the refund is known long since: under its id, what was sent back would be taken for a copy
    for (const [type, object] of [
      ['refund.failed', wrong],
      ['refund.updated', refund({ amount: 12.5, status: 'failed' })]
    ] as const) {
      const failed = { id: 'evt_failed', type, created: at('2026-11-12T10:00:00Z'), data: { object } };
      expect(decode(understand(STRIPE, call(failed)))).toMatchObject([{ id: `evt_failed:${type}:re_1` }]);
      const corrected = { ...failed, data: { object: refund({ status: 'failed' }) } };
      expect(became(STRIPE, call(corrected)).map(({ id }) => id)).toContain(`evt_failed:${type}:re_1`);
    }
    const undated = { id: 'evt_undated', type: 'payout.paid', data: { object: payout() } };
    expect(decode(understand(STRIPE, call(undated)))).toMatchObject([{ id: 'evt_undated:payout.paid' }]);
    expect(became(STRIPE, call({ ...undated, created: at('2026-11-15T10:00:00Z') }))).toMatchObject([
      { id: 'evt_undated:payout.paid' }
    ]);
  });

  it('what charges, refunds, disputes, payouts and invoices do not tell is ignored', () => {
    for (const type of [
      'payment_intent.succeeded',
      'customer.updated',
      'charge.failed',
      'charge.dispute.created',
      'payout.created'
    ])
      expect(understand(STRIPE, told(type, '2026-11-10T10:00:00Z', charge()))).toMatchObject({
        told: type,
        events: []
      });
  });
});

describe('lifecycles: the same books in any order, whatever comes twice', () => {
  it('a refund told by three events leaves once; one sent back by the customer’s bank comes back', () => {
    const tellings = [
      told('charge.succeeded', '2026-11-10T10:00:00Z', charge()),
      told('charge.refunded', '2026-11-12T10:00:01Z', charge({ refunds: { data: [refund()] } })),
      told('refund.created', '2026-11-12T10:00:02Z', refund())
    ];
    const books = expectAnyOrder(STRIPE, tellings);
    expect(books.accounts).toEqual({ stripe: 15_000 });
    expect(books.payments).toMatchObject([{ reversed: 5_000, principal: 15_000 }]);
    const failed = expectAnyOrder(STRIPE, [
      ...tellings,
      told('refund.failed', '2026-11-20T10:00:00Z', refund({ status: 'failed' })),
      told('charge.refund.updated', '2026-11-20T10:00:03Z', refund({ status: 'failed' }))
    ]);
    expect(failed.accounts).toEqual({ stripe: 20_000 });
    expect(failed.payments).toMatchObject([{ reversed: 0 }]);
  });

  it('a refund under way counts when it succeeds, and one that never did leaves nothing', () => {
    const pending = told('refund.created', '2026-11-12T10:00:02Z', refund({ status: 'pending' }));
    expect(understand(STRIPE, pending)).toMatchObject({ events: [], ignored: 'not final yet' });
    const books = expectAnyOrder(STRIPE, [
      told('charge.succeeded', '2026-11-10T10:00:00Z', charge()),
      pending,
      told('refund.failed', '2026-11-20T10:00:00Z', refund({ status: 'failed' }))
    ]);
    expect(books.accounts).toEqual({ stripe: 20_000 });
  });

  it('a dispute takes the money and its fee, a won one gives the money back', () => {
    const lost = [
      told('charge.succeeded', '2026-11-10T10:00:00Z', charge()),
      told('charge.dispute.created', '2026-11-14T10:00:00Z', dispute([])),
      told('charge.dispute.funds_withdrawn', '2026-11-14T10:00:01Z', dispute([txn('txn_w', 1_500)]))
    ];
    expect(expectAnyOrder(STRIPE, lost).accounts).toEqual({ stripe: -1_500 });
    const won = expectAnyOrder(STRIPE, [
      ...lost,
      told(
        'charge.dispute.funds_reinstated',
        '2026-11-20T10:00:01Z',
        dispute([txn('txn_w', 1_500), txn('txn_r', -1_500)])
      )
    ]);
    expect(won.accounts).toEqual({ stripe: 20_000 });
    expect(won.payments).toMatchObject([{ reversed: 0, principal: 20_000 }]);
  });

  it('a payout is money that changes its place; a failed one changed nothing, whether or not it counted as paid', () => {
    const paid = told('payout.paid', '2026-11-15T10:00:00Z', payout());
    const failed = told('payout.failed', '2026-11-18T10:00:00Z', payout());
    const settings = { bank_account: 'itau' };
    expect(expectAnyOrder({ ...STRIPE, settings }, [paid]).accounts).toEqual({ stripe: -15_000, itau: 15_000 });
    expect(expectAnyOrder({ ...STRIPE, settings }, [paid, failed]).accounts).toEqual({ stripe: 0, itau: 0 });
    expect(expectAnyOrder({ ...STRIPE, settings }, [failed]).accounts).toEqual({ stripe: 0, itau: 0 });
  });

  it('an invoice is issued, moved, paid by its charge', () => {
    const books = expectAnyOrder(STRIPE, [
      told('invoice.finalized', '2026-11-01T11:00:00Z', invoice()),
      told('invoice.updated', '2026-11-05T11:00:00Z', invoice({ due_date: at('2026-12-20T12:00:00Z') })),
      told('charge.succeeded', '2026-11-10T10:00:00Z', charge({ invoice: null })),
      told('invoice.paid', '2026-11-10T10:00:01Z', invoice({ status: 'paid', amount_paid: 20_000, charge: 'ch_1' }))
    ]);
    expect(books.instalments).toEqual([{ invoice_id: 'in_1', due_date: '2026-12-20', open: 0 }]);
  });

  it('what is changed of an invoice counts from when it was changed, and what it was before stays so', () => {
    const issued = told('invoice.finalized', '2026-11-01T11:00:00Z', invoice());
    const less = told('invoice.updated', '2026-11-05T11:00:00Z', invoice({ amount_due: 12_000 }));
    const moved = told(
      'invoice.updated',
      '2026-11-08T11:00:00Z',
      invoice({ amount_due: 12_000, due_date: at('2026-12-20T12:00:00Z') })
    );
    expectAnyOrder(STRIPE, [issued, less, moved]);
    const owedAt = (when: string, calls: Parameters<typeof accepted>[1]) =>
      booksOf(accepted(STRIPE, calls), 'BRL', Date.parse(when)).instalments.map(({ due_date, open }) => [
        due_date,
        open
      ]);
    for (const calls of [
      [issued, less, moved],
      [moved, less, issued]
    ]) {
      expect(owedAt('2026-11-01T10:59:59Z', calls)).toEqual([]);
      expect(owedAt('2026-11-01T11:00:00Z', calls)).toEqual([['2026-11-20', 20_000]]);
      expect(owedAt('2026-11-05T10:59:59Z', calls)).toEqual([['2026-11-20', 20_000]]);
      expect(owedAt('2026-11-05T11:00:00Z', calls)).toEqual([['2026-11-20', 12_000]]);
      expect(owedAt('2026-11-08T11:00:00Z', calls)).toEqual([['2026-12-20', 12_000]]);
    }
    // without the first event: since it was final, as the earliest of the others tells it
    expectAnyOrder(STRIPE, [moved, less]);
    expect(owedAt('2026-11-01T10:59:59Z', [moved, less])).toEqual([]);
    expect(owedAt('2026-11-01T11:00:00Z', [moved, less])).toEqual([['2026-11-20', 12_000]]);
    const gone = told('invoice.voided', '2026-11-10T11:00:00Z', invoice({ status: 'void' }));
    expect(owedAt('2026-11-09T11:00:00Z', [gone, moved])).toEqual([['2026-12-20', 12_000]]);
    expect(owedAt('2026-11-10T11:00:00Z', [gone, moved])).toEqual([['2026-12-20', 0]]);
  });

  it('one refund, told in the words of every version of the API, in any state and order, leaves once', () => {
    const refunded = refund({ payment_intent: 'pi_1', balance_transaction: 'txn_1' });
    const pending = refund({ payment_intent: 'pi_1', balance_transaction: null, status: 'pending' });
    const paid = told('charge.succeeded', '2026-11-10T10:00:00Z', charge({ payment_intent: 'pi_1' }));
    const done = [
      paid,
      told('refund.created', '2026-11-12T10:00:00Z', pending),
      told('charge.refunded', '2026-11-12T10:00:01Z', charge({ payment_intent: 'pi_1', amount_refunded: 5_000 })),
      told('refund.updated', '2026-11-13T10:00:00Z', refunded),
      told(
        'charge.refunded',
        '2026-11-13T10:00:00Z',
        charge({ payment_intent: 'pi_1', refunds: { data: [refund({ balance_transaction: 'txn_1' })] } })
      )
    ];
    const books = expectAnyOrder(STRIPE, done);
    expect(books.accounts).toEqual({ stripe: 15_000 });
    expect(books.payments).toEqual([{ payment_id: 'pi_1', gross: 20_000, reversed: 5_000, principal: 15_000 }]);
    const failed = { ...refunded, status: 'failed', failure_balance_transaction: 'txn_2' };
    const undone = expectAnyOrder(STRIPE, [
      paid,
      told('refund.updated', '2026-11-13T10:00:00Z', refunded),
      told('refund.updated', '2026-11-20T10:00:00Z', failed),
      told('refund.failed', '2026-11-20T10:00:00Z', failed),
      told('refund.updated', '2026-11-21T10:00:00Z', { ...failed, metadata: { seen: 'yes' } })
    ]);
    expect(undone.accounts).toEqual({ stripe: 20_000 });
    expect(undone.payments).toMatchObject([{ reversed: 0, principal: 20_000 }]);
  });

  it('a refund that took nothing changes nothing: given up, of an authorisation let go, of a customer’s own balance', () => {
    const nothing = [
      refund({ status: 'canceled' }),
      refund({ status: 'requires_action' }),
      refund({ balance_transaction: null }),
      refund({ charge: null, payment_intent: null })
    ];
    for (const one of nothing)
      for (const type of ['refund.created', 'refund.updated', 'charge.refund.updated'])
        expect(understand(STRIPE, told(type, '2026-11-12T10:00:00Z', one)).events).toEqual([]);
    // captured for less than was authorised: Stripe tells the rest as a refund
    const books = expectAnyOrder(STRIPE, [
      told('charge.succeeded', '2026-11-10T10:00:00Z', charge({ captured: false, amount_captured: 0 })),
      told('charge.captured', '2026-11-11T10:00:00Z', charge({ amount_captured: 15_000 })),
      told('refund.created', '2026-11-11T10:00:00Z', refund({ balance_transaction: null }))
    ]);
    expect(books.accounts).toEqual({ stripe: 15_000 });
    expect(books.payments).toMatchObject([{ gross: 15_000, reversed: 0, principal: 15_000 }]);
  });

  it('part refunded, the rest disputed and won: only what the account itself tells leaves and comes back', () => {
    const names = { payment_intent: 'pi_1' };
    const out = { ...txn('txn_w', 1_500), amount: -15_000 };
    const back = { ...txn('txn_r', -1_500), amount: 15_000 };
    const lost = [
      told('charge.succeeded', '2026-11-10T10:00:00Z', charge(names)),
      told('refund.created', '2026-11-12T10:00:00Z', refund({ ...names, balance_transaction: 'txn_1' })),
      told('charge.dispute.funds_withdrawn', '2026-11-14T10:00:01Z', { ...dispute([out]), ...names })
    ];
    const gone = expectAnyOrder(STRIPE, lost);
    expect(gone.accounts).toEqual({ stripe: -1_500 });
    expect(gone.payments).toMatchObject([{ payment_id: 'pi_1', reversed: 20_000, principal: 0 }]);
    const won = expectAnyOrder(STRIPE, [
      ...lost,
      told('charge.dispute.funds_reinstated', '2026-11-20T10:00:01Z', { ...dispute([out, back]), ...names })
    ]);
    expect(won.accounts).toEqual({ stripe: 15_000 });
    expect(won.payments).toMatchObject([{ reversed: 5_000, principal: 15_000 }]);
  });

  it('an invoice of the newer versions is paid in parts by what names it alone', () => {
    const paidBy = (payment_intent: string, amount_paid: number) => ({
      id: `inpay_${payment_intent}`,
      object: 'invoice_payment',
      invoice: 'in_1',
      amount_paid,
      currency: 'brl',
      status: 'paid',
      payment: { type: 'payment_intent', payment_intent }
    });
    const part = (id: string, amount: number) =>
      charge({ id: `ch_${id}`, payment_intent: `pi_${id}`, amount, amount_captured: amount, invoice: undefined });
    const books = expectAnyOrder(STRIPE, [
      // a debt that is older: a payment that named only its customer would go there
      told('invoice.finalized', '2026-10-01T11:00:00Z', invoice({ id: 'in_0', due_date: at('2026-10-20T12:00:00Z') })),
      told('invoice.finalized', '2026-11-01T11:00:00Z', invoice()),
      told('charge.succeeded', '2026-11-10T10:00:00Z', part('a', 5_000)),
      told('invoice_payment.paid', '2026-11-10T10:00:01Z', paidBy('pi_a', 5_000)),
      told('charge.succeeded', '2026-11-11T10:00:00Z', part('b', 12_000)),
      told('invoice_payment.paid', '2026-11-11T10:00:01Z', paidBy('pi_b', 12_000))
    ]);
    expect(books.instalments).toMatchObject([
      { invoice_id: 'in_0', open: 20_000 },
      { invoice_id: 'in_1', open: 3_000 }
    ]);
  });

  it('a credit note takes its part off an open invoice; one over all of it leaves nothing to ask for', () => {
    const issued = told('invoice.finalized', '2026-11-01T11:00:00Z', invoice());
    const part = invoice({ amount_due: 12_000, pre_payment_credit_notes_amount: 8_000 });
    const less = told('invoice.updated', '2026-11-05T11:00:00Z', part);
    expect(expectAnyOrder(STRIPE, [issued, less]).instalments).toMatchObject([{ open: 12_000 }]);
    const all = invoice({ amount_due: 0, pre_payment_credit_notes_amount: 20_000, status: 'paid' });
    const credited = told('invoice.updated', '2026-11-06T11:00:00Z', all);
    expect(expectAnyOrder(STRIPE, [issued, less, credited]).instalments).toMatchObject([{ open: 0 }]);
    const trial = told('invoice.updated', '2026-11-06T11:00:00Z', invoice({ amount_due: 0, status: 'paid' }));
    expect(understand(STRIPE, trial)).toMatchObject({ events: [], ignored: 'nothing is due' });
  });

  it('an invoice voided asks for nothing, one given up neither', () => {
    const issued = told('invoice.finalized', '2026-11-01T11:00:00Z', invoice());
    for (const type of ['invoice.voided', 'invoice.marked_uncollectible']) {
      const books = expectAnyOrder(STRIPE, [issued, told(type, '2026-11-20T11:00:00Z', invoice({ status: 'void' }))]);
      expect(books.instalments).toMatchObject([{ open: 0 }]);
    }
  });
});
