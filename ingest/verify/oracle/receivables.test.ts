import { expect, it } from 'vitest';
import { teller, type Teller } from './events.fixture.ts';
import { happened } from './happened.ts';
import { receivables } from './receivables.ts';

const at = (minute: number) => Date.parse('2026-05-04T12:00:00Z') + minute * 60_000;
const pay = { currency: 'BRL', method: 'pix' } as const;
type Tell = Teller['tell'];
/** Instalments of 100 each, due on the given days of June; numbers count from 1. */
const invoice = (
  tell: Tell,
  invoice_id: string,
  days: readonly number[],
  more: Partial<Parameters<typeof tell<'invoice.issued'>>[2]> = {},
  minute = 0
) =>
  tell('invoice.issued', at(minute), {
    invoice_id,
    customer_id: 'c',
    currency: 'BRL',
    installments: days.map((day, index) => ({
      number: index + 1,
      due_date: `2026-06-${String(day).padStart(2, '0')}`,
      amount_minor: 100
    })),
    ...more
  });
const state = (fill: (tell: Tell) => void, asOf: number | null = null) => {
  const { tell, events } = teller();
  fill(tell);
  const { instalments, unapplied, allocations } = receivables(happened(events, asOf));
  const open = Object.fromEntries(
    instalments.map((instalment) => [`${instalment.invoice_id}${instalment.number}`, instalment.open])
  );
  return { open, unapplied: Object.fromEntries(unapplied), allocations, instalments };
};
const paid = (tell: Tell, payment_id: string, amount_minor: number, links: object, minute = 1) =>
  tell('payment.confirmed', at(minute), { payment_id, amount_minor, ...pay, ...links });

it('pass 1: what names an instalment goes to it alone, the rest is credit', () => {
  const { open, unapplied } = state((tell) => {
    invoice(tell, 'a', [1, 2]);
    paid(tell, 'p', 150, { invoice_id: 'a', installment: 2 });
  });
  expect(open).toEqual({ a1: 100, a2: 0 });
  expect(unapplied).toEqual({ p: 50 });
});

it('pass 2: what names an invoice, or an instalment it has not, fills it oldest due first', () => {
  const { open } = state((tell) => {
    invoice(tell, 'a', [9, 2]);
    paid(tell, 'p', 60, { invoice_id: 'a', installment: 7 });
    paid(tell, 'q', 60, { invoice_id: 'a' });
  });
  expect(open).toEqual({ a2: 0, a1: 80 });
});

it('pass 3: what names an order fills the invoices of the order, of two customers too, and nothing else', () => {
  const { open, unapplied } = state((tell) => {
    invoice(tell, 'b', [3], { order_id: 'o' });
    invoice(tell, 'a', [4], { order_id: 'o', customer_id: 'd' });
    invoice(tell, 'z', [1]);
    paid(tell, 'p', 130, { order_id: 'o', customer_id: 'c' });
    paid(tell, 'q', 500, { order_id: 'unbilled', customer_id: 'c' });
  });
  expect(open).toEqual({ b1: 0, a1: 70, z1: 100 });
  expect(unapplied).toEqual({});
});

it('pass 4: what names a customer fills by due date, then invoice, then number', () => {
  const { open, unapplied } = state((tell) => {
    invoice(tell, 'b', [2, 2]);
    invoice(tell, 'a', [2]);
    invoice(tell, 'x', [1], { customer_id: 'other' });
    paid(tell, 'p', 250, { customer_id: 'c' });
    paid(tell, 'q', 80, { customer_id: 'nobody' });
  });
  expect(open).toEqual({ x1: 100, a1: 0, b1: 0, b2: 50 });
  expect(unapplied).toEqual({ q: 80 });
});

it('the precise goes before the vague whenever it came, and earlier payments before later ones within a pass', () => {
  const { allocations } = state((tell) => {
    invoice(tell, 'a', [1, 2]);
    paid(tell, 'vague', 100, { customer_id: 'c' }, 1);
    paid(tell, 'q', 100, { invoice_id: 'a' }, 3);
    paid(tell, 'p', 40, { invoice_id: 'a' }, 3);
    paid(tell, 'exact', 30, { invoice_id: 'a', installment: 1 }, 9);
  });
  expect(allocations.map(({ payment_id, number, amount }) => [payment_id, number, amount])).toEqual([
    ['exact', 1, 30],
    ['p', 1, 40],
    ['q', 1, 30],
    ['q', 2, 70],
    ['vague', 2, 30]
  ]);
});

it('a payment.allocated, the last in order, decides alone: its parts in order, up to the principal', () => {
  const { open, unapplied } = state((tell) => {
    invoice(tell, 'a', [1, 2]);
    invoice(tell, 'b', [1]);
    paid(tell, 'p', 120, { customer_id: 'c' });
    tell('payment.allocated', at(5), {
      payment_id: 'p',
      allocations: [
        { invoice_id: 'b', amount_minor: 20 },
        { invoice_id: 'a', installment: 2, amount_minor: 300 }
      ]
    });
    tell('payment.allocated', at(4), { payment_id: 'p', allocations: [] });
  });
  expect(open).toEqual({ a1: 100, b1: 80, a2: 0 });
  expect(unapplied).toEqual({});
});

it('money on account meets the next invoice, and a payment pays only in its own currency', () => {
  const fill = (tell: Tell) => {
    paid(tell, 'p', 70, { customer_id: 'c' }, 1);
    invoice(tell, 'u', [1], { currency: 'USD' }, 2);
    invoice(tell, 'a', [5], {}, 8);
  };
  expect(state(fill, at(7))).toMatchObject({ open: { u1: 100 }, unapplied: { p: 70 } });
  expect(state(fill)).toMatchObject({ open: { u1: 100, a1: 30 }, unapplied: {} });
});

it('a reversal re-opens, a reinstatement closes again', () => {
  const fill = (tell: Tell) => {
    invoice(tell, 'a', [1]);
    paid(tell, 'p', 100, { invoice_id: 'a' });
    tell('payment.reversed', at(5), { payment_id: 'p', amount_minor: 100, currency: 'BRL', reason: 'chargeback' });
    tell('payment.reinstated', at(7), { payment_id: 'p', amount_minor: 100, currency: 'BRL', reason: 'chargeback' });
  };
  expect(state(fill, at(4)).open).toEqual({ a1: 0 });
  expect(state(fill, at(5)).open).toEqual({ a1: 100 });
  expect(state(fill).open).toEqual({ a1: 0 });
});

it('credits name an instalment or fill the invoice, in its currency, never below 0 and never onto another', () => {
  const { open, instalments } = state((tell) => {
    invoice(tell, 'a', [1, 2, 3]);
    const credited = { invoice_id: 'a', currency: 'BRL' } as const;
    tell('invoice.credited', at(1), { ...credited, amount_minor: 60 });
    tell('invoice.credited', at(2), { ...credited, amount_minor: 130, installment: 1 });
    tell('invoice.credited', at(2), { ...credited, amount_minor: 50, installment: 9 });
    tell('invoice.credited', at(3), { ...credited, amount_minor: 10, currency: 'USD' });
  });
  expect(open).toEqual({ a1: 0, a2: 0, a3: 90 });
  expect(instalments.map(({ credited }) => credited)).toEqual([100, 100, 10]);
});

it('a cancelled invoice takes nothing; a written-off one has nothing open and still takes money', () => {
  const { open, unapplied, instalments } = state((tell) => {
    invoice(tell, 'x', [1]);
    invoice(tell, 'w', [2]);
    invoice(tell, 'a', [3]);
    tell('invoice.cancelled', at(2), { invoice_id: 'x' });
    tell('invoice.written_off', at(2), { invoice_id: 'w' });
    tell('invoice.written_off', at(2), { invoice_id: 'x' });
    paid(tell, 'p', 150, { customer_id: 'c' });
    paid(tell, 'q', 10, { invoice_id: 'x' });
  });
  expect(open).toEqual({ x1: 0, w1: 0, a1: 50 });
  expect(instalments.map(({ paid: taken, state: is }) => [taken, is])).toEqual([
    [0, 'cancelled'],
    [100, 'written_off'],
    [50, 'open']
  ]);
  expect(unapplied).toEqual({ q: 10 });
});

it('cancelled up to a revision: told again with a higher one it is asked for again, and cancelled again it is not', () => {
  const after = (...ends: readonly { readonly revision?: number }[]) =>
    state((tell) => {
      for (const end of ends) tell('invoice.cancelled', at(0), { invoice_id: 'x', ...end });
      invoice(tell, 'x', [1], { revision: 1 });
      invoice(tell, 'x', [1, 2], { revision: 3 });
    }).open;
  expect(after({ revision: 2 })).toEqual({ x1: 100, x2: 100 });
  expect(after({ revision: 2 }, { revision: 3 })).toEqual({ x1: 0, x2: 0 });
  expect(after({}, { revision: 2 })).toEqual({ x1: 0, x2: 0 });
});

it('a live agreement replaces instalments or whole invoices; cancelled, they are open again', () => {
  const fill = (tell: Tell) => {
    invoice(tell, 'a', [1, 2]);
    invoice(tell, 'b', [1, 2]);
    invoice(tell, 'n', [20], {
      kind: 'agreement',
      replaces: [{ invoice_id: 'a' }, { invoice_id: 'b', installment: 2 }]
    });
    invoice(tell, 's', [9], { kind: 'sale', replaces: [{ invoice_id: 'b' }] });
    paid(tell, 'p', 30, { invoice_id: 'a' });
    tell('invoice.cancelled', at(9), { invoice_id: 'n' });
  };
  expect(state(fill, at(8)).open).toEqual({ a1: 0, b1: 100, a2: 0, b2: 0, s1: 100, n1: 100 });
  expect(state(fill).open).toEqual({ a1: 70, b1: 100, a2: 100, b2: 100, s1: 100, n1: 0 });
});

it('an invoice counts once with the content of its highest revision, from its earliest event', () => {
  const { instalments } = state((tell) => {
    invoice(tell, 'a', [5, 6], { revision: 2 }, 6);
    invoice(tell, 'a', [1], {}, 1);
    invoice(tell, 'a', [9], { revision: 2 }, 7);
  });
  expect(instalments.map(({ due_date, issued_time }) => [due_date, issued_time])).toEqual([
    ['2026-06-05', at(1)],
    ['2026-06-06', at(1)]
  ]);
});
